"""What was given back: units, shipping, duties, and the money that moved for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.shopify.money import MoneyBag
from connector.shopify.payments import Transaction
from connector.shopify.reading import moment, moment_or_none, numeric, numeric_of, whole

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Units of one order line. `subtotal` is after discounts, and contains tax where prices do.

    `restock_type` is CANCEL (never shipped), RETURN (came back to the location), NO_RESTOCK or LEGACY_RESTOCK.
    """

    line_id: str
    quantity: int
    restock_type: str
    location_id: str | None
    location_name: str
    subtotal: MoneyBag
    tax: MoneyBag
    is_gift_card: bool

    @classmethod
    def from_json(cls, data: Json) -> "RefundLine":
        """From a RefundLineItem."""
        return cls(
            line_id=numeric(data["lineItem"]["id"]),
            quantity=data["quantity"],
            restock_type=data["restockType"],
            location_id=numeric_of(data.get("location")),
            location_name=(data.get("location") or {}).get("name") or "",
            subtotal=MoneyBag.from_json(data["subtotalSet"]),
            tax=MoneyBag.from_json(data["totalTaxSet"]),
            is_gift_card=data["lineItem"]["isGiftCard"],
        )


@dataclass(frozen=True, slots=True)
class RefundShipping:
    """Shipping that was given back."""

    id: str
    shipping_line_id: str | None
    subtotal: MoneyBag
    tax: MoneyBag

    @classmethod
    def from_json(cls, data: Json) -> "RefundShipping":
        """From a RefundShippingLine."""
        return cls(
            id=numeric(data["id"]),
            shipping_line_id=numeric_of(data["shippingLine"]),
            subtotal=MoneyBag.from_json(data["subtotalAmountSet"]),
            tax=MoneyBag.from_json(data["taxAmountSet"]),
        )


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The difference between what was given back and what the lines come to.

    Negative: more money went than lines say. PENDING_REFUND_DISCREPANCY holds back the whole refund until it settles.
    """

    id: str
    reason: str | None
    amount: MoneyBag
    tax: MoneyBag

    @classmethod
    def from_json(cls, data: Json) -> "Adjustment":
        """From an OrderAdjustment."""
        amount, tax = MoneyBag.from_json(data["amountSet"]), MoneyBag.from_json(data["taxAmountSet"])
        return cls(numeric(data["id"]), data.get("reason"), amount, tax)


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund record; without transactions no money moved. `total` is over its successful transactions."""

    id: str
    created_at: datetime | None
    processed_at: datetime
    note: str
    return_id: str | None
    total: MoneyBag
    lines: tuple[RefundLine, ...]
    shipping_lines: tuple[RefundShipping, ...]
    adjustments: tuple[Adjustment, ...]
    duties: tuple[MoneyBag, ...]
    transactions: tuple[Transaction, ...]

    @classmethod
    def from_json(cls, data: Json) -> "Refund":
        """From a Refund whose refundLineItems are complete. Raises InvalidAnswer when another list is cut off."""
        number = numeric(data["id"])
        shipping = whole(data["refundShippingLines"], f"shipping lines of refund {number}")
        adjustments = whole(data["orderAdjustments"], f"adjustments of refund {number}")
        transactions = whole(data["transactions"], f"transactions of refund {number}")
        return cls(
            id=number,
            created_at=moment_or_none(data.get("createdAt")),
            processed_at=moment(data["processedAt"]),
            note=data.get("note") or "",
            return_id=numeric_of(data.get("return")),
            total=MoneyBag.from_json(data["totalRefundedSet"]),
            lines=tuple(RefundLine.from_json(item) for item in data["refundLineItems"]["nodes"]),
            shipping_lines=tuple(RefundShipping.from_json(item) for item in shipping),
            adjustments=tuple(Adjustment.from_json(item) for item in adjustments),
            duties=tuple(MoneyBag.from_json(item["amountSet"]) for item in data.get("duties") or ()),
            transactions=tuple(Transaction.from_json(item) for item in transactions),
        )
