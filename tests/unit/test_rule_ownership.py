"""A field of a customer has one owner."""

from typing import Any

import pytest

from connector.errors import ConfigError
from connector.mapping.rules import Rules


def test_by_default_netsuite_owns_tax_and_the_company_and_shopify_the_rest() -> None:
    rules = Rules.from_json({}).customer
    assert rules.netsuite_fields == ("taxExempt", "companyName")
    assert rules.owned_fields == ("firstName", "lastName", "email", "phone", "addresses")


@pytest.mark.parametrize(
    ("given", "owned", "told"),
    [
        ({"owned_fields": ["email", "companyName"]}, ("email", "companyName"), ("taxExempt",)),
        ({"netsuite_fields": ["email"]}, ("firstName", "lastName", "phone", "addresses"), ("email",)),
        ({"owned_fields": [], "netsuite_fields": []}, (), ()),
    ],
)
def test_what_one_side_names_is_no_default_of_the_other(
    given: dict[str, Any], owned: tuple[str, ...], told: tuple[str, ...]
) -> None:
    rules = Rules.from_json({"customer": given})
    assert (rules.customer.owned_fields, rules.customer.netsuite_fields) == (owned, told)
    assert Rules.from_json(rules.to_json()) == rules


def test_a_field_that_both_sides_own_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"rules\.customer: .*email stands in owned_fields and in netsuite_fields"):
        Rules.from_json({"customer": {"owned_fields": ["email"], "netsuite_fields": ["taxExempt", "email"]}})


@pytest.mark.parametrize(("rule", "name"), [("netsuite_fields", "addresses"), ("owned_fields", "taxExempt")])
def test_a_field_that_a_side_cannot_own_is_refused(rule: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} cannot be owned"):
        Rules.from_json({"customer": {rule: [name]}})
