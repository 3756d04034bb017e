"""What we read of a Shopify order, frozen. Source: Admin GraphQL API 2026-10, type Order and what hangs on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.errors import InvalidAnswer
from connector.shopify.money import Money, MoneyBag

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax on a whole line, after discounts and before returns."""

    title: str
    rate: Decimal | None
    price: MoneyBag

    @classmethod
    def from_json(cls, data: Json) -> "TaxLine":
        """From a TaxLine."""
        rate = data.get("rate")
        return cls(data["title"], None if rate is None else Decimal(str(rate)), MoneyBag.from_json(data["priceSet"]))


@dataclass(frozen=True, slots=True)
class Discount:
    """The share of one discount that falls on one line; `label` is its code or title."""

    label: str
    amount: MoneyBag


@dataclass(frozen=True, slots=True)
class Line:
    """One order line. `price` is per unit and before discounts; with tax included it contains tax."""

    id: str
    title: str
    sku: str
    quantity: int
    current_quantity: int
    is_gift_card: bool
    variant_id: str | None
    price: MoneyBag
    discounts: tuple[Discount, ...]
    taxes: tuple[TaxLine, ...]
    duties: tuple[MoneyBag, ...]

    @classmethod
    def from_json(cls, data: Json, labels: Mapping[int, str]) -> "Line":
        """From a LineItem; `labels` names the discount applications by index."""
        variant = data.get("variant")
        return cls(
            id=numeric(data["id"]),
            title=data.get("name") or data["title"],
            sku=(data.get("sku") or "").strip(),
            quantity=data["quantity"],
            current_quantity=data["currentQuantity"],
            is_gift_card=data["isGiftCard"],
            variant_id=None if variant is None else str(variant["legacyResourceId"]),
            price=MoneyBag.from_json(data["originalUnitPriceSet"]),
            discounts=tuple(_discount(item, labels) for item in data["discountAllocations"]),
            taxes=tuple(TaxLine.from_json(item) for item in data["taxLines"]),
            duties=tuple(MoneyBag.from_json(item["price"]) for item in data.get("duties") or ()),
        )

    @property
    def is_custom(self) -> bool:
        """True for a line typed in by hand, a tip, or one whose variant was deleted."""
        return self.variant_id is None


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """One shipping charge, after its discounts."""

    code: str
    title: str
    price: MoneyBag
    taxes: tuple[TaxLine, ...]

    @classmethod
    def from_json(cls, data: Json) -> "ShippingLine":
        """From a ShippingLine."""
        return cls(
            code=data.get("code") or "",
            title=data.get("title") or "",
            price=MoneyBag.from_json(data["discountedPriceSet"]),
            taxes=tuple(TaxLine.from_json(item) for item in data["taxLines"]),
        )


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment step. Money moved only for kind SALE or CAPTURE with status SUCCESS."""

    id: str
    kind: str
    status: str
    gateway: str
    amount: MoneyBag
    processed_at: datetime | None
    is_test: bool

    @classmethod
    def from_json(cls, data: Json) -> "Transaction":
        """From an OrderTransaction."""
        return cls(
            id=numeric(data["id"]),
            kind=data["kind"],
            status=data["status"],
            gateway=data.get("gateway") or "",
            amount=MoneyBag.from_json(data["amountSet"]),
            processed_at=_time(data.get("processedAt")),
            is_test=data["test"],
        )


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; every part can be empty."""

    name: str
    company: str
    address1: str
    address2: str
    city: str
    province_code: str
    zip: str
    country_code: str
    phone: str

    @classmethod
    def from_json(cls, data: Json) -> "Address":
        """From a MailingAddress."""
        parts = ("name", "company", "address1", "address2", "city", "provinceCode", "zip", "countryCodeV2", "phone")
        return cls(*((data.get(part) or "").strip() for part in parts))


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered. Name and e-mail can be empty."""

    id: str
    first_name: str
    last_name: str
    email: str
    phone: str

    @classmethod
    def from_json(cls, data: Json) -> "Customer":
        """From a Customer."""
        return cls(
            id=str(data["legacyResourceId"]),
            first_name=(data.get("firstName") or "").strip(),
            last_name=(data.get("lastName") or "").strip(),
            email=((data.get("defaultEmailAddress") or {}).get("emailAddress") or "").strip(),
            phone=((data.get("defaultPhoneNumber") or {}).get("phoneNumber") or "").strip(),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is now. Amounts are as sold, before returns; see `current_total` for what is left."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    processed_at: datetime
    cancelled_at: datetime | None
    is_test: bool
    source_name: str
    financial_status: str
    taxes_included: bool
    email: str
    is_business: bool
    customer: Customer | None
    billing_address: Address | None
    shipping_address: Address | None
    total: MoneyBag
    current_total: MoneyBag
    tax: MoneyBag
    tip: MoneyBag
    refunded: MoneyBag
    fees: MoneyBag | None
    cash_rounding: MoneyBag
    lines: tuple[Line, ...]
    shipping_lines: tuple[ShippingLine, ...]
    transactions: tuple[Transaction, ...]

    @classmethod
    def from_json(cls, data: Json) -> "Order":
        """From the operation OrderById. Raises InvalidAnswer naming the order when a member cannot be read."""
        try:
            return _order(data)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise InvalidAnswer(f"Shopify order {data.get('name')} cannot be read: {error!r}") from error

    def with_lines(self, lines: tuple[Line, ...]) -> "Order":
        """The same order with further lines behind its own."""
        return replace(self, lines=self.lines + lines)


def discount_labels(data: Json) -> dict[int, str]:
    """Code or title of each discount application of an order, by its index."""
    return {
        node["index"]: node.get("code") or node.get("title") or "discount"
        for node in data["discountApplications"]["nodes"]
    }


def numeric(gid: str) -> str:
    """The number at the end of `gid://shopify/Order/5001`, without a query part."""
    return gid.rpartition("/")[2].partition("?")[0]


def _order(data: Json) -> Order:
    labels = discount_labels(data)
    fees = data.get("originalTotalAdditionalFeesSet")
    created_at = _required_time(data["createdAt"])
    return Order(
        id=str(data["legacyResourceId"]),
        name=data["name"],
        created_at=created_at,
        updated_at=_required_time(data["updatedAt"]),
        processed_at=_time(data["processedAt"]) or created_at,
        cancelled_at=_time(data.get("cancelledAt")),
        is_test=data["test"],
        source_name=data.get("sourceName") or "",
        financial_status=data.get("displayFinancialStatus") or "PENDING",
        taxes_included=data["taxesIncluded"],
        email=(data.get("email") or "").strip(),
        is_business=(data.get("purchasingEntity") or {}).get("__typename") == "PurchasingCompany",
        customer=None if data.get("customer") is None else Customer.from_json(data["customer"]),
        billing_address=_address(data.get("billingAddress")),
        shipping_address=_address(data.get("shippingAddress")),
        total=MoneyBag.from_json(data["totalPriceSet"]),
        current_total=MoneyBag.from_json(data["currentTotalPriceSet"]),
        tax=_tax(data),
        tip=_tip(data),
        refunded=MoneyBag.from_json(data["totalRefundedSet"]),
        fees=None if fees is None else MoneyBag.from_json(fees),
        cash_rounding=MoneyBag.from_json(data["totalCashRoundingAdjustment"]["paymentSet"]),
        lines=tuple(Line.from_json(node, labels) for node in data["lineItems"]["nodes"]),
        shipping_lines=tuple(
            ShippingLine.from_json(node) for node in data["shippingLines"]["nodes"] if not node["isRemoved"]
        ),
        transactions=tuple(Transaction.from_json(item) for item in data["transactions"]),
    )


def _discount(data: Json, labels: Mapping[int, str]) -> Discount:
    index = data["discountApplication"]["index"]
    return Discount(labels.get(index, "discount"), MoneyBag.from_json(data["allocatedAmountSet"]))


def _tax(data: Json) -> MoneyBag:
    """Total tax; the field is nullable in the schema, and zero then."""
    return _bag_or_zero(data.get("totalTaxSet"), like=data["totalPriceSet"])


def _tip(data: Json) -> MoneyBag:
    return _bag_or_zero(data.get("totalTipReceivedSet"), like=data["totalPriceSet"])


def _bag_or_zero(data: Json | None, *, like: Json) -> MoneyBag:
    if data is not None:
        return MoneyBag.from_json(data)
    bag = MoneyBag.from_json(like)
    return MoneyBag(Money(Decimal(0), bag.shop.currency), Money(Decimal(0), bag.presentment.currency))


def _address(data: Json | None) -> Address | None:
    return None if data is None else Address.from_json(data)


def _time(text: str | None) -> datetime | None:
    return None if text is None else _required_time(text)


def _required_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
