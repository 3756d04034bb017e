"""How far an order or a return is: what was picked, shipped, received and billed of each line, and the status."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import stock_moves
from connector.sandbox.netsuite.documents import is_fulfillable
from connector.sandbox.netsuite.numbers import ZERO, decimal, number
from connector.sandbox.netsuite.record import Record

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]
Quantities = dict[int, Decimal]

BILLS = ("invoice", "cashSale")
CREDITS = ("creditMemo", "cashRefund")
_PACKED = ("B", "C")


def of_order(account: "Account", order: Record) -> Json:
    """The lines and the status of a sales order.

    Only shipped fulfilments count as fulfilled: a picked or packed one takes its quantity, but fulfils nothing yet.
    """
    dependents = account.dependents(order)
    shipments = [other for other in dependents if other.type == "itemFulfillment"]
    shipped = line_quantities([other for other in shipments if other.body["shipStatus"]["id"] == "C"])
    billed = line_quantities([other for other in dependents if other.type in BILLS])
    fulfilled = shipped
    if not account.config.has_feature("ADVSHIPPING"):
        # One step: what is billed has left the house.
        fulfilled = {key: max(shipped.get(key, ZERO), billed.get(key, ZERO)) for key in shipped | billed}
    counted = {
        "quantityPicked": line_quantities(shipments),
        "quantityPacked": line_quantities([item for item in shipments if item.body["shipStatus"]["id"] in _PACKED]),
        "quantityFulfilled": fulfilled,
        "quantityBilled": billed,
    }
    lines = [_counted(account, line, counted) for line in order.lines]
    account.stock.move(order.id, stock_moves.billed_unshipped(account, order, lines, shipped))
    lines = stock_moves.committed(account, order, lines)
    return {"item": {"items": lines}, "status": {"id": _status(account, order, lines, "quantityFulfilled")}}


def of_return(account: "Account", record: Record) -> Json:
    """The lines and the status of a return authorization: receiving and refunding mirror shipping and billing."""
    dependents = account.dependents(record)
    counted = {
        "quantityReceived": line_quantities([other for other in dependents if other.type == "itemReceipt"]),
        "quantityBilled": line_quantities([other for other in dependents if other.type in CREDITS]),
    }
    lines = [_counted(account, line, counted) for line in record.lines]
    return {"item": {"items": lines}, "status": {"id": _status(account, record, lines, "quantityReceived")}}


def line_quantities(records: list[Record]) -> Quantities:
    """Quantities by the source's line."""
    found: Quantities = {}
    for record in records:
        for line in record.lines:
            if "orderLine" in line and not record.is_voided:
                found[line["orderLine"]] = found.get(line["orderLine"], ZERO) + decimal(line["quantity"])
    return found


def required(line: Json, moved: str) -> Decimal:
    """What must move and be billed of a line: of a closed one, what has moved."""
    return decimal(line.get(moved) if line.get("isClosed") else line["quantity"])


def _counted(account: "Account", line: Json, counted: dict[str, Quantities]) -> Json:
    figures = {name: number(counts.get(line["line"], ZERO)) for name, counts in counted.items()}
    if not is_fulfillable(account, line):
        figures |= {name: 0 for name in figures if name != "quantityBilled"}
    return line | figures


def _status(account: "Account", record: Record, lines: list[Json], moved: str) -> str:
    """A, B, D to H: the letters of a return mean the same steps, with received for shipped and refunded for billed."""
    if record.is_cancelled:
        return "C"
    if all(line.get("isClosed") for line in lines):
        return "H"
    if record.body["orderStatus"]["id"] == "A":
        return "A"
    goods = [line for line in lines if is_fulfillable(account, line)]
    if all(decimal(line[moved]) >= required(line, moved) for line in goods):
        return (
            "G"
            if all(decimal(line["quantityBilled"]) >= required(line, moved) for line in _billed(goods, lines))
            else "F"
        )
    if not any(line[moved] for line in goods):
        return "B"
    return "D" if all(line["quantityBilled"] >= line[moved] for line in goods) else "E"


def _billed(goods: list[Json], lines: list[Json]) -> list[Json]:
    """The lines that must be billed: all that are open, and the goods that moved before their line was closed."""
    return [line for line in lines if not line.get("isClosed") or line in goods]
