"""Where every field we write comes from: one table for each NetSuite record. docs/mapping.md is made from these.

A source is a member of Shopify's record, spelled as its API does. In a rule `<…>` stands for the value that picks the key;
of several with `|` between them the first that is set counts, one with `?` only where that is said of the order or line.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_MONEY = "orders/currency"
_SHIPPING_RULES = "shipping/methods/<shipping>|shipping/default"
_ENTITY_RULES = "customer/companies?company|customer/match_email?person|customer/default"


@dataclass(frozen=True, slots=True)
class Field:
    """Fields that have one origin. `rules` are paths with `/`; `note` says what is done, or that a value never changes."""

    paths: tuple[str, ...]
    sources: tuple[str, ...]
    rules: tuple[str, ...]
    note: str
    example: str


def field(paths: str, sources: str = "", rules: str = "", note: str = "", example: str = "") -> Field:
    """One row; names are separated by blanks."""
    return Field(tuple(paths.split()), tuple(sources.split()), tuple(rules.split()), note, example)


def _postal(name_of_field: str, source: str) -> tuple[Field, ...]:
    """An address; empty parts are left out."""
    parts = (
        ("addressee", "company name", "the company, else the name", "Ada Example"),
        ("attention", "name", "where there is a company", "Ada Example"),
        ("addr1", "address1", "", "1 Example Street"),
        ("addr2", "address2", "", "Flat 2"),
        ("city", "city", "", "Springfield"),
        ("state", "provinceCode", "at most 30 letters", "IL"),
        ("zip", "zip", "", "62701"),
        ("country", "countryCodeV2", "", "US"),
        ("addrPhone", "phone", "digits only; left out where NetSuite would refuse it", "+15555550100"),
    )
    return tuple(
        field(
            f"{name_of_field}.{name}", " ".join(f"{source}.{part}" for part in of.split()), note=note, example=example
        )
        for name, of, note, example in parts
    )


_ORDER_HEAD = (
    field("tranDate", "order.processedAt", "time_zone", "the day in the books' zone", "2026-11-20"),
    field("otherRefNum", "order.poNumber order.name", note="the buyer's number, else the order's name", example="#1001"),
    field("memo", "order.name order.cancelReason order.note", "orders/note", "at most 999 letters", "Shopify #1001"),
    field("currency", "order.totalPriceSet", f"{_MONEY} currencies/<currency>", example="1"),
    field("toBeEmailed", note="always false: Shopify writes to the buyer", example="false"),
    field("subsidiary", rules="subsidiary", example="1"),
    field("location", rules="location", example="2"),
    field("department", rules="orders/department", example="21"),
    field("class", rules="orders/class", example="22"),
    field("email", "order.email", example="ada@example.com"),
    field("shipMethod", "order.shippingLines", _SHIPPING_RULES, "of the first shipping line", "41"),
    field("shippingCost", "order.shippingLines order.taxesIncluded", _MONEY, "all lines, after discounts, net", "5.00"),
    field(
        "exchangeRate", "order.totalPriceSet", f"orders/exchange_rate {_MONEY}",
        "the shop's total by the buyer's; left out where NetSuite's rate is used", "1.08695652",
    ),
    field("<orders/order_id_field>", "order.id", "orders/order_id_field", example="5001"),
    field("<orders/tags_field>", "order.tags", "orders/tags_field", example="gift, new"),
    field("taxDetailsOverride", rules="tax/mode", note="true in mode tax_details_override", example="true"),
    *_postal("shippingAddress", "order.shippingAddress"),
    *_postal("billingAddress", "order.billingAddress"),
)  # fmt: skip

_TO_THE_BANK = (
    field("paymentOption", "transaction.gateway", "payments/methods/<gateway>/method", example="8"),
    field("account", "transaction.gateway", "payments/methods/<gateway>/account", example="123"),
)
_UNDEPOSITED = field(
    "undepFunds", "transaction.gateway", "payments/methods/<gateway>/account", "T where no account is set", "T"
)

_GOODS_HEAD = (
    field("entity", "order.customer.id order.purchasingEntity.company.id", _ENTITY_RULES, "as on the order", "1456"),
    field("tranDate", "refund.processedAt", "time_zone", "the day in the books' zone", "2026-11-24"),
    field("currency", "order.totalPriceSet", f"{_MONEY} currencies/<currency>", example="1"),
    field("otherRefNum", "order.name", example="#1001"),
    field("memo", "order.name refund.id", example="Shopify #1001 refund 77001"),
    field("subsidiary", rules="subsidiary", example="1"),
    field("location", rules="location", example="2"),
)
_GOODS_FREIGHT = (
    field("taxDetailsOverride", rules="tax/mode", note="true in mode tax_details_override", example="true"),
    field("shipMethod", "order.shippingLines", _SHIPPING_RULES, "where shipping was given back", "41"),
    field("shippingCost", "refund.refundShippingLines order.taxesIncluded", _MONEY, "net", "5.00"),
)

RECORDS: Mapping[str, tuple[Field, ...]] = {
    "customer": (
        field("externalId", "shop.id order.customer.id", example="SHOPIFY-548380009-CUST-7012"),
        field("isPerson", note="always true", example="true"),
        field("firstName", "order.customer.firstName", "customer/owned_fields", "where there is a last name", "Ada"),
        field(
            "lastName", "order.customer.lastName order.customer.firstName address.name order.customer.id",
            "customer/owned_fields", "the first that is there", "Example",
        ),
        field(
            "email", "order.customer.defaultEmailAddress", "customer/owned_fields customer/match_email",
            example="ada@example.com",
        ),
        field(
            "phone", "order.customer.defaultPhoneNumber address.phone", "customer/owned_fields",
            "digits only; left out where NetSuite would refuse it", "+15555550100",
        ),
        field(
            "taxable", "order.customer.taxExempt", "customer/netsuite_fields",
            "false for who pays no tax, said once; otherwise left out", "false",
        ),
        field("subsidiary", rules="subsidiary", example="1"),
        field("currency", "order.totalPriceSet", f"{_MONEY} currencies/<currency>", example="1"),
        field("addressBook.items[].defaultBilling addressBook.items[].defaultShipping", note="always true", example="true"),
        *_postal("addressBook.items[].addressBookAddress", "address"),
    ),
    "company": (
        field(
            "externalId", "shop.id order.purchasingEntity.company.id", "customer/companies",
            example="SHOPIFY-548380009-COMPANY-501",
        ),
        field("isPerson", note="always false", example="false"),
        field("companyName", "order.purchasingEntity.company.name", "customer/owned_fields", example="Example Ltd"),
        field(
            "taxable", "order.purchasingEntity.location.taxSettings.taxExempt", "customer/netsuite_fields",
            "false for who pays no tax, said once; otherwise left out", "false",
        ),
        field("subsidiary", rules="subsidiary", example="1"),
        field("currency", "order.totalPriceSet", f"{_MONEY} currencies/<currency>", example="1"),
        field("addressBook.items[].defaultBilling addressBook.items[].defaultShipping", note="always true", example="true"),
        *_postal("addressBook.items[].addressBookAddress", "address"),
    ),
    "contact": (
        field("externalId", "shop.id order.customer.id", example="SHOPIFY-548380009-CONTACT-7012"),
        field("company", "order.purchasingEntity.company.id", "customer/companies", example="1457"),
        field("firstName", "order.customer.firstName", example="Ada"),
        field(
            "lastName", "order.customer.lastName order.customer.defaultEmailAddress order.customer.id",
            note="the first that is there", example="Example",
        ),
        field("email", "order.customer.defaultEmailAddress", example="ada@example.com"),
        field("phone", "order.customer.defaultPhoneNumber", note="digits only", example="+15555550100"),
        field("subsidiary", rules="subsidiary", example="1"),
    ),
    "sales order": (
        field("externalId", "shop.id order.id", example="SHOPIFY-548380009-ORDER-5001"),
        field("entity", "order.customer.id order.purchasingEntity.company.id", _ENTITY_RULES, example="1456"),
        field("orderStatus", note="always B, pending fulfilment", example="B"),
        field("terms", "order.paymentTerms.paymentTermsName", "orders/terms/<terms>", example="5"),
        *_ORDER_HEAD,
    ),
    "cash sale": (
        field(
            "externalId", "shop.id order.id order.sourceName order.displayFulfillmentStatus",
            "orders/cash_sale_sources orders/cash_sale_when_fulfilled", "in place of a sales order",
            "SHOPIFY-548380009-SALE-5001",
        ),
        field("entity", "order.customer.id order.purchasingEntity.company.id", _ENTITY_RULES, example="1400"),
        *_ORDER_HEAD,
        *_TO_THE_BANK,
        _UNDEPOSITED,
    ),
    "customer deposit": (
        field("externalId", "shop.id transaction.id", example="SHOPIFY-548380009-TXN-88001"),
        field("customer", "order.customer.id order.purchasingEntity.company.id", _ENTITY_RULES, "as on the order", "1456"),
        field("salesOrder", "order.id", note="the sales order of this order", example="20011"),
        field("payment", "transaction.amountSet", _MONEY, "less the change given", "25.00"),
        field("currency", "transaction.amountSet", f"{_MONEY} currencies/<currency>", example="1"),
        field("tranDate", "transaction.processedAt", "time_zone", "the day in the books' zone", "2026-11-20"),
        field("memo", "order.name transaction.kind transaction.id", example="Shopify #1001 sale 88001"),
        *_TO_THE_BANK,
        _UNDEPOSITED,
    ),
    "item fulfillment": (
        field("externalId", "shop.id fulfillment.id", "fulfillments/source", example="SHOPIFY-548380009-FUL-66001"),
        field("tranDate", "fulfillment.createdAt", "time_zone", "the day in the books' zone", "2026-11-21"),
        field("shipStatus", rules="fulfillments/ship_status", example="C"),
        field("memo", "fulfillment.name", example="Shopify #1001-F1"),
    ),
    "customer refund": (
        field("externalId", "shop.id transaction.id", example="SHOPIFY-548380009-RFND-88142"),
        field("customer", "order.customer.id order.purchasingEntity.company.id", _ENTITY_RULES, "as on the order", "1456"),
        field("tranDate", "refund.processedAt", "time_zone", "the day in the books' zone", "2026-11-24"),
        field("currency", "order.totalPriceSet", f"{_MONEY} currencies/<currency>", example="1"),
        field("memo", "order.name refund.id", example="Shopify #1001 refund 77001"),
        *_TO_THE_BANK,
    ),
    "credit memo": (
        field("externalId", "shop.id refund.id", example="SHOPIFY-548380009-CM-77001"),
        *_GOODS_HEAD,
        *_GOODS_FREIGHT,
        field("autoApply", note="always false: the money goes back by a customer refund", example="false"),
    ),
    "cash refund": (
        field("externalId", "shop.id refund.id", example="SHOPIFY-548380009-CR-77001"),
        *_GOODS_HEAD,
        *_GOODS_FREIGHT,
        field("refundCheck", note="always false: Shopify has paid already", example="false"),
        *_TO_THE_BANK,
    ),
    "return authorization": (
        field("externalId", "shop.id refund.id", "refunds/returns", example="SHOPIFY-548380009-RMA-77001"),
        *_GOODS_HEAD,
        field("orderStatus", note="always B, pending receipt", example="B"),
        field("createdFrom", "order.id", note="the invoice, or the sales order before it is billed", example="20011"),
    ),
    "item receipt": (
        field("externalId", "shop.id refund.id", "refunds/receive", example="SHOPIFY-548380009-RCPT-77001"),
        field("tranDate", "refund.processedAt", "time_zone", "the day in the books' zone", "2026-11-24"),
        field("memo", "order.name refund.id", example="Shopify #1001 refund 77001"),
    ),
}  # fmt: skip
