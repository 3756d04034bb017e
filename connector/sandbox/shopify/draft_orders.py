"""What a draft order comes to, and the order it becomes: in the REST style of webhooks, so that both are counted alike.

That tags, note and attributes go over to the order is general knowledge; so is that an order-wide discount is spread.
"""

from decimal import Decimal
from typing import Any

from connector.sandbox.shopify.acts.amounts import Coins, Pair, text
from connector.sandbox.shopify.acts.scene import Scene
from connector.sandbox.shopify.acts.standing import settle
from connector.sandbox.shopify.acts.taxes import Taxes, line_worth, retotal
from connector.sandbox.shopify.shop import Shop

Json = dict[str, Any]

_DISCOUNT = "FIXED_AMOUNT"


class WrongDraftError(ValueError):
    """Shopify refuses the draft; the field's path and a sentence of this sandbox."""

    def __init__(self, field: list[str], message: str) -> None:
        super().__init__(message)
        self.field = field


def order_of(shop: Shop, wish: Json, now: str) -> Json:
    """The order a draft would become. Raises WrongDraftError."""
    lines = [_line(shop, item, index) for index, item in enumerate(wish.get("lineItems") or [])]
    if not lines:
        raise WrongDraftError(["lineItems"], "Add at least 1 product")
    customer = _customer(shop, wish)
    order: Json = {
        "id": next(shop.ids), "name": "", "created_at": now, "updated_at": now, "processed_at": now,
        "closed_at": None, "cancelled_at": None, "cancel_reason": None, "test": False,
        "currency": shop.config.currency, "presentment_currency": shop.config.currency,
        "taxes_included": shop.config.taxes_included, "note": wish.get("note"), "po_number": wish.get("poNumber"),
        "tags": ", ".join(wish.get("tags") or []),
        "note_attributes": [
            {"name": item["key"], "value": item["value"]} for item in wish.get("customAttributes") or []
        ],
        "email": wish.get("email") or (customer or {}).get("email"), "customer": customer, "line_items": lines,
        "shipping_lines": _shipping(shop, wish), "discount_applications": [], "refunds": [], "fulfillments": [],
        "fulfillment_status": None, "total_tip_received": "0.00",
        "shipping_address": _address(wish.get("shippingAddress")), "billing_address": _address(wish.get("billingAddress")),
    }  # fmt: skip
    _discount(order, wish.get("appliedDiscount"))
    # With a customer his own flag counts, and not the draft's.
    if not (customer.get("tax_exempt") if customer else wish.get("taxExempt")):
        _tax(order, shop.config.draft_tax)
    retotal(order)
    settle(Scene(order, [], now, shop.ids))
    return order


def _line(shop: Shop, item: Json, index: int) -> Json:
    variant = _variant(shop, item, index)
    price = _money(shop, item.get("priceOverride"), index) if variant else None
    if variant is None:
        if not item.get("title"):
            raise WrongDraftError(["lineItems", str(index), "title"], "Title can't be blank")
        price = _money(shop, item.get("originalUnitPriceWithCurrency"), index) or Decimal(
            item.get("originalUnitPrice", 0)
        )
    if item["quantity"] < 1:
        raise WrongDraftError(["lineItems", str(index), "quantity"], "Quantity must be greater than or equal to 1")
    sold = variant or {"sku": item.get("sku"), "title": item["title"], "taxable": item.get("taxable", True)}
    coins = Coins(shop.config.currency, shop.config.currency)
    amount = coins.rounded(_both(price if price is not None else Decimal(str(sold["price"]))))
    return {
        "id": next(shop.ids), "title": sold["title"], "name": sold["title"], "sku": sold.get("sku"),
        "quantity": item["quantity"], "variant_id": sold.get("id"), "product_id": sold.get("product_id", sold.get("id")),
        "product_exists": variant is not None, "gift_card": False, "taxable": sold.get("taxable", True),
        "requires_shipping": True if variant else bool(item.get("requiresShipping")), "discount_allocations": [],
        "tax_lines": [], "duties": [],
        "properties": [{"name": p["key"], "value": p["value"]} for p in item.get("customAttributes") or []],
    } | coins.named("price", amount)  # fmt: skip


def _variant(shop: Shop, item: Json, index: int) -> Json | None:
    if not item.get("variantId"):
        return None
    number = int(item["variantId"].rpartition("/")[2])
    found = next((variant for variant in shop.config.variants if variant["id"] == number), None)
    if found is None:
        raise WrongDraftError(["lineItems", str(index), "variantId"], "Product with ID is no longer available.")
    return found


def _money(shop: Shop, money: Json | None, index: int) -> Decimal | None:
    if money is None:
        return None
    if money["currencyCode"] != shop.config.currency:
        # This sandbox sells drafts in the shop's own currency only.
        raise WrongDraftError(["lineItems", str(index)], "Presentment currency is not supported")
    return Decimal(str(money["amount"]))


def _customer(shop: Shop, wish: Json) -> Json | None:
    reference = (wish.get("purchasingEntity") or {}).get("customerId") or wish.get("customerId")
    if not reference:
        return None
    found = shop.customers.find(int(reference.rpartition("/")[2]))
    if found is None:
        raise WrongDraftError(["purchasingEntity"], "Customer can't be found")
    return {name: value for name, value in found.items() if name != "addresses"}


def _shipping(shop: Shop, wish: Json) -> list[Json]:
    line = wish.get("shippingLine")
    if not line:
        return []
    coins = Coins(shop.config.currency, shop.config.currency)
    price = _both(_money(shop, line.get("priceWithCurrency"), 0) or Decimal(line.get("price") or 0))
    made = {"id": next(shop.ids), "title": line.get("title") or "Shipping", "code": "custom", "is_removed": False}
    made |= {"discount_allocations": [], "tax_lines": []}
    return [made | coins.named("price", price) | coins.named("discounted_price", price)]


def _discount(order: Json, discount: Json | None) -> None:
    """A fixed amount over the whole order, spread over the lines by their worth; the last carries the rest."""
    if discount is None:
        return
    if discount["valueType"] != _DISCOUNT:
        raise WrongDraftError(["appliedDiscount", "valueType"], "This sandbox knows fixed amounts only")
    coins = Coins.of(order)
    worths = [line_worth(line, coins) for line in order["line_items"]]
    whole, left = sum(worth.shop for worth in worths), _both(Decimal(str(discount["value"])))
    amount = left
    order["discount_applications"] = [
        {"type": "manual", "title": discount.get("title") or "Custom discount", "value_type": "fixed_amount"}
    ]
    for number, (line, worth) in enumerate(zip(order["line_items"], worths, strict=True), 1):
        share = left if number == len(worths) else coins.rounded(amount.times(worth.shop, whole or 1))
        left -= share
        line["discount_allocations"] = [{"discount_application_index": 0} | coins.named("amount", share)]


def _tax(order: Json, rate: str) -> None:
    """Rounded once over the whole order, as Taxes does."""
    if not Decimal(rate):
        return
    taxes = Taxes(Coins.of(order), {"Tax": {"title": "Tax", "rate": float(rate)}}, bool(order["taxes_included"]))
    for line in order["line_items"]:
        if line["taxable"]:
            line["tax_lines"] = taxes.on(line_worth(line, Coins.of(order)))


def _address(given: Json | None) -> Json | None:
    if not given:
        return None
    names = {
        "first_name": "firstName",
        "last_name": "lastName",
        "province_code": "provinceCode",
        "country_code": "countryCode",
    }
    same = ("company", "address1", "address2", "city", "zip", "phone")
    person = " ".join(part for part in (given.get("firstName"), given.get("lastName")) if part)
    return {ours: given.get(theirs) for ours, theirs in names.items()} | {
        "name": person, **{name: given.get(name) for name in same}
    }  # fmt: skip


def _both(amount: Decimal) -> Pair:
    return Pair(amount, amount)


def printed(order: Json) -> str:
    """The total as a webhook prints it."""
    return text(Coins.of(order).read(order, "total_price").shop, order["currency"])
