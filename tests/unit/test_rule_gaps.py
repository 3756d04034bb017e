"""Which rules would release what waits, and the rules with them filled in."""

import pytest

from connector.errors import ConfigError
from connector.mapping.rule_gaps import filled, gaps
from connector.mapping.rule_tables import entry_of, present
from tests import factories


@pytest.mark.parametrize(
    ("subject", "settings"),
    [
        ("sku:MUG 1", ['rules.items.skus."MUG 1"']),
        ("variant:44", ["rules.items.variants.44"]),
        ("gateway:paypal", ["rules.payments.methods.paypal.method", "rules.payments.methods.paypal.account"]),
        ("gateway:gift_card", ["rules.payments.methods.gift_card.account"]),
        ("shipping:Express: fast", ['rules.shipping.methods."Express: fast"']),
        ("currency:CHF", ["rules.currencies.CHF"]),
        ("terms:Net 30", ['rules.orders.terms."Net 30"']),
        ("shopify-location:Main street", ['rules.locations."Main street"']),
        ("stock-location:Backroom", ["rules.inventory.locations.Backroom"]),
        ("stock-location:Elsewhere", []),
        ("rule:items.tip", ["rules.items.tip"]),
        ('rule:shipping.methods."Next day"', ['rules.shipping.methods."Next day"']),
        ("tax:7.25", ['rules.tax.details."7.25".type', 'rules.tax.details."7.25".code']),
        ("rule:books.closed_period", []),
        ("rule:no.such", []),
        ("customer:7", []),
        ("order:exchange", []),
        ("connection", []),
        ("", []),
    ],
)
def test_a_subject_names_the_rules_that_release_it(subject: str, settings: list[str]) -> None:
    rules = factories.rules(tax={"mode": "tax_details_override"}, inventory={"locations": {"Backroom": ["2"]}})
    assert [gap.setting for gap in gaps(subject, rules)] == settings


def test_a_tax_is_a_code_where_the_mode_says_so() -> None:
    (gap,) = gaps("tax:7.25", factories.rules(tax={"mode": "tax_code"}))
    assert gap.path == ("tax", "codes", "7.25")


def test_filled_rules_keep_everything_else() -> None:
    before = factories.rules()
    (method, _), (sku,) = gaps("gateway:paypal", before), gaps("sku:MUG", before)
    after = filled(before, {method: "8", sku: "812"})
    assert after.payments.methods["paypal"].method == "8"
    assert after.items.skus == {"MUG": "812"}
    assert after.payments.methods.keys() - before.payments.methods.keys() == {"paypal"}
    assert after.items.tip == before.items.tip


def test_a_value_that_cannot_stand_there_is_refused() -> None:
    (tip,) = gaps("rule:items.tip", factories.rules())
    with pytest.raises(ConfigError, match=r"rules\.items\.tip"):
        filled(factories.rules(), {tip: " "})


def test_an_empty_value_takes_an_entry_out_with_all_its_parts() -> None:
    before = filled(factories.rules(), dict.fromkeys(entry_of("gateways", "paypal"), "8"))
    after = filled(before, dict.fromkeys(entry_of("gateways", "paypal"), ""))
    assert after == factories.rules()
    assert filled(before, dict.fromkeys(entry_of("skus", "MUG"), "")).items.skus == {}


def test_a_location_that_is_none_of_the_shop_is_named_anew_and_keeps_its_place() -> None:
    before = factories.rules(inventory={"locations": {"Backroom": ["2", "3"], "Main": ["4"]}})
    (gap,) = gaps("stock-location:Backroom", before)
    assert gap.wants == "Shopify location"
    assert list(filled(before, {gap: "77"}).inventory.locations.items()) == [("77", ("2", "3")), ("Main", ("4",))]
    with pytest.raises(ConfigError, match="Main has an entry of its own"):
        filled(before, {gap: "Main"})


def test_stock_is_sold_from_several_locations_with_commas_between() -> None:
    (gap,) = entry_of("stock", "Main")
    after = filled(factories.rules(), {gap: "2, Shelf : Back ,"})
    assert after.inventory.locations == {"Main": ("2", "Shelf : Back")}
    assert present(after.to_json(), gap) == "2, Shelf : Back"


def test_a_table_there_is_none_of_is_refused() -> None:
    with pytest.raises(ConfigError, match="no table colours; there are gateways"):
        entry_of("colours", "red")
    with pytest.raises(ConfigError, match="say which sku in shopify is meant"):
        entry_of("skus", "")
