"""One order in both ledgers: its total or that it is closed, its deposits, refunds, parcels, address and memo."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.day import Sale
from connector.sandbox.scenario.lives import Life
from connector.sandbox.scenario.placed import SHOP
from connector.sandbox.scenario.world import ITEMS
from connector.sandbox.verdict import DEPOSITS, NET, ORDERS, REFUNDS, Verdict

Json = Mapping[str, Any]

_CAME = ("sale", "capture")


@dataclass(frozen=True, slots=True)
class Case:
    """One order: what was planned, `sold` as the shop has it, and the account's records by key and by their source."""

    sale: Sale
    life: Life
    sold: Json
    by_key: Mapping[str, list[Json]]
    by_source: Mapping[str, list[Json]]
    shop_id: int

    @property
    def name(self) -> str:
        """As people call it."""
        return f"order {self.sale.order['name']}"

    @property
    def currency(self) -> str:
        """The buyer's currency."""
        return self.sale.currency

    @property
    def order_key(self) -> str:
        """Its own external id."""
        return self.key("ORDER", self.sale.order["id"])

    def key(self, kind: str, number: int) -> str:
        """An external id of ours."""
        return f"SHOPIFY-{self.shop_id}-{kind}-{number}"

    def found(self, key: str) -> Sequence[Json]:
        """The account's records under a key."""
        return self.by_key.get(key, [])

    @property
    def own_parcels(self) -> list[Json]:
        """What the shop shipped itself, before the warehouse did."""
        return list(self.sold["fulfillments"][: self._own_count])

    @property
    def told_parcels(self) -> list[Json]:
        """What the shop was told of the warehouse's shipments."""
        return list(self.sold["fulfillments"][self._own_count :])

    @property
    def _own_count(self) -> int:
        return sum(act.side == SHOP and act.asked["act"] == "fulfill" for act in self.life.acts)

    def moved(self, *kinds: str) -> list[Json]:
        """The shop's transactions that moved money."""
        return [
            item
            for item in self.sold["transactions"]
            if item["kind"] in kinds and item["status"] == "success" and Decimal(item["amount"])
        ]


def keys_of(case: Case) -> Iterator[str]:
    """Every external id under which something may stand in the account for it."""
    if not is_to_be_written(case):
        return
    yield case.order_key
    yield from (case.key("TXN", item["id"]) for item in case.moved(*_CAME))
    yield from (case.key("RFND", item["id"]) for item in case.moved("refund"))
    yield from (case.key("FUL", item["id"]) for item in case.own_parcels if item["status"] == "success")
    for refund in case.sold["refunds"]:
        yield from (case.key(kind, refund["id"]) for kind in ("CM", "CR"))


def judge_order(case: Case, verdict: Verdict) -> None:
    """Holds one order's two ledgers against each other, and counts what happened to it."""
    kind, _, why = case.sale.expect.partition(":")
    if kind != "synced":
        (verdict.held if kind == "held" else verdict.excluded)[why] += 1
        return
    if not is_to_be_written(case):
        verdict.excluded["orders.cancelled"] += 1
        return
    _count(case, verdict)
    order = _only(case, case.order_key, "SalesOrd", case.name, verdict)
    if order is not None:
        verdict.in_netsuite += 1
        _judge_standing(case, order, verdict)
        _judge_words(case, order, verdict)
        _judge_parcels(case, order, verdict)
    _judge_deposits(case, order, verdict)
    _judge_refunds(case, verdict)
    verdict.sides(case.currency, NET).shopify += Decimal(case.sold["net"])


def is_to_be_written(case: Case) -> bool:
    """False for what never reaches NetSuite; of an order cancelled meanwhile, its own record tells who was faster."""
    if case.sale.expect != "synced":
        return False
    is_gone = case.sold["cancelled_at"] is not None
    unwritten = case.life.is_unwritten
    return not (is_gone and (unwritten or (unwritten is None and not case.found(case.order_key))))


def _count(case: Case, verdict: Verdict) -> None:
    sold, acts = case.sold, set(case.sold["acts"])
    facts = {
        "paid": bool(case.moved(*_CAME)),
        "paid later": bool(acts & {"capture", "pay"}),
        "edited": "edit" in acts,
        "address or note changed": "update" in acts,
        "cancelled": sold["cancelled_at"] is not None,
        "shipped": any(item["status"] == "success" for item in case.own_parcels),
        "refunded": bool(case.moved("refund")),
    }
    verdict.happened.update(name for name, is_true in facts.items() if is_true)
    verdict.happened["parcels"] += sum(item["status"] == "success" for item in case.own_parcels)
    if case.life.held:
        verdict.held[case.life.held] += 1


def _judge_standing(case: Case, order: Json, verdict: Verdict) -> None:
    """A closed order has no open line; an open one has Shopify's total, less what was credited of it since."""
    if order["currency"] != case.currency:
        verdict.differs(f"{case.name} is in {order['currency']} in NetSuite, in {case.currency} in Shopify")
    if _is_closed(case):
        still_open = [line["line"] for line in order["item_lines"] if not _is_done(line)]
        if still_open:
            verdict.differs(f"{case.name} is cancelled in Shopify, lines {still_open} are open in NetSuite")
        return
    if case.life.held and Decimal(order["total"]) != case.sale.total:
        verdict.differs(f"{case.name} is for a person to decide, but comes to {order['total']} in NetSuite")
    if case.life.held or any(item["status"] == "pending" for item in case.sold["transactions"]):
        return
    wanted, booked = Decimal(case.sold["current_total"]), Decimal(order["total"]) - _credited(case)
    sides = verdict.sides(case.currency, ORDERS)
    sides.shopify += wanted
    sides.netsuite += booked
    if booked != wanted:
        verdict.differs(f"{case.name} comes to {booked} {case.currency} in NetSuite, to {wanted} in Shopify")


def _is_closed(case: Case) -> bool:
    """Cancelled, or nothing is left of it."""
    is_empty = not any(line["current_quantity"] for line in case.sold["lines"])
    return case.sold["cancelled_at"] is not None or is_empty


def _is_done(line: Json) -> bool:
    return bool(line["closed"]) or Decimal(line["fulfilled"] or 0) >= Decimal(line["quantity"] or 0)


def _credited(case: Case) -> Decimal:
    """What was taken back of the order's bill."""
    keys = [case.key(kind, refund["id"]) for refund in case.sold["refunds"] for kind in ("CM", "CR")]
    return sum((Decimal(record["total"]) for key in keys for record in case.found(key)), Decimal(0))


def _judge_words(case: Case, order: Json, verdict: Verdict) -> None:
    """The address is Shopify's, the memo too, unless somebody wrote one by hand: that one stands."""
    if case.sold["ship_to"][0] and order["ship_to"] != case.sold["ship_to"]:
        verdict.differs(f"{case.name} goes to {order['ship_to']} in NetSuite, to {case.sold['ship_to']} in Shopify")
    memo, note = order["memo"] or "", case.sold["note"]
    if case.life.memo is not None:
        verdict.happened["corrected by hand"] += 1
        if memo != case.life.memo:
            verdict.differs(f"{case.name} had the memo {case.life.memo!r} by hand, it is {memo!r} now")
    elif note and note not in memo:
        verdict.differs(f"{case.name} has the note {note!r} in Shopify, the memo {memo!r} in NetSuite")


def _judge_parcels(case: Case, order: Json, verdict: Verdict) -> None:
    """Each parcel of the shop that holds goods stands once, with its units and its numbers; other charges never ship."""
    items = {line["id"]: ITEMS.get(line["sku"]) for line in case.sold["lines"]}
    for parcel in case.own_parcels:
        goods = [(items[line["line_item_id"]], line["quantity"]) for line in parcel["lines"]]
        wanted = units_of((item, quantity) for item, quantity in goods if item is not None)
        what, key = f"parcel {parcel['id']} of {case.name}", case.key("FUL", parcel["id"])
        if parcel["status"] != "success" or not (wanted or case.found(key)):
            continue
        if record := _only(case, key, "ItemShip", what, verdict):
            _judge_parcel(what, parcel["tracking_numbers"], wanted, record, verdict)
            if record["created_from"] != order["id"]:
                verdict.differs(f"{what} was made from another order")


def _judge_parcel(what: str, numbers: Sequence[str], wanted: Counter[str], record: Json, verdict: Verdict) -> None:
    shipped = units_of((line["item"], line["quantity"]) for line in record["item_lines"])
    if shipped != wanted:
        verdict.differs(f"{what} holds {dict(shipped)} in NetSuite, {dict(wanted)} in Shopify")
    if record["tracking"] != numbers:
        verdict.differs(f"{what} has the numbers {record['tracking']} in NetSuite, {numbers} in Shopify")


def units_of(lines: Iterable[tuple[str, Any]]) -> Counter[str]:
    """Units by NetSuite's item."""
    found: Counter[str] = Counter()
    for item, quantity in lines:
        found[item] += int(quantity)
    return found


def _judge_deposits(case: Case, order: Json | None, verdict: Verdict) -> None:
    """Each payment is one deposit, on its own order and for the order's customer."""
    for item in case.moved(*_CAME):
        what = f"payment {item['id']} of {case.name}"
        record = _same_money(case, case.key("TXN", item["id"]), "CustDep", what, Decimal(item["amount"]), verdict)
        _add(case, DEPOSITS, Decimal(item["amount"]), record, verdict)
        belongs = record and order and (record["sales_order"], record["entity"]) == (order["id"], order["entity"])
        if record and not belongs:
            verdict.differs(f"{what} is booked on another order or for another customer")


def _judge_refunds(case: Case, verdict: Verdict) -> None:
    """The money of each refund went back once: by a refund for each transaction, or by one cash refund."""
    in_cash: set[int] = set()
    for refund in case.sold["refunds"]:
        money, key = Decimal(refund["money"]), case.key("CR", refund["id"])
        if money and case.found(key):
            what = f"refund {refund['id']} of {case.name}"
            record = _same_money(case, key, "CashRfnd", what, money, verdict)
            _add(case, REFUNDS, money, record, verdict)
            in_cash |= {item["id"] for item in refund["transactions"]}
    for item in case.moved("refund"):
        key, what = case.key("RFND", item["id"]), f"refund payment {item['id']} of {case.name}"
        if item["id"] not in in_cash:
            record = _same_money(case, key, "CustRfnd", what, Decimal(item["amount"]), verdict)
            _add(case, REFUNDS, Decimal(item["amount"]), record, verdict)
        elif case.found(key):
            verdict.differs(f"{what} went back in cash and by {key} again")


def _add(case: Case, figure: str, wanted: Decimal, record: Json | None, verdict: Verdict) -> None:
    sides = verdict.sides(case.currency, figure)
    sides.shopify += wanted
    sides.netsuite += Decimal(record["total"]) if record else 0


def _only(case: Case, key: str, kind: str, what: str, verdict: Verdict) -> Json | None:
    """The one record under a key; otherwise the verdict gets a sentence."""
    records = case.found(key)
    if len(records) != 1:
        verdict.differs(f"{what} stands in NetSuite {len(records)} times")
        return None
    if records[0]["type"] != kind:
        verdict.differs(f"{what} is a {records[0]['type']} in NetSuite, {kind} was wanted")
        return None
    return records[0]


def _same_money(case: Case, key: str, kind: str, what: str, amount: Decimal, verdict: Verdict) -> Json | None:
    record = _only(case, key, kind, what, verdict)
    if record and (Decimal(record["total"]), record["currency"]) != (amount, case.currency):
        verdict.differs(
            f"{what} is over {record['total']} {record['currency']} in NetSuite, over {amount} {case.currency} in Shopify"
        )
    return record
