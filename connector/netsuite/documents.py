"""What we write to NetSuite after the order: shipments, money and goods that go back. REST record v1, release 2026.1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.netsuite.records import OrderLine, Reference, TaxDetail


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """One line of the sales order in a fulfilment; quantity None: it stays open."""

    order_line: int
    quantity: int | None
    location: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Every line is named: NetSuite would fulfil those that are not."""
        if self.quantity is None:
            return {"orderLine": self.order_line, "itemReceive": False}
        body: dict[str, Any] = {"orderLine": self.order_line, "itemReceive": True, "quantity": self.quantity}
        return body | ({"location": {"id": self.location}} if self.location else {})


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel. NetSuite wants a weight above 0."""

    tracking_number: str
    description: str

    def to_json(self) -> dict[str, Any]:
        """One element of the package sublist."""
        body: dict[str, Any] = {"packageWeight": 1}
        if self.tracking_number:
            body["packageTrackingNumber"] = self.tracking_number
        return body | ({"packageDescr": self.description} if self.description else {})


@dataclass(frozen=True, slots=True)
class ItemFulfillment:
    """Body of the transform of a sales order. `ship_status`: A picked, B packed, C shipped."""

    external_id: str
    tran_date: date
    ship_status: str
    memo: str
    lines: Sequence[ShippedLine]
    packages: Sequence[Package]

    def to_json(self) -> dict[str, Any]:
        """As it is sent."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "tranDate": self.tran_date.isoformat(),
            "shipStatus": {"id": self.ship_status},
            "memo": self.memo,
            "item": {"items": [line.to_json() for line in self.lines]},
        }
        return body | packages_json(self.packages)


def packages_json(packages: Sequence[Package]) -> dict[str, Any]:
    """The package sublist, nothing for no package."""
    return {"package": {"items": [package.to_json() for package in packages]}} if packages else {}


@dataclass(frozen=True, slots=True)
class Applied:
    """How much of a document goes against another one."""

    document: Reference
    amount: Decimal

    def to_json(self) -> dict[str, Any]:
        """One element of an apply or deposit sublist."""
        return {"doc": self.document.to_json(), "apply": True, "amount": self.amount}


@dataclass(frozen=True, slots=True)
class CustomerRefund:
    """Money given back: out of deposits before billing, against credit memos afterwards."""

    external_id: str
    customer: Reference
    tran_date: date
    currency: str
    payment_option: str | None
    account: str | None
    memo: str
    deposits: Sequence[Applied] = ()
    credits: Sequence[Applied] = ()

    @property
    def amount(self) -> Decimal:
        """What is given back."""
        return sum((applied.amount for applied in (*self.deposits, *self.credits)), Decimal(0))

    def to_json(self) -> dict[str, Any]:
        """Body of POST /customerRefund."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "customer": self.customer.to_json(),
            "tranDate": self.tran_date.isoformat(),
            "currency": {"id": self.currency},
            "memo": self.memo,
        }
        optional = (("paymentOption", self.payment_option), ("account", self.account))
        body |= {name: {"id": value} for name, value in optional if value}
        if self.deposits:
            body["deposit"] = {"items": [applied.to_json() for applied in self.deposits]}
        if self.credits:
            body["apply"] = {"items": [applied.to_json() for applied in self.credits]}
        return body


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """What all documents that take a sale back have in common; `lines` and `shipping_cost` are positive.

    `tax` is what the document has of it beside its lines: by `tax_details`, or by NetSuite's own computation.
    """

    external_id: str
    entity: Reference
    tran_date: date
    currency: str
    subsidiary: str | None
    location: str | None
    other_ref_num: str
    memo: str
    lines: Sequence[OrderLine]
    ship_method: str | None = None
    shipping_cost: Decimal | None = None
    tax_details: Sequence[TaxDetail] = ()
    tax: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What the document comes to."""
        return sum((line.amount for line in self.lines), Decimal(0)) + (self.shipping_cost or 0) + self.tax

    def to_json(self) -> dict[str, Any]:
        """The common part of the bodies."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "entity": self.entity.to_json(),
            "tranDate": self.tran_date.isoformat(),
            "currency": {"id": self.currency},
            "otherRefNum": self.other_ref_num,
            "memo": self.memo,
        }
        references = (
            ("subsidiary", self.subsidiary),
            ("location", self.location),
            ("shipMethod", self.ship_method if self.shipping_cost else None),
        )
        body |= {name: {"id": value} for name, value in references if value}
        if self.shipping_cost:
            body["shippingCost"] = self.shipping_cost
        body["item"] = {"items": [line.to_json() for line in self.lines]}
        if self.tax_details:
            body["taxDetailsOverride"] = True
            body["taxDetails"] = {"items": [detail.to_json() for detail in self.tax_details]}
        return body


@dataclass(frozen=True, slots=True)
class CreditMemo:
    """What is given back of an invoice; `applied` to it as far as it is still open, the rest stays free."""

    goods: GoodsBack
    applied: Sequence[Applied] = ()

    def to_json(self) -> dict[str, Any]:
        """Body of POST /creditMemo."""
        body = self.goods.to_json() | {"autoApply": False}
        if self.applied:
            body["apply"] = {"items": [applied.to_json() for applied in self.applied]}
        return body


@dataclass(frozen=True, slots=True)
class CashRefund:
    """What is given back of a cash sale, with its money."""

    goods: GoodsBack
    payment_option: str | None = None
    account: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Body of POST /cashRefund."""
        optional = (("paymentOption", self.payment_option), ("account", self.account))
        body = self.goods.to_json() | {"refundCheck": False}
        return body | {name: {"id": value} for name, value in optional if value}


@dataclass(frozen=True, slots=True)
class ReturnAuthorization:
    """Goods that may come back, out of the document they were sold by."""

    goods: GoodsBack
    created_from: Reference

    def to_json(self) -> dict[str, Any]:
        """Body of POST /returnAuthorization; approved, pending receipt."""
        return self.goods.to_json() | {
            "orderStatus": {"id": "B"},
            "createdFrom": self.created_from.to_json(),
        }


@dataclass(frozen=True, slots=True)
class CashSale:
    """An order that was paid and handed over at once. Built from the sales order it would have been."""

    external_id: str
    order_body: Mapping[str, Any]
    payment_option: str | None
    account: str | None

    def to_json(self) -> dict[str, Any]:
        """Body of POST /cashSale."""
        body = {name: value for name, value in self.order_body.items() if name not in ("orderStatus", "terms")}
        body["externalId"] = self.external_id
        optional = (("paymentOption", self.payment_option), ("account", self.account))
        body |= {name: {"id": value} for name, value in optional if value}
        return body if self.account else body | {"undepFunds": {"id": "T"}}
