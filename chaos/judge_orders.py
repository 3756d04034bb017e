"""The judgement on orders and their money: what the shop's own ledger has against what the account's has."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario import world

Json = dict[str, Any]

_KEY = f"SHOPIFY-{world.SHOP_ID}"


@dataclass(slots=True)
class Judgement:
    """Orders that were accepted, what is missing or too much in NetSuite, every objection, and how long orders took."""

    orders: int = 0
    lost: int = 0
    doubled: int = 0
    objections: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    # Seconds until what a killed worker was at was taken by another.
    found_again: list[float] = field(default_factory=list)

    def objects(self, sentence: str) -> None:
        """One more objection."""
        self.objections.append(sentence)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document that must stand once."""

    key: str
    type: str
    amount: Decimal


def judge_orders(
    sold: Sequence[Json],
    booked: Sequence[Json],
    kept: Sequence[Json],
    judgement: Judgement,
    *,
    left_out: Collection[int] = (),
) -> list[Json]:
    """Each order as it stands in the shop at last, once, and each of its payments and refunds; the orders that are booked.

    `left_out`: orders that our tables say were called off before they were written; of those nothing may stand.
    """
    by_key: dict[str, list[Json]] = defaultdict(list)
    for item in booked:
        by_key[item["external_id"] or ""].append(item)
    last = {item["order_id"]: item["acknowledged_at"] for item in kept}
    written = []
    for one in sold:
        if one["cancelled_at"] is not None and one["id"] in left_out and not by_key[world.order_key(one["id"])]:
            if stood := [wanted.key for wanted in _money(one) if by_key[wanted.key]]:
                judgement.objects(f"{one['name']} was left out, but NetSuite has {', '.join(stood)}")
            continue
        written.append(one)
        since = [record["at"] for record in _judge_order(one, by_key, judgement)]
        judgement.waits.append(max(0.0, max(since, default=time.time()) - last[one["id"]]))
    return written


def _judge_order(one: Json, by_key: Mapping[str, Sequence[Json]], judgement: Judgement) -> list[Json]:
    """What stands of it."""
    found = []
    if (order := _only(one, world.order_key(one["id"]), "SalesOrd", by_key, judgement)) is not None:
        found.append(order)
        _judge_standing(one, order, judgement)
        _judge_words(one, order, judgement)
    for wanted in _money(one):
        record = _only(one, wanted.key, wanted.type, by_key, judgement)
        if record is None:
            continue
        found.append(record)
        if Decimal(str(record["total"])) != wanted.amount:
            judgement.objects(f"{one['name']}: {wanted.key} comes to {record['total']}, not {wanted.amount}")
    return found


def _only(one: Json, key: str, kind: str, by_key: Mapping[str, Sequence[Json]], judgement: Judgement) -> Json | None:
    found = by_key.get(key, [])
    if len(found) != 1:
        judgement.objects(f"{one['name']}: NetSuite has {key} {len(found)} times")
        judgement.lost += not found
        return None
    if found[0]["type"] != kind:
        judgement.objects(f"{one['name']}: {key} is a {found[0]['type']}, not a {kind}")
    return found[0]


def _judge_standing(one: Json, order: Json, judgement: Judgement) -> None:
    """A cancelled order has no open line; another one comes to what is left of it in the shop."""
    if one["cancelled_at"] is not None:
        if still_open := [line["line"] for line in order["item_lines"] if not line["closed"]]:
            judgement.objects(f"{one['name']} is cancelled, its lines {still_open} are open in NetSuite")
    elif Decimal(str(order["total"])) != Decimal(one["current_total"]):
        judgement.objects(f"{one['name']} comes to {order['total']}, not {one['current_total']}")


def _judge_words(one: Json, order: Json, judgement: Judgement) -> None:
    """The last note and the last address of the shop."""
    if one["note"] and not (order["memo"] or "").endswith(f": {one['note']}"):
        judgement.objects(f"{one['name']} has the note {one['note']!r}, in NetSuite the memo {order['memo']!r}")
    if one["ship_to"][0] and order["ship_to"] != one["ship_to"]:
        judgement.objects(f"{one['name']} goes to {one['ship_to'][1]}, in NetSuite to {order['ship_to'][1]}")


def keys_of(one: Json) -> list[str]:
    """Every external id under which something is made for an order."""
    return [world.order_key(one["id"]), *(wanted.key for wanted in _money(one))]


def _money(one: Json) -> Iterator[Wanted]:
    """A deposit for each payment, a refund for each payment that went back."""
    for item in one["transactions"]:
        amount = Decimal(str(item["amount"]))
        if item["status"] != "success" or not amount:
            continue
        if item["kind"] in ("sale", "capture"):
            yield Wanted(f"{_KEY}-TXN-{item['id']}", "CustDep", amount)
        elif item["kind"] == "refund":
            yield Wanted(f"{_KEY}-RFND-{item['id']}", "CustRfnd", amount)


def judge_totals(written: Sequence[Json], account: Json, judgement: Judgement) -> None:
    """Whatever its external id: not one document more than was sold, and the account's own sums to the cent."""
    counts = Counter(item["type"] for item in account["transactions"])
    money = [wanted for one in written for wanted in _money(one)]
    due = Counter({"SalesOrd": len(written)}) + Counter(wanted.type for wanted in money)
    for kind in sorted(counts | due):
        if (more := counts[kind] - due[kind]) > 0:
            judgement.doubled += more
            judgement.objects(f"NetSuite has {more} {kind} too many")
    open_orders = [Decimal(one["current_total"]) for one in written if one["cancelled_at"] is None]
    called_off = {world.order_key(one["id"]) for one in written if one["cancelled_at"] is not None}
    closed = [Decimal(str(item["total"])) for item in account["transactions"] if item["external_id"] in called_off]
    sums = {
        "orders": sum(open_orders + closed, Decimal(0)),
        "deposits": sum((one.amount for one in money if one.type == "CustDep"), Decimal(0)),
        "refunds": sum((one.amount for one in money if one.type == "CustRfnd"), Decimal(0)),
    }
    for figure, ours in sums.items():
        theirs = sum((Decimal(amount) for amount in account["money"][figure].values()), Decimal(0))
        if theirs != ours:
            judgement.objects(f"NetSuite's {figure} come to {theirs}, Shopify's to {ours}")
