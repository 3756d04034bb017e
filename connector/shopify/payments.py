"""How an order is paid: its transactions, and the terms of one that is paid later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.shopify.money import MoneyBag
from connector.shopify.reading import moment, moment_or_none, numeric, numeric_of

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment step. Money came for kind SALE or CAPTURE, went for REFUND, and only with status SUCCESS.

    `amount_rounding` is what cash was rounded by. `parent_id` leads from capture, void or refund to what it belongs to.
    `expires_at`, of an authorisation, is told to shops on Plus only; elsewhere the order's status says EXPIRED.
    """

    id: str
    kind: str
    status: str
    gateway: str
    is_manual: bool
    amount: MoneyBag
    amount_rounding: MoneyBag | None
    processed_at: datetime | None
    parent_id: str | None
    error_code: str | None
    is_test: bool
    is_multi_capturable: bool = False
    expires_at: datetime | None = None

    @classmethod
    def from_json(cls, data: Json) -> "Transaction":
        """From an OrderTransaction."""
        rounding = data.get("amountRoundingSet")
        return cls(
            id=numeric(data["id"]),
            kind=data["kind"],
            status=data["status"],
            gateway=data.get("gateway") or "",
            is_manual=data.get("manualPaymentGateway") or False,
            amount=MoneyBag.from_json(data["amountSet"]),
            amount_rounding=None if rounding is None else MoneyBag.from_json(rounding),
            processed_at=moment_or_none(data.get("processedAt")),
            parent_id=numeric_of(data.get("parentTransaction")),
            error_code=data.get("errorCode"),
            is_test=data["test"],
            is_multi_capturable=data.get("multiCapturable") or False,
            expires_at=moment_or_none(data.get("authorizationExpiresAt")),
        )


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """When an order is to be paid. `type` is FIXED, FULFILLMENT, NET, RECEIPT or UNKNOWN; `due_at` the next due date."""

    name: str
    type: str
    due_in_days: int | None
    due_at: datetime | None

    @classmethod
    def from_json(cls, data: Json | None) -> "PaymentTerms | None":
        """From a PaymentTerms; None for an order without terms."""
        if data is None:
            return None
        dues = [
            moment(item["dueAt"])
            for item in data["paymentSchedules"]["nodes"]
            if item.get("dueAt") and not item.get("completedAt")
        ]
        return cls(
            name=data["paymentTermsName"],
            type=data["paymentTermsType"],
            due_in_days=data.get("dueInDays"),
            due_at=min(dues, default=None),
        )
