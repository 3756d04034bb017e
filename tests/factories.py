"""Valid things with what matters overridden: orders as the Admin API answers them, and rules that map everything."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.mapping.rules import Rules
from connector.shopify.records import Order
from connector.shopify.refunds import Refund

ORDER_ID = 5001
SHOP_ID = 548380009


def bag(amount: str, currency: str = "USD", presentment: tuple[str, str] | None = None) -> dict[str, Any]:
    """A MoneyBag; both sides equal unless the presentment side is given as (amount, currency)."""
    shown = presentment or (amount, currency)
    return {
        "shopMoney": {"amount": amount, "currencyCode": currency},
        "presentmentMoney": {"amount": shown[0], "currencyCode": shown[1]},
    }


def tax(amount: str, *, rate: float = 0.1, title: str = "State tax", currency: str = "USD") -> dict[str, Any]:
    """A TaxLine."""
    return {"title": title, "rate": rate, "channelLiable": False, "priceSet": bag(amount, currency)}


def line(sku: str | None = "MUG-RED", **changes: Any) -> dict[str, Any]:
    """A LineItem: one mug for 20.00."""
    currency = changes.pop("currency", "USD")
    made: dict[str, Any] = {
        "id": "gid://shopify/LineItem/14001",
        "name": "Mug",
        "title": "Mug",
        "sku": sku,
        "quantity": 1,
        "currentQuantity": changes.get("quantity", 1),
        "unfulfilledQuantity": changes.get("quantity", 1),
        "nonFulfillableQuantity": 0,
        "isGiftCard": False,
        "requiresShipping": True,
        "taxable": True,
        "product": {"legacyResourceId": "8001"},
        "lineItemGroup": None,
        "customAttributes": [],
        "variant": {"legacyResourceId": "9001"},
        "originalUnitPriceSet": bag(changes.pop("price", "20.00"), currency),
        "discountAllocations": [],
        "taxLines": [],
        "duties": [],
    }
    return made | changes


def allocation(amount: str, index: int = 0, currency: str = "USD") -> dict[str, Any]:
    """A share of a discount on one line."""
    return {"allocatedAmountSet": bag(amount, currency), "discountApplication": {"index": index}}


def shipping_line(price: str, *, taxes: list[dict[str, Any]] | None = None, code: str = "Standard") -> dict[str, Any]:
    """A ShippingLine."""
    return {
        "id": "gid://shopify/ShippingLine/1",
        "title": code,
        "code": code,
        "isRemoved": False,
        "originalPriceSet": bag(price),
        "discountedPriceSet": bag(price),
        "discountAllocations": [],
        "taxLines": taxes or [],
    }


def transaction(amount: str, **changes: Any) -> dict[str, Any]:
    """An OrderTransaction: a successful sale by card."""
    made: dict[str, Any] = {
        "id": "gid://shopify/OrderTransaction/88001",
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "manualPaymentGateway": False,
        "parentTransaction": None,
        "errorCode": None,
        "amountRoundingSet": None,
        "test": False,
        "processedAt": "2026-11-20T10:00:00Z",
        "amountSet": bag(amount, changes.pop("currency", "USD")),
    }
    return made | changes


def order_json(total: str = "20.00", **changes: Any) -> dict[str, Any]:
    """The answer to OrderById: a paid order of one mug for 20.00 by Ada Example."""
    currency = changes.pop("currency", "USD")
    lines = changes.pop("lines", None) or [line(currency=currency)]
    made: dict[str, Any] = {
        "id": f"gid://shopify/Order/{ORDER_ID}",
        "legacyResourceId": str(ORDER_ID),
        "name": "#1001",
        "createdAt": "2026-11-20T10:00:00Z",
        "updatedAt": "2026-11-20T10:00:05Z",
        "processedAt": "2026-11-20T10:00:00Z",
        "closedAt": None,
        "cancelledAt": None,
        "cancelReason": None,
        "note": None,
        "tags": [],
        "poNumber": None,
        "customAttributes": [],
        "test": False,
        "sourceName": "web",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "returnStatus": "NO_RETURN",
        "paymentTerms": None,
        "taxesIncluded": False,
        "email": "ada@example.com",
        "purchasingEntity": None,
        "customer": {
            "legacyResourceId": "7012",
            "firstName": "Ada",
            "lastName": "Example",
            "defaultEmailAddress": {"emailAddress": "ada@example.com"},
            "defaultPhoneNumber": None,
        },
        "billingAddress": None,
        "shippingAddress": None,
        "totalPriceSet": bag(total, currency),
        "currentTotalPriceSet": bag(total, currency),
        "totalTaxSet": bag(changes.pop("tax", "0.00"), currency),
        "totalTipReceivedSet": bag(changes.pop("tip", "0.00"), currency),
        "currentTotalTaxSet": bag("0.00", currency),
        "totalRefundedSet": bag("0.00", currency),
        "totalOutstandingSet": bag("0.00", currency),
        "netPaymentSet": bag(total, currency),
        "taxLines": [],
        "originalTotalAdditionalFeesSet": None,
        "totalCashRoundingAdjustment": {"paymentSet": bag("0.00", currency)},
        "discountApplications": {"nodes": [], "pageInfo": {"hasNextPage": False}},
        "shippingLines": {"nodes": changes.pop("shipping_lines", []), "pageInfo": {"hasNextPage": False}},
        "lineItems": {"nodes": lines, "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "transactions": [transaction(total, currency=currency)],
    }
    return made | changes


def order(total: str = "20.00", **changes: Any) -> Order:
    """An order as the connector reads it."""
    return Order.from_json(order_json(total, **changes))


def refund_line(subtotal: str, *, tax: str = "0.00", **changes: Any) -> dict[str, Any]:
    """A RefundLineItem: one unit of the mug that never ships; amounts in dollars."""
    made: dict[str, Any] = {
        "lineItem": {"id": "gid://shopify/LineItem/14001", "isGiftCard": False},
        "quantity": 1,
        "restockType": "CANCEL",
        "location": None,
        "subtotalSet": bag(subtotal),
        "totalTaxSet": bag(tax),
    }
    return made | changes


def refund_json(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A Refund of these lines, without money unless `transactions` are given."""
    pages = {
        "refundLineItems": list(lines),
        "refundShippingLines": changes.pop("shipping_lines", []),
        "orderAdjustments": changes.pop("adjustments", []),
        "transactions": changes.pop("transactions", []),
    }
    made: dict[str, Any] = {
        "id": "gid://shopify/Refund/77001",
        "createdAt": "2026-11-20T11:00:00Z",
        "processedAt": "2026-11-20T11:00:00Z",
        "note": "",
        "return": None,
        "totalRefundedSet": bag("0.00"),
        "duties": [],
    }
    made |= {name: {"nodes": nodes, "pageInfo": {"hasNextPage": False}} for name, nodes in pages.items()}
    return made | changes


def with_refunds(order: Order, *refunds: dict[str, Any]) -> Order:
    """An order of which something was given back."""
    return order.with_life([Refund.from_json(item) for item in refunds], order.fulfillments, order.returns)


def rules_json(**changes: Any) -> dict[str, Any]:
    """The [rules] of a connection in which everything is mapped."""
    made: dict[str, Any] = {
        "subsidiary": "1",
        "location": "2",
        "currencies": {"USD": "1", "EUR": "4", "JPY": "5", "GBP": "2"},
        "time_zone": "America/New_York",
        "customer": {"default": "1400"},
        "items": {"custom": "901", "gift_card": "902", "tip": "903", "duty": "904", "fee": "905"},
        "discount": {"item": "910"},
        "tax": {"item": "911"},
        "rounding": {"item": "912", "max": "0.05"},
        "shipping": {"methods": {"Standard": "41"}},
        "payments": {"methods": {"shopify_payments": {"method": "8", "account": "123"}, "gift_card": {"method": "9"}}},
    }
    return made | changes


def rules(**changes: Any) -> Rules:
    """Rules in which everything is mapped, with some replaced."""
    return Rules.from_json(rules_json(**changes))


ITEMS: Mapping[str, str] = {"MUG-RED": "812", "MUG-BLUE": "813"}


def total_of(body: Mapping[str, Any]) -> Decimal:
    """What NetSuite would come to for a sales order body without tax of its own: line by line, from rate and quantity."""
    lines = (
        (Decimal(str(item["rate"])) * item["quantity"]).quantize(Decimal("0.01")) for item in body["item"]["items"]
    )
    return sum(lines, Decimal(0)) + Decimal(str(body.get("shippingCost", 0)))
