"""What an order consists of: lines and shipping charges, each with its discounts and taxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.shopify.money import MoneyBag
from connector.shopify.reading import Attribute, attributes, numeric, stripped

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax on a whole line, after discounts and before returns; where the channel is liable, it pays the tax."""

    title: str
    rate: Decimal | None
    price: MoneyBag
    is_channel_liable: bool

    @classmethod
    def from_json(cls, data: Json) -> "TaxLine":
        """From a TaxLine."""
        rate = data.get("rate")
        return cls(
            title=data["title"],
            rate=None if rate is None else Decimal(str(rate)),
            price=MoneyBag.from_json(data["priceSet"]),
            is_channel_liable=bool(data.get("channelLiable")),
        )


@dataclass(frozen=True, slots=True)
class Discount:
    """The share of one discount that falls on one line; `label` is its code or title."""

    label: str
    amount: MoneyBag


@dataclass(frozen=True, slots=True)
class Bundle:
    """What groups the lines of one bundle."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One order line. `price` is per unit and before discounts; with tax included it contains tax.

    `quantity` counts removed and refunded units too, `current_quantity` does not.
    """

    id: str
    title: str
    sku: str
    quantity: int
    current_quantity: int
    unfulfilled_quantity: int
    non_fulfillable_quantity: int
    is_gift_card: bool
    requires_shipping: bool
    is_taxable: bool
    variant_id: str | None
    product_id: str | None
    bundle: Bundle | None
    attributes: tuple[Attribute, ...]
    price: MoneyBag
    discounts: tuple[Discount, ...]
    taxes: tuple[TaxLine, ...]
    duties: tuple[MoneyBag, ...]

    @classmethod
    def from_json(cls, data: Json, labels: Mapping[int, str]) -> "Line":
        """From a LineItem; `labels` names the discount applications by index."""
        group = data.get("lineItemGroup")
        return cls(
            id=numeric(data["id"]),
            title=data.get("name") or data["title"],
            sku=stripped(data.get("sku")),
            quantity=data["quantity"],
            current_quantity=data["currentQuantity"],
            unfulfilled_quantity=data["unfulfilledQuantity"],
            non_fulfillable_quantity=data["nonFulfillableQuantity"],
            is_gift_card=data["isGiftCard"],
            requires_shipping=data["requiresShipping"],
            is_taxable=data["taxable"],
            variant_id=_legacy_id(data.get("variant")),
            product_id=_legacy_id(data.get("product")),
            bundle=None if group is None else Bundle(numeric(group["id"]), group["title"]),
            attributes=attributes(data["customAttributes"]),
            price=MoneyBag.from_json(data["originalUnitPriceSet"]),
            discounts=_discounts(data["discountAllocations"], labels),
            taxes=tax_lines(data["taxLines"]),
            duties=tuple(MoneyBag.from_json(item["price"]) for item in data.get("duties") or ()),
        )

    @property
    def is_custom(self) -> bool:
        """True for a line typed in by hand, a tip, or one whose variant was deleted."""
        return self.variant_id is None


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """One shipping charge: `price` after its discounts, `original_price` before."""

    id: str | None
    code: str
    title: str
    is_removed: bool
    price: MoneyBag
    original_price: MoneyBag
    discounts: tuple[Discount, ...]
    taxes: tuple[TaxLine, ...]

    @classmethod
    def from_json(cls, data: Json, labels: Mapping[int, str]) -> "ShippingLine":
        """From a ShippingLine; `labels` names the discount applications by index."""
        return cls(
            id=None if data.get("id") is None else numeric(data["id"]),
            code=data.get("code") or "",
            title=data.get("title") or "",
            is_removed=data["isRemoved"],
            price=MoneyBag.from_json(data["discountedPriceSet"]),
            original_price=MoneyBag.from_json(data["originalPriceSet"]),
            discounts=_discounts(data["discountAllocations"], labels),
            taxes=tax_lines(data["taxLines"]),
        )


def discount_labels(data: Json) -> dict[int, str]:
    """Code or title of each discount application of an order, by its index."""
    nodes = data["discountApplications"]["nodes"]
    return {node["index"]: node.get("code") or node.get("title") or "discount" for node in nodes}


def _discounts(data: Sequence[Json], labels: Mapping[int, str]) -> tuple[Discount, ...]:
    return tuple(
        Discount(
            labels.get(item["discountApplication"]["index"], "discount"),
            MoneyBag.from_json(item["allocatedAmountSet"]),
        )
        for item in data
    )


def tax_lines(data: Sequence[Json]) -> tuple[TaxLine, ...]:
    """From a list of TaxLine."""
    return tuple(TaxLine.from_json(item) for item in data)


def _legacy_id(data: Json | None) -> str | None:
    return None if data is None else str(data["legacyResourceId"])
