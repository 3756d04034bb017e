"""Which lines of a source go into the record made from it, and how much of each."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.documents import is_fulfillable
from connector.sandbox.netsuite.errors import user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import Record

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]
Open = dict[int, Decimal]

# What a line takes along; where it stands and how far it got stay behind.
_ALONG = (
    "item", "itemType", "rate", "price", "amount", "description", "location", "department", "class", "isTaxable", "taxCode",
    "taxDetailsReference", "units",
)  # fmt: skip


def to_fulfill(account: "Account", order: Record) -> Open:
    """What is neither picked nor closed, of the lines that are shipped."""
    return {
        line["line"]: decimal(line["quantity"])
        - max(decimal(line["quantityPicked"]), decimal(line["quantityFulfilled"]))
        for line in order.lines
        if is_fulfillable(account, line) and not line.get("isClosed")
    }


def to_bill(account: "Account", order: Record) -> Open:
    """What was shipped and not yet billed; of a line that is not shipped, what was not billed.

    The preference Invoice in Advance of Fulfillment, or no Advanced Shipping, makes the whole order billable.
    """
    in_advance = account.config.invoice_in_advance or not account.config.has_feature("ADVSHIPPING")
    return _movable(account, order, "quantity" if in_advance else "quantityFulfilled")


def to_refund(account: "Account", record: Record) -> Open:
    """What was received back and not yet refunded."""
    return _movable(account, record, "quantityReceived")


def to_receive(account: "Account", record: Record) -> Open:
    """What was not received yet."""
    return {
        line["line"]: decimal(line["quantity"]) - decimal(line["quantityReceived"])
        for line in record.lines
        if is_fulfillable(account, line) and not line.get("isClosed")
    }


def to_return(account: "Account", source: Record) -> Open:
    """What can come back: of an order what was shipped, of a bill all of it."""
    if source.type != "salesOrder":
        return whole(account, source)
    goods = {line["line"]: is_fulfillable(account, line) for line in source.lines}
    return {
        line["line"]: decimal(line["quantityFulfilled" if goods[line["line"]] else "quantity"]) for line in source.lines
    }


def whole(_account: "Account", source: Record) -> Open:
    """Everything."""
    return {line["line"]: decimal(line["quantity"]) for line in source.lines}


def _movable(account: "Account", record: Record, moved: str) -> Open:
    found: Open = {}
    for line in record.lines:
        if is_fulfillable(account, line):
            ceiling = line["quantityFulfilled"] if line.get("isClosed") and moved == "quantity" else line[moved]
        else:
            ceiling = line["quantityBilled"] if line.get("isClosed") else line["quantity"]
        found[line["line"]] = decimal(ceiling) - decimal(line["quantityBilled"])
    return found


def picked(source: Record, available: Open, asked: list[Json], *, may_add: bool) -> list[Json]:
    """The new record's lines. Raises Refusal.

    Lines are matched by `orderLine`; those not mentioned go along with all that is open; `itemReceive` false or a
    quantity of 0 leaves one out. A line without `orderLine` is a new one, where the target takes any.
    """
    wishes = _by_order_line(asked, available, may_add=may_add)
    lines = []
    for line in source.lines:
        key, wish = line["line"], wishes.get(line["line"], {})
        left = available.get(key, ZERO)
        quantity = decimal(wish.get("quantity", number(left)))
        if left <= 0 and key not in wishes:
            continue
        if wish.get("itemReceive") is False or not quantity:
            continue
        if quantity > left:
            raise user_error(
                f"The quantity {quantity} of line {key} exceeds the quantity remaining, {max(left, ZERO)}."
            )
        lines.append(_line(source, line, quantity) | wish | {"quantity": number(quantity)})
    return lines + [dict(line) for line in asked if "orderLine" not in line]


def _by_order_line(asked: list[Json], available: Open, *, may_add: bool) -> dict[int, Json]:
    wishes: dict[int, Json] = {}
    for index, wish in enumerate(asked):
        path = f"item.items[{index}].orderLine"
        if "orderLine" not in wish and not may_add:
            raise user_error("You must enter a value for Order Line.", path=path)
        if "orderLine" in wish and (wish["orderLine"] not in available or wish["orderLine"] in wishes):
            is_left_out = wish.get("itemReceive") is False and wish["orderLine"] not in wishes
            if not is_left_out:
                text = f"Invalid Field Value {wish['orderLine']} for the following field: orderLine"
                raise user_error(text, path=path)
        if "orderLine" in wish:
            wishes[wish["orderLine"]] = {name: value for name, value in wish.items() if name != "line"}
    return wishes


def _line(source: Record, line: Json, quantity: Decimal) -> Json:
    along = {name: line[name] for name in line if name in _ALONG or name.startswith("custcol")}
    if "rate" not in line and quantity != decimal(line["quantity"]):
        # A line with an amount only is split by its quantity.
        along["amount"] = number(decimal(line["amount"]) * quantity / decimal(line["quantity"]))
    return along | {"orderLine": line["line"], "orderDoc": {"id": source.id, "refName": source.title}}
