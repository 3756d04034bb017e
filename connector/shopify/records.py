"""What we read of a Shopify order, frozen. Source: Admin GraphQL API 2026-10, type Order and what hangs on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.shopify.customers import Address, Customer, PurchasingCompany
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.lines import Discount, Line, ShippingLine, TaxLine, discount_labels, tax_lines
from connector.shopify.money import Money, MoneyBag
from connector.shopify.payments import PaymentTerms, Transaction
from connector.shopify.reading import Attribute, attributes, moment, moment_or_none, read, stripped, whole
from connector.shopify.refunds import Refund
from connector.shopify.returns import Return

# An order is read with all of these; who uses one finds it beside the order.
__all__ = ["Address", "Customer", "Discount", "Line", "Order", "ShippingLine", "TaxLine", "Transaction"]

Json = Mapping[str, Any]

# What a draft that a person completed leaves as the order's source.
_DRAFT_SOURCE = "shopify_draft_order"


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is now. Amounts are as sold, before returns and removals; those named current are what is left.

    `total_outstanding` is negative when the buyer is owed money. `shipping_lines` are those that were not removed.
    """

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    processed_at: datetime
    closed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    is_test: bool
    source_name: str
    note: str
    tags: tuple[str, ...]
    po_number: str
    attributes: tuple[Attribute, ...]
    financial_status: str
    fulfillment_status: str
    return_status: str
    taxes_included: bool
    email: str
    customer: Customer | None
    company: PurchasingCompany | None
    payment_terms: PaymentTerms | None
    billing_address: Address | None
    shipping_address: Address | None
    total: MoneyBag
    current_total: MoneyBag
    tax: MoneyBag
    current_tax: MoneyBag
    taxes: tuple[TaxLine, ...]
    tip: MoneyBag
    refunded: MoneyBag
    total_outstanding: MoneyBag
    net_payment: MoneyBag
    fees: MoneyBag | None
    cash_rounding: MoneyBag
    lines: tuple[Line, ...]
    shipping_lines: tuple[ShippingLine, ...]
    removed_shipping_lines: tuple[ShippingLine, ...]
    transactions: tuple[Transaction, ...]
    refunds: tuple[Refund, ...] = ()
    fulfillments: tuple[Fulfillment, ...] = ()
    returns: tuple[Return, ...] = ()

    @classmethod
    def from_json(cls, data: Json) -> "Order":
        """From the operation OrderById. Raises InvalidAnswer naming the order when a member cannot be read."""
        return read(f"order {data.get('name')}", _order, data)

    @property
    def is_business(self) -> bool:
        """True when a company ordered."""
        return self.company is not None

    @property
    def is_draft(self) -> bool:
        """True for an order that a person wrote as a draft."""
        return self.source_name == _DRAFT_SOURCE

    def with_lines(self, lines: tuple[Line, ...]) -> "Order":
        """The same order with further lines behind its own."""
        return replace(self, lines=self.lines + lines)

    def with_life(
        self, refunds: Sequence[Refund], fulfillments: Sequence[Fulfillment], returns: Sequence[Return]
    ) -> "Order":
        """The same order with what happened after it was placed."""
        return replace(self, refunds=tuple(refunds), fulfillments=tuple(fulfillments), returns=tuple(returns))


def _order(data: Json) -> Order:
    return Order(**_header(data), **_buyer(data), **_amounts(data), **_content(data))


def _header(data: Json) -> dict[str, Any]:
    created_at = moment(data["createdAt"])
    return {
        "id": str(data["legacyResourceId"]),
        "name": data["name"],
        "created_at": created_at,
        "updated_at": moment(data["updatedAt"]),
        "processed_at": moment_or_none(data["processedAt"]) or created_at,
        "closed_at": moment_or_none(data.get("closedAt")),
        "cancelled_at": moment_or_none(data.get("cancelledAt")),
        "cancel_reason": data.get("cancelReason"),
        "is_test": data["test"],
        "source_name": data.get("sourceName") or "",
        "note": data.get("note") or "",
        "tags": tuple(data["tags"]),
        "po_number": stripped(data.get("poNumber")),
        "attributes": attributes(data["customAttributes"]),
        "financial_status": data.get("displayFinancialStatus") or "PENDING",
        "fulfillment_status": data["displayFulfillmentStatus"],
        "return_status": data["returnStatus"],
        "taxes_included": data["taxesIncluded"],
    }


def _buyer(data: Json) -> dict[str, Any]:
    return {
        "email": stripped(data.get("email")),
        "customer": None if data.get("customer") is None else Customer.from_json(data["customer"]),
        "company": PurchasingCompany.from_json(data.get("purchasingEntity")),
        "payment_terms": PaymentTerms.from_json(data.get("paymentTerms")),
        "billing_address": _address(data.get("billingAddress")),
        "shipping_address": _address(data.get("shippingAddress")),
    }


def _amounts(data: Json) -> dict[str, Any]:
    """Tax and tip are zero where Shopify has none."""
    fees, total = data.get("originalTotalAdditionalFeesSet"), data["totalPriceSet"]
    return {
        "total": MoneyBag.from_json(total),
        "current_total": MoneyBag.from_json(data["currentTotalPriceSet"]),
        "tax": _bag_or_zero(data.get("totalTaxSet"), like=total),
        "current_tax": MoneyBag.from_json(data["currentTotalTaxSet"]),
        "taxes": tax_lines(data["taxLines"]),
        "tip": _bag_or_zero(data.get("totalTipReceivedSet"), like=total),
        "refunded": MoneyBag.from_json(data["totalRefundedSet"]),
        "total_outstanding": MoneyBag.from_json(data["totalOutstandingSet"]),
        "net_payment": MoneyBag.from_json(data["netPaymentSet"]),
        "fees": None if fees is None else MoneyBag.from_json(fees),
        "cash_rounding": MoneyBag.from_json(data["totalCashRoundingAdjustment"]["paymentSet"]),
    }


def _content(data: Json) -> dict[str, Any]:
    labels = discount_labels(data)
    page = whole(data["shippingLines"], f"shipping lines of order {data['name']}")
    shipping = [ShippingLine.from_json(node, labels) for node in page]
    return {
        "lines": tuple(Line.from_json(node, labels) for node in data["lineItems"]["nodes"]),
        "shipping_lines": tuple(line for line in shipping if not line.is_removed),
        "removed_shipping_lines": tuple(line for line in shipping if line.is_removed),
        "transactions": tuple(Transaction.from_json(item) for item in data["transactions"]),
    }


def _address(data: Json | None) -> Address | None:
    return None if data is None else Address.from_json(data)


def _bag_or_zero(data: Json | None, *, like: Json) -> MoneyBag:
    if data is not None:
        return MoneyBag.from_json(data)
    bag = MoneyBag.from_json(like)
    return MoneyBag(Money(Decimal(0), bag.shop.currency), Money(Decimal(0), bag.presentment.currency))
