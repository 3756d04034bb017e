"""What one connection decided: the [rules] of its file, validated; every key has a documented default.

Wherever NetSuite's internal id is meant, a name may stand instead; it is looked up once. An unknown key is an error that
names it.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from connector.errors import ConfigError
from connector.mapping.rule_part import Part
from connector.mapping.rule_values import (
    NETSUITE_CUSTOMER_FIELDS,
    OWNED_CUSTOMER_FIELDS,
    OWNED_ORDER_FIELDS,
    AccountId,
    ClassId,
    CurrencyId,
    CustomerId,
    DepartmentId,
    ItemId,
    LocationId,
    Moment,
    NetSuiteCustomerField,
    OwnedCustomerField,
    OwnedOrderField,
    PaymentMethodId,
    ShippingItemId,
    SubsidiaryId,
    TaxCodeId,
    TaxTypeId,
    TermsId,
    TimeZone,
)
from connector.mapping.rules_adoption import AdoptionRules
from connector.mapping.rules_to_shopify import DraftOrderRules, InventoryRules, ScheduleRules, StatusRules


class TaxMode(StrEnum):
    """How Shopify's tax is written."""

    LINE_ITEM = "line_item"
    NETSUITE_COMPUTES = "netsuite_computes"
    TAX_CODE = "tax_code"
    TAX_DETAILS_OVERRIDE = "tax_details_override"


_WRITTEN = ("PAID", "PARTIALLY_PAID", "AUTHORIZED", "PARTIALLY_REFUNDED", "REFUNDED")


class OrderRules(Part):
    """Which orders are written and as what, in which of Shopify's two currencies, and what is written again on a change.

    `terms`: payment terms by Shopify's name. `owned_fields`: a field left out is written once and then a person's.
    """

    created_after: Moment | None = None
    include_test: bool = False
    financial_status: tuple[str, ...] = _WRITTEN
    accept_terms: bool = True
    currency: Literal["shop", "presentment"] = "shop"
    exchange_rate: Literal["netsuite", "shopify"] = "netsuite"
    note: Literal["memo", "none"] = "memo"
    department: DepartmentId | None = None
    class_: ClassId | None = Field(default=None, alias="class")
    order_id_field: str | None = None
    tags_field: str | None = None
    line_id_field: str | None = None
    terms: dict[str, TermsId] = {}
    cash_sale_sources: tuple[str, ...] = ()
    cash_sale_when_fulfilled: bool = False
    owned_fields: tuple[OwnedOrderField, ...] = OWNED_ORDER_FIELDS


class CustomerRules(Part):
    """Who an order belongs to, and what of a customer Shopify keeps up to date.

    `create`: every customer of the shop, or only who orders. `companies`: a business order belongs to its company.
    `netsuite_fields`: what NetSuite owns instead and Shopify is told.
    """

    default: CustomerId | None = None
    match_email: bool = True
    create: Literal["all", "with_order"] = "all"
    companies: bool = True
    owned_fields: tuple[OwnedCustomerField, ...] = OWNED_CUSTOMER_FIELDS
    netsuite_fields: tuple[NetSuiteCustomerField, ...] = NETSUITE_CUSTOMER_FIELDS

    @model_validator(mode="before")
    @classmethod
    def _leaves_the_rest(cls, data: Any) -> Any:
        """What only one side names is taken out of the other side's default."""
        if not isinstance(data, dict):
            return data
        owned, told = data.get("owned_fields"), data.get("netsuite_fields")
        if told is None and isinstance(owned, list | tuple):
            return {**data, "netsuite_fields": [name for name in NETSUITE_CUSTOMER_FIELDS if name not in owned]}
        if owned is None and isinstance(told, list | tuple):
            return {**data, "owned_fields": [name for name in OWNED_CUSTOMER_FIELDS if name not in told]}
        return data

    @model_validator(mode="after")
    def _has_one_owner(self) -> Self:
        both = [name for name in self.netsuite_fields if name in self.owned_fields]
        if both:
            raise ValueError(
                f"{', '.join(both)} stands in owned_fields and in netsuite_fields; a field has one owner: take it out of one"
            )
        return self


class ItemRules(Part):
    """Items for what Shopify sells without a SKU of ours.

    `variants` by Shopify's variant id, then `skus` by Shopify's SKU; both are looked at before the items' own names.
    """

    variants: dict[str, ItemId] = {}
    skus: dict[str, ItemId] = {}
    custom: ItemId | None = None
    gift_card: ItemId | None = None
    tip: ItemId | None = None
    duty: ItemId | None = None
    fee: ItemId | None = None


class DiscountRules(Part):
    """`line`: each discount as a line of `item` below its product; `net`: taken off the product's rate."""

    mode: Literal["line", "net"] = "line"
    item: ItemId | None = None


class TaxDetailCode(Part):
    """SuiteTax's two ids for one tax."""

    type: TaxTypeId
    code: TaxCodeId


class TaxRules(Part):
    """`exempt_code`: on every line in mode `line_item`; `codes`, `details`: keyed by the rate in per cent.

    `channel_item`: for tax that a marketplace pays to the state itself.
    """

    mode: TaxMode = TaxMode.LINE_ITEM
    item: ItemId | None = None
    channel_item: ItemId | None = None
    exempt_code: TaxCodeId | None = None
    codes: dict[str, TaxCodeId] = {}
    details: dict[str, TaxDetailCode] = {}


class RoundingRules(Part):
    """A difference up to `max` (in the order's currency) becomes a line of `item`; above it the order is held."""

    item: ItemId | None = None
    max: Decimal = Decimal("0.05")


class ShippingRules(Part):
    """Shipping item by the shipping line's code or title."""

    methods: dict[str, ShippingItemId] = {}
    default: ShippingItemId | None = None


class PaymentMethod(Part):
    """Payment method and bank account of one gateway; without an account the money is undeposited."""

    method: PaymentMethodId | None = None
    account: AccountId | None = None


class PaymentRules(Part):
    """Gateway name as Shopify spells it → where its money goes."""

    methods: dict[str, PaymentMethod] = {}


class FulfillmentRules(Part):
    """`source`: which side ships; the other one only listens, so that the two never feed each other.

    Of what NetSuite ships: `carriers` by NetSuite's carrier or method → the company as Shopify spells it;
    `notify_customer`: Shopify writes the buyer that a parcel is under way.
    """

    source: Literal["netsuite", "shopify"] = "netsuite"
    ship_status: Literal["A", "B", "C"] = "C"
    carriers: dict[str, str] = {}
    notify_customer: bool = True


class RefundRules(Part):
    """`adjustment_item`: for money that belongs to no line; `no_restock_item`: for goods that do not come back.

    `returns`: goods come back by the credit memo's own lines, or by a return authorisation, received when `receive`.
    """

    adjustment_item: ItemId | None = None
    no_restock_item: ItemId | None = None
    returns: Literal["credit_memo", "return_authorization"] = "credit_memo"
    receive: bool = True


class BookRules(Part):
    """`closed_period`: what falls into a closed accounting period is held, or dated today and says so in its memo."""

    closed_period: Literal["hold", "today"] = "hold"


class EventRules(Part):
    """The audit log: after `keep_days` the body and the headers of a delivery go, unless its record is still open."""

    keep_days: Annotated[int, Field(ge=1, le=3650)] = 90


class TotalRules(Part):
    """`batch`: NetSuite's own totals are read back, a thousand orders a call; `each`: one call after every order."""

    read_back: Literal["batch", "each"] = "batch"


class Rules(Part):
    """All settings of one connection. `locations`: Shopify's location, by id or name, → NetSuite's."""

    subsidiary: SubsidiaryId | None = None
    location: LocationId | None = None
    currencies: dict[str, CurrencyId] = {}
    time_zone: TimeZone = "UTC"
    orders: OrderRules = OrderRules()
    adoption: AdoptionRules = AdoptionRules()
    customer: CustomerRules = CustomerRules()
    items: ItemRules = ItemRules()
    discount: DiscountRules = DiscountRules()
    tax: TaxRules = TaxRules()
    rounding: RoundingRules = RoundingRules()
    shipping: ShippingRules = ShippingRules()
    payments: PaymentRules = PaymentRules()
    locations: dict[str, LocationId] = {}
    fulfillments: FulfillmentRules = FulfillmentRules()
    refunds: RefundRules = RefundRules()
    total: TotalRules = TotalRules()
    books: BookRules = BookRules()
    events: EventRules = EventRules()
    inventory: InventoryRules = InventoryRules()
    status: StatusRules = StatusRules()
    draft_orders: DraftOrderRules = DraftOrderRules()
    schedules: ScheduleRules = ScheduleRules()

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
