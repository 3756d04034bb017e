"""What NetSuite checks and computes when a record is saved: references, mandatory values, totals."""

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from connector.sandbox.netsuite.errors import invalid_content, user_error

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]

_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0}
_CUSTOM_PRICE = "-1"
_NOT_TAXABLE = "-7"
_PHONE_LENGTHS = range(7, 33)
_COUNTRY_LENGTH = 2


def checked_and_completed(account: "Account", record_type: str, body: Json) -> Json:
    """The body as it is saved: references resolved, totals computed. Raises Refusal."""
    checks = {"customer": _customer, "salesOrder": _sales_order, "customerDeposit": _deposit}
    return checks[record_type](account, dict(body))


def _customer(account: "Account", body: Json) -> Json:
    is_person = body.get("isPerson", True)
    name, label = ("lastName", "Last Name") if is_person else ("companyName", "Company Name")
    if not body.get(name):
        raise user_error(f"You must enter a value for {label}.")
    if account.config.subsidiaries and "subsidiary" not in body:
        raise user_error("You must enter a value for Primary Subsidiary.")
    if body.get("phone") and len(body["phone"]) not in _PHONE_LENGTHS:
        raise user_error("Phone number should have seven digits or more.")
    for index, line in enumerate((body.get("addressBook") or {}).get("items", [])):
        _address(line.get("addressBookAddress") or {}, f"addressBook.items[{index}].addressBookAddress")
    return _with_lists(account, body)


def _address(address: Json, path: str) -> None:
    country = (address.get("country") or {}).get("id", "US")
    if len(country) != _COUNTRY_LENGTH or not country.isupper():
        raise invalid_content(f"Invalid Field Value {country} for the following field: country", path=f"{path}.country")


def _sales_order(account: "Account", body: Json) -> Json:
    body["entity"] = _entity(account, body.get("entity"), "entity")
    lines = (body.get("item") or {}).get("items", [])
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.")
    if body.get("shippingCost") and "shipMethod" not in body:
        raise user_error("You must enter a value for Shipping Method.")
    if not body.get("otherRefNum", "x"):
        raise user_error("You must enter a value for PO #.")
    for name in ("shippingAddress", "billingAddress"):
        _address(body.get(name) or {}, name)
    body = _with_lists(account, body)
    digits = _DIGITS.get((body.get("currency") or {}).get("refName", "USD"), 2)
    completed = [_line(account, line, index, digits) for index, line in enumerate(lines)]
    body["item"] = {"items": completed}
    body["subtotal"] = _number(sum((_decimal(line["amount"]) for line in completed), Decimal(0)))
    tax = _tax(account, body, completed, digits)
    body["total"] = _number(_decimal(body["subtotal"]) + _decimal(body.get("shippingCost", 0)) + tax)
    return body


def _line(account: "Account", line: Json, index: int, digits: int) -> Json:
    """`rate` × `quantity` decides; without the custom price level the item's own price replaces the rate."""
    item_id = (line.get("item") or {}).get("id")
    item = account.items.get(str(item_id))
    if item is None or item.get("isinactive") == "T":
        raise invalid_content(
            f"Invalid Field Value {item_id} for the following field: item", path=f"item.items[{index}].item"
        )
    quantity = _decimal(line.get("quantity", 1))
    rate = _decimal(line["rate"]) if "rate" in line else None
    if (line.get("price") or {}).get("id") != _CUSTOM_PRICE:
        rate = _decimal(item.get("price", 0))
    amount = _decimal(line.get("amount", 0)) if rate is None else rate * quantity
    return line | {"amount": _number(_rounded(amount, digits)), "quantity": _number(quantity)}


def _tax(account: "Account", body: Json, lines: list[Json], digits: int) -> Decimal:
    if body.get("taxDetailsOverride"):
        details = (body.get("taxDetails") or {}).get("items", [])
        return sum((_decimal(detail["taxAmount"]) for detail in details), Decimal(0))
    rate = Decimal(account.config.tax_rate)
    taxable = [
        _decimal(line["amount"])
        for line in lines
        if line.get("isTaxable", True) and (line.get("taxCode") or {}).get("id") != _NOT_TAXABLE
    ]
    return _rounded(sum(taxable, Decimal(0)) * rate, digits)


def _deposit(account: "Account", body: Json) -> Json:
    body["customer"] = _entity(account, body.get("customer"), "customer")
    if _decimal(body.get("payment", 0)) <= 0:
        raise user_error("You must enter a value for Payment Amount.")
    if "salesOrder" in body:
        body["salesOrder"] = _order_of(account, body)
    return _with_lists(account, body)


def _order_of(account: "Account", body: Json) -> Json:
    reference = body["salesOrder"]
    if "id" in reference:
        found = account.records.get(("salesOrder", reference["id"]))
    else:
        found = account.by_external_id.get(("transaction", str(reference.get("externalId")).lower()))
    if found is None or found.body["entity"]["id"] != body["customer"]["id"]:
        value = reference.get("id") or reference.get("externalId")
        raise user_error(f"Invalid Field Value {value} for the following field: salesorder.", path="salesOrder")
    if "paymentOption" in found.body:
        raise user_error("A deposit cannot be made for a sales order that has a payment method.")
    return {"id": found.id, "refName": f"Sales Order #{found.body.get('tranId')}"}


def _entity(account: "Account", reference: Json | None, name: str) -> Json:
    if not reference:
        raise user_error(f"You must enter a value for {name.capitalize()}.")
    if "id" in reference:
        found = account.records.get(("customer", reference["id"]))
    else:
        found = account.by_external_id.get(("entity", str(reference["externalId"]).lower()))
    if found is None:
        value = reference.get("id") or reference.get("externalId")
        raise user_error(f"Invalid Field Value {value} for the following field: {name}.", path=name)
    return {"id": found.id}


def _with_lists(account: "Account", body: Json) -> Json:
    """Checks every reference to one of the account's lists and adds its name."""
    config = account.config
    lists = {
        "subsidiary": config.subsidiaries,
        "location": config.locations,
        "department": config.departments,
        "class": config.classes,
        "currency": config.currencies,
        "shipMethod": config.ship_items,
        "paymentOption": config.payment_methods,
        "account": config.accounts,
    }
    for name, known in lists.items():
        wanted = (body.get(name) or {}).get("id")
        if wanted is None:
            continue
        found = next((item for item in known if item["id"] == wanted), None)
        if found is None:
            raise invalid_content(f"Invalid Field Value {wanted} for the following field: {name}", path=name)
        body[name] = {"id": wanted, "refName": found.get("symbol") or found.get("name", "")}
    return body


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _number(value: Decimal) -> float | int:
    """A JSON number; whole ones without a point."""
    return int(value) if value == value.to_integral_value() else float(value)
