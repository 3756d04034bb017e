"""REST-style orders as the values GraphQL resolves: ids as gids, money bags, upper-case enums, UTC times, pages.

Shapes from 2017 to 2026: members that a version lacks are made from the plain amounts.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

_APPLICATION_TYPES = {
    "discount_code": "DiscountCodeApplication",
    "manual": "ManualDiscountApplication",
    "automatic": "AutomaticDiscountApplication",
    "script": "ScriptDiscountApplication",
}


class TooManyError(Exception):
    """A page of more than 250 was asked for."""


def order_value(order: Json, transactions: list[Json]) -> Json:
    """An Order."""
    currency = order["currency"]
    shown = order.get("presentment_currency") or currency

    def bag(name: str, default: str = "0.00") -> Json:
        return money_bag(order.get(f"{name}_set"), order.get(name), currency, shown, default)

    refunded = [item for item in transactions if item["kind"] == "refund" and item["status"] == "success"]
    applications = [_application(index, item) for index, item in enumerate(order.get("discount_applications") or [])]
    lines = [_line(item, currency, shown) for item in order["line_items"]]
    shipping = [_shipping_line(item, currency, shown) for item in order.get("shipping_lines") or []]
    return {
        "id": gid("Order", order["id"]),
        "legacyResourceId": str(order["id"]),
        "name": order["name"],
        "createdAt": utc(order["created_at"]),
        "updatedAt": utc(order["updated_at"]),
        "processedAt": utc(order.get("processed_at") or order["created_at"]),
        "cancelledAt": utc(order.get("cancelled_at")),
        "test": bool(order.get("test")),
        "sourceName": order.get("source_name"),
        "note": order.get("note"),
        "poNumber": order.get("po_number"),
        "tags": [tag for tag in (order.get("tags") or "").split(", ") if tag],
        "currencyCode": currency,
        "presentmentCurrencyCode": shown,
        "taxesIncluded": bool(order.get("taxes_included")),
        "displayFinancialStatus": (order.get("financial_status") or "pending").upper(),
        "email": order.get("email") or None,
        "customer": _customer(order.get("customer")),
        "purchasingEntity": None,
        "billingAddress": _address(order.get("billing_address")),
        "shippingAddress": _address(order.get("shipping_address")),
        "totalPriceSet": bag("total_price"),
        "currentTotalPriceSet": bag("current_total_price", order["total_price"]),
        "totalTaxSet": bag("total_tax"),
        "totalTipReceivedSet": money_bag(None, order.get("total_tip_received"), currency, shown),
        "totalRefundedSet": _sum_bag(refunded, currency, shown, order),
        "totalOutstandingSet": money_bag(None, order.get("total_outstanding"), currency, shown),
        "originalTotalDutiesSet": _optional_bag(order.get("original_total_duties_set")),
        "originalTotalAdditionalFeesSet": _optional_bag(order.get("original_total_additional_fees_set")),
        "totalCashRoundingAdjustment": {
            "paymentSet": money_bag(order.get("total_cash_rounding_payment_adjustment_set"), None, currency, shown),
            "refundSet": money_bag(order.get("total_cash_rounding_refund_adjustment_set"), None, currency, shown),
        },
        "taxLines": [_tax_line(item, currency, shown) for item in order.get("tax_lines") or []],
        "discountApplications": connection_of(applications),
        "shippingLines": _shippingconnection_of(shipping),
        "lineItems": connection_of(lines),
        "transactions": lambda _info, first=None, **_: [
            _transaction(item, order) for item in transactions[: _checked(first)]
        ],
    }


def gid(kind: str, number: object) -> str:
    """A global id."""
    return f"gid://shopify/{kind}/{number}"


def utc(text: str | None) -> str | None:
    """An ISO time with any offset as UTC with `Z`."""
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money_bag(given: Json | None, plain: object, currency: str, shown: str, default: str = "0.00") -> Json:
    """A MoneyBag from a REST money set, or from a plain amount where the set is missing."""
    if given is not None:
        return {"shopMoney": _money(given["shop_money"]), "presentmentMoney": _money(given["presentment_money"])}
    amount = str(plain if plain is not None else default)
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": amount, "currencyCode": shown},
    }


def _optional_bag(given: Json | None) -> Json | None:
    return None if given is None else money_bag(given, None, "", "")


def _money(given: Json) -> Json:
    return {"amount": str(given["amount"]), "currencyCode": given.get("currency_code") or given.get("currency")}


def _sum_bag(transactions: list[Json], currency: str, shown: str, order: Json) -> Json:
    """Refunded money; in a shop with two currencies a transaction's amount is in the buyer's."""
    total = sum((Decimal(str(item["amount"])) for item in transactions), Decimal(0))
    if currency == shown or not total:
        return money_bag(None, f"{total:.2f}", currency, shown)
    quotient = Decimal(str(order["total_price"])) / Decimal(order["total_price_set"]["presentment_money"]["amount"])
    return {
        "shopMoney": {"amount": str((total * quotient).quantize(Decimal("0.01"))), "currencyCode": currency},
        "presentmentMoney": {"amount": str(total), "currencyCode": shown},
    }


def _line(line: Json, currency: str, shown: str) -> Json:
    name = line.get("name") or line["title"]
    variant = line.get("variant_id") if line.get("product_exists", True) else None
    return {
        "id": gid("LineItem", line["id"]),
        "name": name,
        "title": line["title"],
        "sku": line.get("sku"),
        "quantity": line["quantity"],
        "currentQuantity": line.get("current_quantity", line["quantity"]),
        "isGiftCard": bool(line.get("gift_card")),
        "variant": None
        if variant is None
        else {"legacyResourceId": str(variant), "id": gid("ProductVariant", variant)},
        "originalUnitPriceSet": money_bag(line.get("price_set"), line.get("price"), currency, shown),
        "discountAllocations": [
            {
                "allocatedAmountSet": money_bag(item.get("amount_set"), item["amount"], currency, shown),
                "discountApplication": {
                    "__typename": "ManualDiscountApplication",
                    "index": item["discount_application_index"],
                },
            }
            for item in line.get("discount_allocations") or []
        ],
        "taxLines": [_tax_line(item, currency, shown) for item in line.get("tax_lines") or []],
        "duties": [
            {
                "id": gid("Duty", item["id"]),
                "price": money_bag(item, None, currency, shown),
            }
            for item in line.get("duties") or []
        ],
    }


def _tax_line(item: Json, currency: str, shown: str) -> Json:
    return {
        "title": item["title"],
        "rate": item.get("rate"),
        "channelLiable": item.get("channel_liable"),
        "priceSet": money_bag(item.get("price_set"), item["price"], currency, shown),
    }


def _shipping_line(item: Json, currency: str, shown: str) -> Json:
    price = item.get("discounted_price", item["price"])
    given = item.get("discounted_price_set") if "discounted_price" in item else item.get("price_set")
    return {
        "id": gid("ShippingLine", item["id"]),
        "title": item["title"],
        "code": item.get("code"),
        "isRemoved": bool(item.get("is_removed")),
        "discountedPriceSet": money_bag(given, price, currency, shown),
        "taxLines": [_tax_line(tax, currency, shown) for tax in item.get("tax_lines") or []],
    }


def _transaction(item: Json, order: Json) -> Json:
    """`amount` is in the transaction's own currency, which is the buyer's; the shop's side is found from the order."""
    currency, shown = order["currency"], order.get("presentment_currency") or order["currency"]
    amount = str(item["amount"])
    shop_amount = amount
    if item["currency"] != currency:
        total = order["total_price_set"]
        ratio = Decimal(str(total["shop_money"]["amount"])) / Decimal(str(total["presentment_money"]["amount"]))
        is_whole = Decimal(amount) == Decimal(str(total["presentment_money"]["amount"]))
        converted = Decimal(str(total["shop_money"]["amount"])) if is_whole else Decimal(amount) * ratio
        shop_amount = str(converted.quantize(Decimal("0.01")))
    return {
        "id": gid("OrderTransaction", item["id"]),
        "kind": item["kind"].upper(),
        "status": item["status"].upper(),
        "gateway": item.get("gateway"),
        "test": bool(item.get("test")),
        "processedAt": utc(item.get("processed_at") or item.get("created_at") or order["created_at"]),
        "amountSet": {
            "shopMoney": {"amount": shop_amount, "currencyCode": currency},
            "presentmentMoney": {"amount": amount, "currencyCode": shown},
        },
    }


def _customer(customer: Json | None) -> Json | None:
    if not customer:
        return None
    email, phone = customer.get("email"), customer.get("phone")
    name = " ".join(part for part in (customer.get("first_name"), customer.get("last_name")) if part)
    return {
        "__typename": "Customer",
        "id": gid("Customer", customer["id"]),
        "legacyResourceId": str(customer["id"]),
        "firstName": customer.get("first_name"),
        "lastName": customer.get("last_name"),
        "displayName": name or email or str(customer["id"]),
        "defaultEmailAddress": {"emailAddress": email} if email else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
    }


def _address(address: Json | None) -> Json | None:
    if not address:
        return None
    names = {"firstName": "first_name", "lastName": "last_name", "provinceCode": "province_code"}
    same = ("name", "company", "address1", "address2", "city", "zip", "phone")
    value = {to: address.get(source) for to, source in names.items()} | {key: address.get(key) for key in same}
    return value | {"countryCodeV2": address.get("country_code")}


def _application(index: int, item: Json) -> Json:
    kind = _APPLICATION_TYPES[item["type"]]
    label = {"code": item.get("code")} if kind == "DiscountCodeApplication" else {"title": item.get("title") or ""}
    return {"__typename": kind, "index": index, **label}


def connection_of(nodes: Sequence[Json]) -> Callable[..., Json]:
    """A connection that is paged by cursor; the cursor is the position, opaque to the caller."""

    def page(_info: object, first: int | None = None, after: str | None = None, **_: object) -> Json:
        start = int(after.removeprefix("c")) if after else 0
        end = start + _checked(first)
        return {
            "nodes": nodes[start:end],
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "hasPreviousPage": start > 0,
                "endCursor": f"c{min(end, len(nodes))}" if nodes else None,
            },
        }

    return page


def _shippingconnection_of(nodes: Sequence[Json]) -> Callable[..., Json]:
    def page(info: object, includeRemovals: bool = False, **rest: Any) -> Json:
        wanted = [node for node in nodes if includeRemovals or not node["isRemoved"]]
        return connection_of(wanted)(info, **rest)

    return page


def _checked(first: int | None) -> int:
    if first is None:
        return 250
    if first > 250:
        raise TooManyError(f"first cannot exceed 250, {first} were asked for")
    return first
