"""Rules that point into NetSuite's lists: which they are, what a name may mean, and what is said of a wrong one."""

import pytest

from connector.mapping.rule_names import (
    Entry,
    RuleReference,
    known_from_json,
    known_to_json,
    matching,
    problem,
    references,
    resolved,
    setting,
    unresolved,
)
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules
from tests import factories

MAIN = Entry("2", "Main Warehouse")
SHELF = Entry("3", "Main Warehouse : Shelf")
OLD_SHELF = Entry("4", "Shelf", is_inactive=True)


def location(value: str) -> RuleReference:
    return RuleReference(("location",), NetSuiteList.LOCATION, value)


def test_every_rule_that_takes_an_id_is_found_with_its_list() -> None:
    rules = factories.rules(
        orders={"class": "7", "terms": {"Net 30": "Net thirty"}},
        tax={"item": "911", "details": {"7.25": {"type": "3", "code": "CA"}}},
    )
    found = {item.setting: (item.list.value, item.value) for item in references(rules)}
    assert found["rules.location"] == ("location", "2")
    assert found["rules.orders.class"] == ("class", "7")
    assert found['rules.orders.terms."Net 30"'] == ("payment terms", "Net thirty")
    assert found['rules.tax.details."7.25".type'] == ("tax type", "3")
    assert found['rules.tax.details."7.25".code'] == ("tax code", "CA")
    assert found["rules.payments.methods.shopify_payments.account"] == ("account", "123")
    assert found["rules.shipping.methods.Standard"] == ("shipping item", "41")
    assert found["rules.customer.default"] == ("customer", "1400")


def test_names_are_replaced_by_ids_and_ids_stay() -> None:
    rules = factories.rules(location="Main Warehouse", locations={"81": "Shelf"})
    known = {NetSuiteList.LOCATION: {"Main Warehouse": MAIN, "Shelf": SHELF}}
    made = resolved(rules, known_from_json(known_to_json(known)))
    assert (made.location, made.locations, made.subsidiary) == ("2", {"81": "3"}, "1")
    assert unresolved(made) == []
    assert [item.setting for item in unresolved(rules)] == ["rules.location", "rules.locations.81"]


def test_names_in_a_list_are_found_by_their_place_and_replaced() -> None:
    rules = factories.rules(inventory={"locations": {"Main St": ["2", "Shelf"], "81": ["Main Warehouse"]}})
    known = {NetSuiteList.LOCATION: {"Main Warehouse": MAIN, "Shelf": SHELF}}
    found = {item.setting: item.value for item in references(rules) if "inventory" in item.setting}
    assert found == {
        'rules.inventory.locations."Main St".0': "2",
        'rules.inventory.locations."Main St".1': "Shelf",
        "rules.inventory.locations.81.0": "Main Warehouse",
    }
    assert resolved(rules, known).inventory.locations == {"Main St": ("2", "3"), "81": ("2",)}


@pytest.mark.parametrize(
    ("value", "entries", "ids"),
    [
        ("main warehouse", [MAIN, SHELF], ["2"]),
        ("Shelf", [MAIN, SHELF], ["3"]),
        # An entry that is called so as a whole comes before one below a parent, an active one before one that is not.
        ("Shelf", [SHELF, Entry("5", "Shelf")], ["5"]),
        ("Shelf", [OLD_SHELF, Entry("5", "Shelf")], ["5"]),
        ("Shelf", [OLD_SHELF], ["4"]),
        ("Twice", [Entry("6", "Twice"), Entry("7", "Twice")], ["6", "7"]),
        ("3", [MAIN, SHELF], ["3"]),
        ("name:2026", [Entry("9", "2026"), Entry("2026", "Other")], ["9"]),
        ("EUR", [Entry("4", "EUR"), Entry("4", "eur")], ["4"]),
        ("nothing", [MAIN], []),
    ],
)
def test_a_value_means_these_entries(value: str, entries: list[Entry], ids: list[str]) -> None:
    assert [entry.id for entry in matching(location(value), entries)] == ids


@pytest.mark.parametrize(
    ("value", "found", "sentence"),
    [
        ("Main Warehouse", [MAIN], None),
        ("Main Warehous", [], "NetSuite has no location named 'Main Warehous'; there is 'Main Warehouse'"),
        ("Moon", [], "NetSuite has no location named 'Moon'"),
        ("77", [], "NetSuite has no location with the id 77"),
        ("Shelf", [OLD_SHELF], "the location 4 (Shelf) is inactive in NetSuite"),
        (
            "Twice",
            [Entry("6", "A : Twice"), Entry("7", "B : Twice")],
            "NetSuite has 2 entries of the list location named 'Twice': say which by id: 6 (A : Twice), 7 (B : Twice)",
        ),
    ],
)
def test_a_wrong_value_is_said_with_its_candidates(value: str, found: list[Entry], sentence: str | None) -> None:
    assert problem(location(value), found, ["Main Warehouse", "Shelf"]) == sentence


def test_a_negative_id_is_a_value_of_netsuites_own() -> None:
    assert location("-7").is_system_value
    assert not location("7").is_system_value


@pytest.mark.parametrize(
    ("path", "text"), [(("tax", "item"), "rules.tax.item"), (("tax", "codes", "7.25"), 'rules.tax.codes."7.25"')]
)
def test_a_rule_is_named_as_toml_spells_it(path: tuple[str, ...], text: str) -> None:
    assert setting(path) == text


def test_an_empty_value_is_refused() -> None:
    with pytest.raises(Exception, match="is empty"):
        Rules.from_json({"location": " "})
