"""A sales order that a person entered in NetSuite, read as a whole. Source: REST record v1, release 2026.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.errors import InvalidAnswer
from connector.netsuite.states import CLOSED

_FIELDS = (
    "tranId", "externalId", "status", "entity", "currency", "total", "taxTotal", "shippingCost", "shipMethod",
    "otherRefNum", "email", "shippingAddress", "billingAddress", "item",
)  # fmt: skip
# Lines that say something about others and sell nothing.
_TELLING = ("Subtotal", "Description", "Group", "EndGroup")
_GOODS = ("InvtPart", "Assembly", "Kit", "NonInvtPart")
_PENDING_APPROVAL = "A"


@dataclass(frozen=True, slots=True)
class EnteredLine:
    """A line that sells, or with a negative amount takes off. `name` is the item's, as NetSuite shows it."""

    line: int
    item: str
    name: str
    description: str
    quantity: Decimal
    amount: Decimal
    is_goods: bool


@dataclass(frozen=True, slots=True)
class PostalLines:
    """An address as NetSuite has it; every part can be empty."""

    addressee: str = field(repr=False)
    attention: str = field(repr=False)
    addr1: str = field(repr=False)
    addr2: str = field(repr=False)
    city: str = field(repr=False)
    state: str = field(repr=False)
    zip: str = field(repr=False)
    country: str = field(repr=False)
    phone: str = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "PostalLines | None":
        """From an address subrecord; None where nothing could be sent to it."""
        if not data or not (data.get("addr1") or data.get("city")):
            return None
        names = ("addressee", "attention", "addr1", "addr2", "city", "state", "zip")
        texts = {name: str(data.get(name) or "") for name in names}
        texts |= {"country": str((data.get("country") or {}).get("id", "")), "phone": str(data.get("addrPhone") or "")}
        return cls(**texts)


@dataclass(frozen=True, slots=True)
class EnteredOrder:
    """The order. `status`: A pending approval … H closed; `is_marked`: the rule's check box says that the shop gets it."""

    id: str
    number: str
    external_id: str
    status: str
    is_marked: bool
    entity: str
    currency: str
    total: Decimal
    tax: Decimal
    shipping_cost: Decimal | None
    shipping_title: str
    po_number: str
    email: str = field(repr=False)
    shipping_address: PostalLines | None = field(repr=False)
    billing_address: PostalLines | None = field(repr=False)
    lines: tuple[EnteredLine, ...] = field(repr=False)

    @property
    def is_approved(self) -> bool:
        """True once it is to be fulfilled, or further."""
        return self.status != _PENDING_APPROVAL and not self.is_given_up

    @property
    def is_given_up(self) -> bool:
        """True once it is cancelled or closed."""
        return self.status in CLOSED

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, order_id: str, mark: str) -> "EnteredOrder":
        """From GET /salesOrder with the fields of `wanted`. Raises InvalidAnswer."""
        try:
            return _order(data, order_id, mark)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise InvalidAnswer(f"NetSuite's sales order {order_id} cannot be read: {error!r}") from error


def wanted(mark: str) -> tuple[str, ...]:
    """`fields` of the reading; `mark` is the custom body field."""
    return (*_FIELDS, mark)


def _order(data: Mapping[str, Any], order_id: str, mark: str) -> EnteredOrder:
    cost = data.get("shippingCost")
    return EnteredOrder(
        id=order_id,
        number=str(data.get("tranId") or order_id),
        external_id=str(data.get("externalId") or ""),
        status=str(data["status"]["id"]),
        is_marked=data.get(mark) is True,
        entity=str(data["entity"]["id"]),
        currency=str(data["currency"]["id"]),
        total=_number(data["total"]),
        tax=_number(data.get("taxTotal") or 0),
        shipping_cost=None if cost is None else _number(cost),
        shipping_title=str((data.get("shipMethod") or {}).get("refName") or ""),
        po_number=str(data.get("otherRefNum") or ""),
        email=str(data.get("email") or ""),
        shipping_address=PostalLines.from_json(data.get("shippingAddress")),
        billing_address=PostalLines.from_json(data.get("billingAddress")),
        lines=tuple(_line(item) for item in (data.get("item") or {}).get("items", []) if _sells(item)),
    )


def _sells(item: Mapping[str, Any]) -> bool:
    is_telling = (item.get("itemType") or {}).get("id") in _TELLING
    return bool(item.get("item")) and not is_telling and not item.get("isClosed")


def _line(item: Mapping[str, Any]) -> EnteredLine:
    name = str(item["item"].get("refName") or item["item"]["id"])
    return EnteredLine(
        line=int(item["line"]),
        item=str(item["item"]["id"]),
        name=name,
        description=str(item.get("description") or name),
        quantity=_number(item.get("quantity") or 1),
        amount=_number(item.get("amount") or 0),
        is_goods=(item.get("itemType") or {}).get("id", "InvtPart") in _GOODS,
    )


def _number(value: Any) -> Decimal:
    """Quantities come as text in some answers."""
    return Decimal(str(value))
