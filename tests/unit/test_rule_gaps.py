"""Which rules would release what waits, and the rules with them filled in."""

import pytest

from connector.errors import ConfigError
from connector.mapping.rule_gaps import filled, gaps
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
    assert [gap.setting for gap in gaps(subject, factories.rules(tax={"mode": "tax_details_override"}))] == settings


def test_a_tax_is_a_code_where_the_mode_says_so() -> None:
    (gap,) = gaps("tax:7.25", factories.rules(tax={"mode": "tax_code"}))
    assert gap.path == ("tax", "codes", "7.25")


def test_filled_rules_keep_everything_else() -> None:
    before = factories.rules()
    after = filled(before, {("payments", "methods", "paypal", "method"): "8", ("items", "skus", "MUG"): "812"})
    assert after.payments.methods["paypal"].method == "8"
    assert after.items.skus == {"MUG": "812"}
    assert after.payments.methods.keys() - before.payments.methods.keys() == {"paypal"}
    assert after.items.tip == before.items.tip


def test_a_value_that_cannot_stand_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"rules\.items\.tip"):
        filled(factories.rules(), {("items", "tip"): " "})
