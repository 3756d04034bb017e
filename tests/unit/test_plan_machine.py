"""Any sequence of changes in the shop, webhooks, lost answers and dead workers leads to the same books: plan and its effects.

The shop, the account and the table of effects are plain dicts here; what a pass does with a plan is done in their words.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connector.flows.overtaken import doubtful, doubts
from connector.flows.plan import natural_keys, order_keys, plan
from connector.flows.planning import IN_DOUBT, Effect, Known, Made, Plan, Subject, Want
from connector.netsuite.writes import Change, Create
from connector.store.tables import EffectKind, EffectState
from tests import factories
from tests.factories import ITEMS, SHOP_ID, total_of
from tests.one_order import PRICES, Books, Exists, Shop, given_back

RULES = factories.rules()


class Fate(StrEnum):
    """What becomes of one write."""

    DONE = "done"
    DIES_BEFORE = "the worker dies before the request"
    DIES_AFTER = "the worker dies before it has kept the answer"
    LOST_BEFORE = "no answer, and nothing was made"
    LOST_AFTER = "no answer, but it was made"
    LATE = "no answer, and it is made after the answer was given up"
    STOPPED = "the worker stops before the request, another one takes over, and then it goes on"


# What is sent goes well again after so many writes.
FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=4)


class PassEnded(Exception):
    """A pass that did not come to its end; the record stays due."""


@dataclass(frozen=True)
class Sent:
    """The last request of an effect, as it is written down before it leaves."""

    request_hash: str
    amount: Decimal | None
    image: Mapping[str, Any] | None


class OneOrder(RuleBasedStateMachine):
    """The life of one order."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(Counter({"MUG-RED": 1}), [PRICES["MUG-RED"]])
        self.books = Books()
        self.made: dict[str, Made] = {}
        self.sent: dict[str, Sent] = {}
        # Requests that were given up and may still be carried out, and workers that will go on some day.
        self.late: list[Create | Change] = []
        # What is to be compared once more when no change that was given up can come any more.
        self.behind: set[str] = set()
        self.stopped: list[Effect] = []
        self.passes, self.sends = 0, Counter[str]()
        # Webhooks on their way, and whether the record is due: what is neither is nobody's to do.
        self.news, self.is_due = 1, False

    @initialize(is_booked=st.booleans())
    def it_may_be_booked_already(self, is_booked: bool) -> None:
        if is_booked:
            self.news = 0
            self._pass([])

    @precondition(lambda self: not self.shop.is_cancelled)
    @rule(sku=st.sampled_from(sorted(PRICES)), units=st.integers(1, 3))
    def more_is_ordered(self, sku: str, units: int) -> None:
        self.shop.units[sku] += units
        self.news += 1

    @precondition(lambda self: not self.shop.is_cancelled)
    @rule(part=st.sampled_from([Decimal("0.01"), Decimal("7.50"), Decimal("20.00")]))
    def money_comes_in(self, part: Decimal) -> None:
        self.shop.captured.append(part)
        self.news += 1

    @rule(number=st.sampled_from([None, "PO-1", "PO-2"]))
    def the_buyer_gives_it_a_number(self, number: str | None) -> None:
        self.shop.po_number = number
        self.news += 1

    @precondition(lambda self: not self.shop.is_cancelled and self.shop.owed > 0)
    @rule()
    def what_is_owed_is_paid(self) -> None:
        self.shop.captured.append(self.shop.owed)
        self.news += 1

    # Of what was given up nothing may be on its way: an order that is called off before it is known to stand is left out,
    # and nobody would look again for one that is made after that.
    @precondition(lambda self: not (self.shop.is_cancelled or self.shop.owed or self.late or self.stopped))
    @rule()
    def it_is_called_off_and_the_money_goes_back(self) -> None:
        self.shop.is_cancelled = True
        self.news += 1

    @precondition(lambda self: self.late)
    @rule()
    def a_request_that_was_given_up_is_carried_out(self) -> None:
        write = self.late.pop(0)
        if isinstance(write, Change):
            self.books.change_late(write)
            return
        with suppress(Exists):
            self.books.write_late(write)

    @precondition(
        lambda self: self.behind and not self.is_due and not any(isinstance(one, Change) for one in self.late)
    )
    @rule()
    def three_minutes_later_it_is_compared_once_more(self) -> None:
        self._doubt_again()

    @precondition(lambda self: self.stopped)
    @rule()
    def a_stopped_worker_goes_on(self) -> None:
        """Its lease is lost, and its request leaves all the same. What the other one has written down since stays."""
        effect = self.stopped.pop(0)
        key, intent = effect.intent.natural_key, effect.intent
        made = self.made[key]
        if isinstance(effect.write, Change):
            if self.books.change_late(effect.write):
                self.made[key] = replace(
                    made, state=EffectState.UNKNOWN, image=doubtful(made.image or {}, effect.write)
                )
                self.is_due = True
            return
        assert isinstance(effect.write, Create)
        self.sends[key] += 1
        with suppress(Exists):
            record_id = self.books.write_late(effect.write)
            self.made[key] = Made(made.kind, EffectState.CONFIRMED, record_id, intent.amount, intent.image)
            self.sent[key] = Sent(intent.request_hash, intent.amount, intent.image)
            self.is_due = True

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
        if self.is_due or self.news or self.behind:
            return
        if self.shop.is_cancelled and not self.books.of("salesOrder"):
            assert not self.books.records.keys() - {number for number, _ in self._buyers()}
            return
        (sales_order,), deposits = self.books.of("salesOrder"), self.books.of("customerDeposit")
        # What is closed keeps the lines it has.
        assert self.shop.is_cancelled or total_of(sales_order) == self.shop.total
        assert sorted(Decimal(str(body["payment"])) for body in deposits) == sorted(self.shop.captured)
        assert sales_order["otherRefNum"] == (self.shop.po_number or "#1001")
        assert self.shop.is_cancelled == all(item.get("isClosed") for item in sales_order["item"]["items"])
        back = [given_back(body) for body in self.books.of("customerRefund")]
        assert sorted(back) == (sorted(self.shop.captured) if self.shop.is_cancelled else [])
        assert self._plan().effects == ()

    @invariant()
    def nothing_is_sent_more_often_than_passes_were_begun(self) -> None:
        assert max(self.sends.values(), default=0) <= self.passes

    def teardown(self) -> None:
        """Left alone it comes to rest, and another pass writes nothing."""
        for _ in self.late[:]:
            self.a_request_that_was_given_up_is_carried_out()
        for _ in self.stopped[:]:
            self.a_stopped_worker_goes_on()
        self._rest()
        self._doubt_again()
        self._rest()
        self.news, self.is_due = 0, False
        self.what_nobody_will_look_at_is_done()
        writes = self.books.writes
        self._pass([])
        assert self.books.writes == writes

    def _doubt_again(self) -> None:
        """What a late change may have altered counts as not known."""
        for key in self.behind:
            self.made[key] = replace(self.made[key], state=EffectState.UNKNOWN)
        self.is_due = self.is_due or bool(self.behind)
        self.behind.clear()

    def _rest(self) -> None:
        """A pass that meets what was made late is tried again."""
        for _ in range(4):
            try:
                self._pass([])
            except PassEnded:
                continue
            return
        raise AssertionError("it does not come to rest")

    def _buyers(self) -> list[tuple[str, dict[str, Any]]]:
        return [(number, body) for number, (kind, body) in self.books.records.items() if kind == "customer"]

    def _pass(self, fates: list[Fate]) -> None:
        self.passes += 1
        for key, made in self.made.items():
            if made.is_in_doubt and made.remote_id is None:
                found = self.books.find(key)
                state = EffectState.PLANNED if found is None else EffectState.CONFIRMED
                self.made[key] = replace(made, state=state, remote_id=found)
        for _ in range(6):
            planned = self._plan()
            for key, image in planned.found:
                self._keep(key, replace(self.made[key], state=EffectState.CONFIRMED, image=image))
            for effect in planned.effects:
                self._write(effect, fates.pop(0) if fates else Fate.DONE)
            if not planned.again:
                return

    def _plan(self) -> Plan:
        order = self.shop.order()
        known = Known(made=self.made, items=ITEMS)
        planned = plan(Subject(order, SHOP_ID, known, RULES))
        while missing := planned.wants - known.facts:
            # Nothing is ever billed here.
            assert missing <= {Want.ORDER_STATE, Want.BILLING}
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
            assert isinstance(effect.write, Change)
            image = doubtful(before.image, effect.write)
        is_lost = fate in (Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.LATE)
        doubt = EffectState.UNKNOWN if is_lost else EffectState.SENT
        earlier = self.sent.get(key)
        self.made[key] = replace(before, state=doubt, image=image, amount=intent.amount)
        self.sent[key] = Sent(intent.request_hash, intent.amount, image)
        assert isinstance(effect.write, Create | Change)
        if fate is Fate.LATE:
            self.late.append(effect.write)
            if isinstance(effect.write, Change):
                self.behind.add(key)
        if fate is Fate.STOPPED:
            self.stopped.append(effect)
        if fate in (Fate.DIES_BEFORE, Fate.LOST_BEFORE, Fate.LATE, Fate.STOPPED):
            raise PassEnded(fate)
        self._request(effect, earlier, fate)

    def _request(self, effect: Effect, earlier: Sent | None, fate: Fate) -> None:
        """What is found to stand already was made by an earlier request, and stands as that one said."""
        key, intent = effect.intent.natural_key, effect.intent
        kind = EffectKind(intent.kind)
        self.sends[key] += isinstance(effect.write, Create)
        try:
            record_id = self.books.write(effect.write)
        except Exists:
            found = self.books.find(key)
            if earlier is None or earlier.request_hash == intent.request_hash:
                self.made[key] = Made(kind, EffectState.CONFIRMED, found, intent.amount, intent.image)
                return
            self.made[key] = Made(kind, EffectState.CONFIRMED, found, earlier.amount, earlier.image)
            raise PassEnded("what changed since is compared again") from None
        if fate is not Fate.DONE:
            raise PassEnded(fate)
        self._keep(key, Made(kind, EffectState.CONFIRMED, record_id, intent.amount, intent.image))

    def _keep(self, key: str, made: Made) -> None:
        """It stands so, but for what an earlier change may alter behind it."""
        if key in self.behind and made.image is not None:
            made = replace(made, image={**made.image, IN_DOUBT: doubts(self.made[key].image)})
        self.made[key] = made


TestOneOrder = OneOrder.TestCase
TestOneOrder.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
