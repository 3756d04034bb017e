"""What a transaction does to stock: an order commits, a shipment takes, a receipt or a credit of goods brings back."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.documents import is_fulfillable
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import Record, id_of
from connector.sandbox.netsuite.stock import Place, Quantities, added

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]
Part = tuple[Place, Decimal]

_KITS = ("Kit", "Group")
_SHIPPED = "C"
# Goods go with a bill or come with a credit that no shipment and no receipt belongs to.
_SIGNS = {"invoice": -1, "cashSale": -1, "creditMemo": 1, "cashRefund": 1}
_MOVED_ELSEWHERE = ("salesOrder", "returnAuthorization")


def moved(account: "Account", record: Record) -> Quantities:
    """What a transaction has moved of its own, by item and location."""
    if record.is_voided:
        return {}
    if record.type == "itemFulfillment":
        is_gone = (record.body.get("shipStatus") or {}).get("id") == _SHIPPED
        return _goods(account, record, -1) if is_gone else {}
    if record.type == "itemReceipt":
        return _goods(account, record, 1)
    if record.type in _SIGNS and _source_type(account, record) not in _MOVED_ELSEWHERE:
        return _in_parts(account, record, ((line, decimal(line["quantity"])) for line in record.lines), record.type)
    return {}


def billed_unshipped(account: "Account", order: Record, lines: list[Json], shipped: dict[int, Decimal]) -> Quantities:
    """What left the house with a bill alone: where there is no Advanced Shipping, billing ships."""
    gone = ((line, decimal(line["quantityFulfilled"]) - shipped.get(line["line"], ZERO)) for line in lines)
    return _in_parts(account, order, ((line, left) for line, left in gone if left > 0), "invoice")


def committed(account: "Account", order: Record, lines: list[Json]) -> list[Json]:
    """An order's lines with what is committed and back-ordered of each. Pending approval, it commits nothing."""
    is_waiting = order.is_voided or order.body["orderStatus"]["id"] == "A"
    parts = {
        line["line"]: list(_parts(account, order, line, ZERO if is_waiting else _open(account, line))) for line in lines
    }
    wanted = added(part for found in parts.values() for part in found if part[0][1])
    held = account.stock.commit(order.id, wanted)
    return [line | _figures(account, line, parts[line["line"]], held) for line in lines]


def _figures(account: "Account", line: Json, parts: list[Part], held: Quantities) -> Json:
    """A line's share of what the order holds, which is taken off `held`; of an item without stock of its own, all."""
    rest = _open(account, line)
    hold = rest if not parts else rest * min((_share(held, part) for part in parts), default=ZERO)
    if _is_kit(account, line):
        hold = Decimal(int(hold))
    for place, need in parts:
        if place in held and rest:
            held[place] -= need * hold / rest
    return {"quantityCommitted": number(hold), "quantityBackOrdered": number(rest - hold)}


def _share(held: Quantities, part: Part) -> Decimal:
    place, need = part
    return min(held.get(place, ZERO) / need, Decimal(1)) if need else ZERO


def _open(account: "Account", line: Json) -> Decimal:
    if line.get("isClosed") or not is_fulfillable(account, line):
        return ZERO
    return max(decimal(line["quantity"]) - decimal(line["quantityFulfilled"]), ZERO)


def _is_kit(account: "Account", line: Json) -> bool:
    return account.items.get(line["item"]["id"], {}).get("itemtype") in _KITS


def _goods(account: "Account", record: Record, sign: int) -> Quantities:
    """The lines of a shipment or a receipt. A kit moves by its members, which stand behind it."""
    return added(
        ((line["item"]["id"], _location(record, line)), sign * decimal(line["quantity"]))
        for line in record.lines
        if not _is_kit(account, line)
    )


def _in_parts(
    account: "Account", record: Record, lines: Iterator[tuple[Json, Decimal]], record_type: str
) -> Quantities:
    sign = _SIGNS[record_type]
    return added(
        (place, sign * quantity)
        for line, count in lines
        if is_fulfillable(account, line)
        for place, quantity in _parts(account, record, line, count)
        if place[1]
    )


def _parts(account: "Account", record: Record, line: Json, count: Decimal) -> Iterator[Part]:
    """What so many of a line's item are made of, and where. Without a location (the second is then empty) nowhere."""
    place = _location(record, line)
    for item, quantity in _members(account, line):
        if account.stock.has(item):
            yield (item, place), quantity * count


def _members(account: "Account", line: Json) -> list[tuple[str, Decimal]]:
    """An item itself, or the members of a kit."""
    key = line["item"]["id"]
    if not _is_kit(account, line):
        return [(key, Decimal(1))]
    return [(member["item"], decimal(member["quantity"])) for member in account.items[key].get("members", [])]


def _location(record: Record, line: Json) -> str:
    return id_of(line, "location") or id_of(record.body, "location") or ""


def _source_type(account: "Account", record: Record) -> str | None:
    """What a document was made from; of a credit of a bill, the bill."""
    source = account.transaction(id_of(record.body, "createdFrom") or "")
    return None if source is None else source.type
