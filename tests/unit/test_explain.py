"""Every field of everything we write is explained: by a source value, a rule, or a note that it never changes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.flows.explaining import explanations
from connector.flows.rehearsal import Stage, rehearsed
from connector.mapping.example_orders import examples
from connector.mapping.explain import Explanation
from connector.mapping.explain_lines import ITEM_LINES, LISTS
from connector.mapping.explain_tables import RECORDS, Field
from connector.mapping.rules import Rules
from connector.netsuite.writes import Create
from connector.shopify.records import Order
from connector.store.billing import CASH_SALE, INVOICE, BillingDocument
from tests.full_rules import full_rules

SHOP_ID = 548380009
EXAMPLES = {example.name: example.order for example in examples()}
BILLED = {
    "not billed": (),
    "invoiced": (BillingDocument(20500, INVOICE, 20011, "A", Decimal("47.00")),),
    "sold for cash": (BillingDocument(20501, CASH_SALE, 20011, "A", Decimal("47.00")),),
}
RULES = {
    "as lines": full_rules(),
    "returns by authorisation": full_rules(
        refunds={"adjustment_item": "914", "no_restock_item": "915", "returns": "return_authorization"}
    ),
    "tax by SuiteTax": full_rules(
        tax={
            "mode": "tax_details_override",
            "details": {
                rate: {"type": "3", "code": "7"} for rate in ("5", "6", "2", "8", "10", "20")
            },
        }
    ),
    "tax by codes": full_rules(
        tax={"mode": "tax_code", "codes": dict.fromkeys(("0", "5", "8", "10", "20"), "7")},
    ),
    "in the buyer's currency": full_rules(
        orders={"currency": "presentment", "exchange_rate": "shopify", "cash_sale_sources": ["pos"], "terms": {"Net 30": "5"}}
    ),
    "cash sales": full_rules(
        orders={"cash_sale_when_fulfilled": True, "cash_sale_sources": ["web", "pos"], "terms": {"Net 30": "5"}}
    ),
}  # fmt: skip


def explained(order: Order, rules: Rules, billed: str) -> dict[str, list[Explanation]]:
    """Everything that is written of an order, explained."""
    stage = Stage(SHOP_ID, billing=BILLED[billed], carried=() if BILLED[billed] else None)
    return explanations(order, rules, stage, rehearsed(order, rules, stage))


def written(
    key: str, *, rules: Rules | None = None, name: str = "partial_refund", billed: str = "not billed"
) -> dict[str, Explanation]:
    """The explanations of one record, by field."""
    found = explained(EXAMPLES[name], rules or full_rules(), billed)
    (record,) = [items for external_id, items in found.items() if f"-{key}-" in external_id]
    return {item.field: item for item in record}


@pytest.mark.parametrize("billed", sorted(BILLED))
@pytest.mark.parametrize("rules", sorted(RULES))
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_field_of_every_body_is_explained(name: str, rules: str, billed: str) -> None:
    for key, items in explained(EXAMPLES[name], RULES[rules], billed).items():
        assert items
        for item in items:
            assert item.is_known, f"{key}: {item.field}"
            assert item.source or item.rule or item.note, f"{key}: {item.field} has no source, no rule, no note"


def test_together_the_examples_write_every_kind_of_record() -> None:
    kinds = {
        effect.intent.kind.value.replace("_", " ")
        for rules in RULES.values()
        for billed in BILLED.values()
        for order in EXAMPLES.values()
        for effect in rehearsed(order, rules, Stage(SHOP_ID, billing=billed, carried=() if billed else None)).effects
    }
    assert kinds | {"company"} == set(RECORDS)


@pytest.mark.parametrize(
    ("key", "field", "value", "source", "rule"),
    [
        ("ORDER", "tranDate", "2026-11-20", "order.processedAt 2026-11-20T10:00:00Z", "rules.time_zone = America/New_York"),
        ("ORDER", "currency", "1", "order.totalPriceSet 47.00 USD", "rules.orders.currency = shop; rules.currencies.USD = 1"),
        ("ORDER", "shipMethod", "41", "order.shippingLines Standard 5.00", "rules.shipping.methods.Standard = 41"),
        ("ORDER", "shippingAddress.country", "US", "order.shippingAddress.countryCodeV2 US", ""),
        ("ORDER", "custbody_shopify_id", "9014", "order.id 9014", "rules.orders.order_id_field = custbody_shopify_id"),
        ("ORDER", "item.items[0].quantity", "2", "order.lineItems[14001].quantity 2; refunds 77001 1 RETURN", ""),
        ("ORDER", "item.items[0].taxCode", "-7", "", "rules.tax.mode = line_item; rules.tax.exempt_code = -7"),
        ("ORDER", "item.items[2].item", "911", "", "rules.tax.item = 911"),
        ("ORDER", "item.items[1].amount", "-1.00", "refund.orderAdjustments -1.00 USD", "rules.orders.currency = shop"),
        ("TXN", "payment", "47.00", "order.transactions[88141].amountSet 47.00 USD", "rules.orders.currency = shop"),
        (
            "TXN", "account", "123", "order.transactions[88141].gateway shopify_payments",
            "rules.payments.methods.shopify_payments.account = 123",
        ),
        ("FUL", "item.items[0].location", "3", "order.fulfillments[66001].location 81", "rules.locations.81 = 3"),
        ("ORDER", "entity", "SHOPIFY-548380009-CUST-7012", "order.customer.id 7012", "rules.customer.match_email = true"),
        ("FUL", "package.items[0].packageTrackingNumber", "1Z999", "order.fulfillments[66001].trackingInfo.number 1Z999", ""),
        (
            "RFND", "deposit.items[0].amount", "22.00",
            "order.transactions[88142].amountSet 22.00 USD; order.transactions[88141].amountSet 47.00 USD",
            "rules.orders.currency = shop",
        ),
        ("CUST", "addressBook.items[0].addressBookAddress.city", "Springfield", "order.billingAddress.city Springfield", ""),
    ],
)  # fmt: skip
def test_a_field_is_explained_by_its_value_and_rule(key: str, field: str, value: str, source: str, rule: str) -> None:
    item = written(key)[field]
    assert (item.value, item.source, item.rule) == (value, source, rule)


def test_a_credit_memo_names_the_refunded_line() -> None:
    memo = written("CM", billed="invoiced")
    assert memo["item.items[0].quantity"].source == "order.refunds[77001].refundLineItems[14001].quantity 1"
    assert memo["item.items[1].item"].rule == "rules.tax.item = 911"
    assert memo["item.items[2].description"].note == "Adjustment"


def test_a_discount_is_named() -> None:
    order = written("ORDER", name="discounts")
    assert order["item.items[1].description"].source == "order.lineItems[14001].discountAllocations.label WELCOME5"
    assert order["item.items[1].item"].rule == "rules.discount.item = 910; rules.discount.mode = line"


def test_a_field_that_no_table_has_is_told() -> None:
    order = replace(EXAMPLES["simple"], tags=("x",))
    rules = full_rules()
    stage = Stage(SHOP_ID)
    made = rehearsed(order, rules, stage)
    effect = made.effects[1]
    write = Create("salesOrder", {**(effect.write.body or {}), "brandNew": 1})
    changed = replace(made, effects=(replace(effect, write=write),))
    (items,) = explanations(order, rules, stage, changed).values()
    assert [item.field for item in items if not item.is_known] == ["brandNew"]


def every_row() -> list[Field]:
    tables = (*RECORDS.values(), *ITEM_LINES.values(), *LISTS.values())
    return [row for table in tables for row in table]


def test_every_rule_the_tables_name_exists() -> None:
    defaults = Rules().to_json()
    for rule in sorted({rule for row in every_row() for rule in row.rules}):
        for alternative in rule.split("|"):
            value: object = defaults
            for part in alternative.partition("?")[0].partition("/<")[0].split("/"):
                assert isinstance(value, dict)
                assert part in value, rule
                value = value[part]


def test_only_the_rule_that_decided_is_named() -> None:
    assert written("SALE", name="point_of_sale")["entity"].rule == "rules.customer.default = 1400"
    assert written("ORDER", name="gift_card_sold")["item.items[0].item"].rule == "rules.items.gift_card = 902"
    assert written("ORDER", name="custom_line")["item.items[0].item"].rule == "rules.items.custom = 901"
    assert written("ORDER", name="simple")["item.items[0].item"].rule == ""
    by_variant = full_rules(items={"variants": {"9001": "77"}})
    item = written("ORDER", name="simple", rules=by_variant)["item.items[0].item"]
    assert (item.value, item.rule) == ("77", "rules.items.variants.9001 = 77")
    by_sku = full_rules(items={"skus": {"MUG-RED": "78"}})
    item = written("ORDER", name="simple", rules=by_sku)["item.items[0].item"]
    assert (item.value, item.rule) == ("78", "rules.items.skus.MUG-RED = 78")
