"""What tax and shipping a document takes over from the one it is made of."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.numbers import ZERO, decimal, digits_of, number, rounded
from connector.sandbox.netsuite.progress import BILLS
from connector.sandbox.netsuite.record import Record, id_of, lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_MOVES = ("itemFulfillment", "itemReceipt", "returnAuthorization")
_SHIPPING = "SHIPPING"


def along(account: "Account", source: Record, target: str, lines: list[Json]) -> Json:
    """`shippingCost` that is not billed yet, and the tax override; a cash sale of an order computes its tax anew."""
    if target in _MOVES:
        return {}
    shipping = _shipping_left(account, source)
    found: Json = {"shippingCost": number(shipping)} if shipping else {}
    if not source.body.get("taxDetailsOverride") or (source.type == "salesOrder" and target == "cashSale"):
        return found
    details = _details(source, lines, has_shipping=bool(shipping))
    return found | {"taxDetailsOverride": True, "taxDetails": {"items": details}}


def _shipping_left(account: "Account", source: Record) -> Decimal:
    billed = [other for other in account.dependents(source) if other.type in BILLS and source.type == "salesOrder"]
    return decimal(source.body.get("shippingCost")) - sum(
        (decimal(other.body.get("shippingCost")) for other in billed), ZERO
    )


def _details(source: Record, lines: list[Json], *, has_shipping: bool) -> list[Json]:
    """The override's details of the lines that go along, each by the share of its line that does."""
    shares = {_SHIPPING: Decimal(1)} if has_shipping else {}
    whole = {line["line"]: line for line in source.lines}
    for line in lines:
        if "orderLine" in line and "taxDetailsReference" in line:
            quantity = decimal(whole[line["orderLine"]]["quantity"])
            shares[line["taxDetailsReference"]] = decimal(line["quantity"]) / quantity
    details = []
    for detail in lines_of(source.body, "taxDetails"):
        share = shares.get(str(id_of(detail, "taxDetailsReference")))
        if share is not None:
            names = [name for name in ("taxAmount", "taxBasis", "netAmount") if name in detail]
            cut = {name: number(rounded(decimal(detail[name]) * share, digits_of(source.body))) for name in names}
            details.append(detail | cut)
    return details
