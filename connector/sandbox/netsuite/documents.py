"""Documents with item lines: what their lines, subtotal, tax and total become when they are saved."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite import references
from connector.sandbox.netsuite.errors import invalid_content, user_error
from connector.sandbox.netsuite.numbers import ZERO, decimal, digits_of, number, rounded
from connector.sandbox.netsuite.record import lines_of

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_CUSTOM_PRICE = "-1"
_NOT_TAXABLE = "-7"
_COUNTRY_LENGTH = 2
# Countries with a list of states; the text of the refusal is inferred, as is that there is one.
_AMERICAN = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI AA AE AP"
)
_STATES = {"US": _AMERICAN.split()}
# Item types whose lines are shipped. `isfulfillable` of an item says otherwise, as the real check box does.
_FULFILLED_TYPES = ("InvtPart", "Assembly", "Kit", "NonInvtPart")


def complete(account: "Account", body: Json) -> None:
    """Checks header and lines and computes the total. Raises Refusal."""
    body["entity"] = references.customer(account, body.get("entity"), "entity")
    lines = lines_of(body)
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.")
    if body.get("shippingCost") and "shipMethod" not in body:
        raise user_error("You must enter a value for Shipping Method.")
    for name in ("shippingAddress", "billingAddress"):
        check_address(body.get(name) or {}, name)
    references.with_lists(account, body)
    _check_subsidiary(account, body)
    digits = digits_of(body)
    body["item"] = {"items": [_line(account, line, index, digits) for index, line in enumerate(lines)]}
    _total(account, body, digits)


def check_address(address: Json, path: str) -> None:
    """Raises Refusal for a country that is not two capital letters, and for a state it does not have."""
    country = (address.get("country") or {}).get("id", "US")
    if len(country) != _COUNTRY_LENGTH or not country.isupper():
        raise invalid_content(f"Invalid Field Value {country} for the following field: country", path=f"{path}.country")
    state = address.get("state")
    if state and not address.get("override") and state not in _STATES.get(country, {state}):
        raise invalid_content(f"Invalid Field Value {state} for the following field: state", path=f"{path}.state")


def is_fulfillable(account: "Account", line: Json) -> bool:
    """True for a line that is shipped, not only billed."""
    item = account.items.get(str((line.get("item") or {}).get("id")), {})
    if "isfulfillable" in item:
        return bool(item["isfulfillable"] == "T")
    return item.get("itemtype", "InvtPart") in _FULFILLED_TYPES


def _check_subsidiary(account: "Account", body: Json) -> None:
    """Without the feature Multi-Subsidiary Customer a customer is used in its own subsidiary only."""
    owner = account.records[("customer", body["entity"]["id"])].body.get("subsidiary")
    if owner and body.get("subsidiary") and owner["id"] != body["subsidiary"]["id"]:
        value = body["subsidiary"]["id"]
        raise user_error(f"Invalid Field Value {value} for the following field: subsidiary.", path="subsidiary")


def _line(account: "Account", line: Json, index: int, digits: int) -> Json:
    """`rate` × `quantity` decides; without the custom price level the item's own price replaces the rate."""
    path = f"item.items[{index}]"
    item = references.item(account, line, path)
    quantity = decimal(line.get("quantity", 1))
    rate = decimal(line["rate"]) if "rate" in line else None
    if (line.get("price") or {}).get("id") != _CUSTOM_PRICE:
        rate = decimal(item.get("price", 0))
    amount = decimal(line.get("amount")) if rate is None else rate * quantity
    known: Json = {name: line[name] for name in ("location", "department", "class") if name in line}
    completed = line | references.with_lists(account, known, f"{path}.")
    completed |= {"amount": number(rounded(amount, digits)), "quantity": number(quantity)}
    completed["item"] = {"id": item["id"], "refName": item["itemid"]}
    completed["itemType"] = {"id": item.get("itemtype", "InvtPart")}
    return completed | ({} if rate is None else {"rate": number(rate)})


def _total(account: "Account", body: Json, digits: int) -> None:
    lines = lines_of(body)
    subtotal = sum((decimal(line["amount"]) for line in lines), ZERO)
    tax = _tax(account, body, lines, digits)
    body["subtotal"] = number(subtotal)
    body["taxTotal"] = number(tax)
    body["total"] = number(subtotal + decimal(body.get("shippingCost")) + tax)


def _tax(account: "Account", body: Json, lines: list[Json], digits: int) -> Decimal:
    if body.get("taxDetailsOverride"):
        return sum((decimal(detail["taxAmount"]) for detail in lines_of(body, "taxDetails")), ZERO)
    taxable = [
        decimal(line["amount"])
        for line in lines
        if line.get("isTaxable", True) and (line.get("taxCode") or {}).get("id") != _NOT_TAXABLE
    ]
    return rounded(sum(taxable, ZERO) * Decimal(account.config.tax_rate), digits)
