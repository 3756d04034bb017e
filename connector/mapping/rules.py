"""What one connection decided: the [rules] of its file, validated; every key has a documented default.

Ids are NetSuite internal ids, written as text. An unknown key is an error that names it.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from connector.errors import ConfigError

InternalId = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name} is not a time zone of the IANA list") from error
    return name


class TaxMode(StrEnum):
    """How Shopify's tax is written."""

    LINE_ITEM = "line_item"
    NETSUITE_COMPUTES = "netsuite_computes"
    TAX_CODE = "tax_code"
    TAX_DETAILS_OVERRIDE = "tax_details_override"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderRules(_Part):
    """Which orders are written, and in which of Shopify's two currencies."""

    created_after: datetime | None = None
    include_test: bool = False
    financial_status: tuple[str, ...] = ("PAID", "PARTIALLY_PAID", "AUTHORIZED", "PARTIALLY_REFUNDED")
    currency: Literal["shop", "presentment"] = "shop"
    department: InternalId | None = None
    class_: InternalId | None = Field(default=None, alias="class")
    order_id_field: str | None = None


class CustomerRules(_Part):
    """Who an order belongs to."""

    default: InternalId | None = None
    match_email: bool = True


class ItemRules(_Part):
    """Items for what Shopify sells without a SKU of ours; `variants` by Shopify's variant id, before the SKU is looked at."""

    variants: dict[str, InternalId] = {}
    custom: InternalId | None = None
    gift_card: InternalId | None = None
    tip: InternalId | None = None
    duty: InternalId | None = None
    fee: InternalId | None = None


class DiscountRules(_Part):
    """`line`: each discount as a line of `item` below its product; `net`: taken off the product's rate."""

    mode: Literal["line", "net"] = "line"
    item: InternalId | None = None


class TaxDetailCode(_Part):
    """SuiteTax's two ids for one tax."""

    type: InternalId
    code: InternalId


class TaxRules(_Part):
    """`exempt_code`: on every line in mode `line_item`; `codes`, `details`: keyed by the rate in per cent."""

    mode: TaxMode = TaxMode.LINE_ITEM
    item: InternalId | None = None
    exempt_code: InternalId | None = None
    codes: dict[str, InternalId] = {}
    details: dict[str, TaxDetailCode] = {}


class RoundingRules(_Part):
    """A difference up to `max` (in the order's currency) becomes a line of `item`; above it the order is held."""

    item: InternalId | None = None
    max: Decimal = Decimal("0.05")


class ShippingRules(_Part):
    """Shipping item by the shipping line's code or title."""

    methods: dict[str, InternalId] = {}
    default: InternalId | None = None


class PaymentMethod(_Part):
    """Payment method and bank account of one gateway; without an account the money is undeposited."""

    method: InternalId | None = None
    account: InternalId | None = None


class PaymentRules(_Part):
    """Gateway name as Shopify spells it → where its money goes."""

    methods: dict[str, PaymentMethod] = {}


class TotalRules(_Part):
    """`batch`: NetSuite's own totals are read back, a thousand orders a call; `each`: one call after every order."""

    read_back: Literal["batch", "each"] = "batch"


class Rules(_Part):
    """All settings of one connection."""

    subsidiary: InternalId | None = None
    location: InternalId | None = None
    currencies: dict[str, InternalId] = {}
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    orders: OrderRules = OrderRules()
    customer: CustomerRules = CustomerRules()
    items: ItemRules = ItemRules()
    discount: DiscountRules = DiscountRules()
    tax: TaxRules = TaxRules()
    rounding: RoundingRules = RoundingRules()
    shipping: ShippingRules = ShippingRules()
    payments: PaymentRules = PaymentRules()
    total: TotalRules = TotalRules()

    @classmethod
    def from_json(cls, data: Any) -> "Rules":
        """Validated rules. Raises ConfigError naming each setting that is wrong."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            problems = "; ".join(
                f"rules.{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
            )
            raise ConfigError(problems) from error

    def to_json(self) -> dict[str, Any]:
        """The same rules as stored."""
        return self.model_dump(mode="json", by_alias=True)
