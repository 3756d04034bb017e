"""Any sequence of changes in the shop, webhooks, lost answers and dead workers leads to the same books: plan and its effects.

The shop, the account and the table of effects are plain dicts here; what a pass does with a plan is done in their words.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connector.flows.plan import natural_keys, order_keys, plan
from connector.flows.planning import IN_DOUBT, Effect, Known, Made, Plan, Subject, Want
from connector.netsuite.states import SalesOrderState
from connector.netsuite.writes import Change, Create
from connector.shopify.records import Order
from connector.store.tables import EffectKind, EffectState
from tests import factories
from tests.factories import ITEMS, SHOP_ID, line, total_of, transaction

PRICES = {"MUG-RED": Decimal("20.00"), "MUG-BLUE": Decimal("15.50")}
RULES = factories.rules()


class Fate(StrEnum):
    """What becomes of one write."""

    DONE = "done"
    DIES_BEFORE = "the worker dies before the request"
    DIES_AFTER = "the worker dies before it has kept the answer"
    LOST_BEFORE = "no answer, and nothing was made"
    LOST_AFTER = "no answer, but it was made"


# What is sent goes well again after so many writes.
FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=4)


class PassEnded(Exception):
    """A pass that did not come to its end; the record stays due."""


class Books:
    """NetSuite. It would take two records under one external id: nothing but ourselves keeps us from that."""

    def __init__(self) -> None:
        self.records: dict[str, tuple[str, dict[str, Any]]] = {}
        self.writes = 0

    def write(self, write: Any) -> str:
        """Carries out a write; the internal id."""
        self.writes += 1
        if isinstance(write, Create):
            record_id = str(20_000 + len(self.records))
            self.records[record_id] = (write.record_type, numbered(write.body))
            return record_id
        assert isinstance(write, Change)
        kind, body = self.records[write.record_id]
        fields = {name: value for name, value in write.body.items() if name != "item"}
        self.records[write.record_id] = (kind, body | fields | {"item": changed_lines(body["item"], write)})
        return write.record_id

    def find(self, external_id: str) -> str | None:
        """The record under an external id."""
        return next((one for one, (_, body) in self.records.items() if body["externalId"] == external_id), None)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All records of a type."""
        return [body for found, body in self.records.values() if found == kind]

    def state(self, record_id: str) -> SalesOrderState:
        """A sales order as it is read."""
        body = self.records[record_id][1]
        lines = [{**item, "amount": Decimal(str(item["rate"])) * item["quantity"]} for item in body["item"]["items"]]
        return SalesOrderState.from_json({"status": {"id": "B"}, "total": total_of(body), "item": {"items": lines}})


def numbered(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body as it is kept: its lines have keys."""
    if "item" not in body:
        return dict(body)
    lines = [{**item, "line": number} for number, item in enumerate(body["item"]["items"], 1)]
    return {**body, "item": {"items": lines}}


def changed_lines(standing: Mapping[str, Any], write: Change) -> Mapping[str, Any]:
    """The lines after a change: named ones changed, of a whole list the others gone and new ones added."""
    by_key = {item["line"]: item for item in standing["items"]}
    new, free = dict(by_key) if write.replace is None else {}, max(by_key, default=0) + 1
    for sent in write.body.get("item", {"items": []})["items"]:
        key = sent.get("line")
        if key is None:
            key, free = free, free + 1
        new[key] = {**by_key.get(key, {}), **sent, "line": key}
    return {"items": list(new.values())}


@dataclass
class Shop:
    """One order: units by SKU, captured amounts, and the buyer's own number of it."""

    units: Counter[str]
    captured: list[Decimal]
    po_number: str | None = None

    @property
    def total(self) -> Decimal:
        """What the order comes to."""
        return sum((PRICES[sku] * units for sku, units in self.units.items()), Decimal(0))

    def order(self) -> Order:
        """The order as it is read now."""
        lines = [
            line(sku, id=f"gid://shopify/LineItem/{14001 + number}", quantity=units, price=str(PRICES[sku]))
            for number, (sku, units) in enumerate(sorted(self.units.items(), reverse=True))
        ]
        payments = [
            transaction(str(amount), id=f"gid://shopify/OrderTransaction/{88001 + number}", kind="CAPTURE")
            for number, amount in enumerate(self.captured)
        ]
        return factories.order(str(self.total), lines=lines, transactions=payments, poNumber=self.po_number)


class OneOrder(RuleBasedStateMachine):
    """The life of one order."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(Counter({"MUG-RED": 1}), [PRICES["MUG-RED"]])
        self.books = Books()
        self.made: dict[str, Made] = {}
        # Webhooks on their way, and whether the record is due: what is neither is nobody's to do.
        self.news, self.is_due = 1, False

    @rule(sku=st.sampled_from(sorted(PRICES)), units=st.integers(1, 3))
    def more_is_ordered(self, sku: str, units: int) -> None:
        self.shop.units[sku] += units
        self.news += 1

    @rule(part=st.sampled_from([Decimal("0.01"), Decimal("7.50"), Decimal("20.00")]))
    def money_comes_in(self, part: Decimal) -> None:
        self.shop.captured.append(part)
        self.news += 1

    @rule(number=st.sampled_from([None, "PO-1", "PO-2"]))
    def the_buyer_gives_it_a_number(self, number: str | None) -> None:
        self.shop.po_number = number
        self.news += 1

    @precondition(lambda self: self.news)
    @rule()
    def all_webhooks_arrive_in_whatever_order(self) -> None:
        self.news, self.is_due = 0, True

    @rule()
    def a_webhook_comes_again_or_a_person_replays(self) -> None:
        self.is_due = True

    @precondition(lambda self: self.is_due)
    @rule(fates=FATES)
    def a_worker_takes_it(self, fates: list[Fate]) -> None:
        try:
            self._pass([*fates])
        except PassEnded:
            return
        self.is_due = False

    @invariant()
    def nothing_is_there_twice_or_without_reason(self) -> None:
        keys = Counter(body["externalId"] for _, body in self.books.records.values())
        assert set(keys.values()) <= {1}, f"doubled: {keys}"
        order = self.shop.order()
        assert keys.keys() <= set(natural_keys(order, SHOP_ID)), f"not of this order: {keys}"

    @invariant()
    def what_nobody_will_look_at_is_done(self) -> None:
        if self.is_due or self.news:
            return
        (sales_order,), deposits = self.books.of("salesOrder"), self.books.of("customerDeposit")
        assert total_of(sales_order) == self.shop.total
        assert sorted(Decimal(str(body["payment"])) for body in deposits) == sorted(self.shop.captured)
        assert sales_order["otherRefNum"] == (self.shop.po_number or "#1001")
        assert self._plan().effects == ()

    def teardown(self) -> None:
        """Left alone it comes to rest, and another pass writes nothing."""
        self._pass([])
        self.news, self.is_due = 0, False
        self.what_nobody_will_look_at_is_done()
        writes = self.books.writes
        self._pass([])
        assert self.books.writes == writes

    def _pass(self, fates: list[Fate]) -> None:
        for key, made in self.made.items():
            if made.is_in_doubt and made.remote_id is None:
                found = self.books.find(key)
                state = EffectState.PLANNED if found is None else EffectState.CONFIRMED
                self.made[key] = replace(made, state=state, remote_id=found)
        for _ in range(6):
            planned = self._plan()
            for key, image in planned.found:
                self.made[key] = replace(self.made[key], state=EffectState.CONFIRMED, image=image)
            for effect in planned.effects:
                self._write(effect, fates.pop(0) if fates else Fate.DONE)
            if not planned.again:
                return

    def _plan(self) -> Plan:
        order = self.shop.order()
        known = Known(made=self.made, items=ITEMS)
        planned = plan(Subject(order, SHOP_ID, known, RULES))
        while missing := planned.wants - known.facts:
            assert missing == {Want.ORDER_STATE}
            standing = known.standing(order_keys(order, SHOP_ID)[0])
            assert standing is not None
            state = self.books.state(str(standing.remote_id))
            known = replace(known, order_state=state, facts=known.facts | missing)
            planned = plan(Subject(order, SHOP_ID, known, RULES))
        return planned

    def _write(self, effect: Effect, fate: Fate) -> None:
        """Written down as sent, requested, and the answer kept; each step may be the last."""
        key, intent = effect.intent.natural_key, effect.intent
        before = self.made.get(key, Made(EffectKind(intent.kind), EffectState.PLANNED, None))
        image = intent.image
        if before.remote_id is not None and before.image is not None and effect.write.body is not None:
            image = {**before.image, IN_DOUBT: sorted({*before.image.get(IN_DOUBT, ()), *effect.write.body})}
        is_lost = fate in (Fate.LOST_BEFORE, Fate.LOST_AFTER)
        doubt = EffectState.UNKNOWN if is_lost else EffectState.SENT
        self.made[key] = replace(before, state=doubt, image=image, amount=intent.amount)
        if fate in (Fate.DIES_BEFORE, Fate.LOST_BEFORE):
            raise PassEnded(fate)
        record_id = self.books.write(effect.write)
        if fate is not Fate.DONE:
            raise PassEnded(fate)
        self.made[key] = Made(before.kind, EffectState.CONFIRMED, record_id, intent.amount, intent.image)


TestOneOrder = OneOrder.TestCase
TestOneOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
