"""The pure parts of ping: what the rules name, features, proposals, the tables that are declared, the order of probes."""

import inspect
import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Unavailable
from connector.flows.ping import features, rule_ids
from connector.flows.ping.examination import Examination, Found
from connector.flows.ping.proposals import Seen, proposal
from connector.flows.ping.report import Proposal, Report, Status, Verdict
from connector.flows.ping.table_probe import needed_by, stock_tables
from connector.mapping.customer_ownership import columns
from connector.mapping.rules import Rules
from connector.netsuite import stock_queries, suiteql, tables
from connector.netsuite.stock_queries import Span
from connector.netsuite.tables import (
    CURRENCY,
    LOCATION,
    NEEDED,
    PAYMENT_METHOD,
    SHIP_ITEM,
    SUBSIDIARY,
    Entry,
    Sight,
    Table,
)
from connector.shopify.shop import Location, Shop, Used
from tests import factories
from tests.clock import now

# Everything that NetSuite can own of a customer and that has a column.
OWNED = columns(("taxExempt", "companyName", "firstName", "lastName", "phone"))


def sight(table: Table, **names: str) -> Sight:
    """A list with these entries, `i1="Parent"`."""
    return Sight(table, entries={key[1:]: Entry(key[1:], name, True) for key, name in names.items()})


def shop(*currencies: str) -> Shop:
    """A shop that sells in these."""
    return Shop(1, "Acme", "acme.myshopify.com", currencies[0], currencies, "Basic", False, frozenset())


def _arguments(function: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Something of the right shape for each parameter of a query."""
    shapes = {str: "1", Sequence[str]: ["1"], tuple[str, str]: ("1", "1"), Span: Span()}
    return {
        name: names.get(name, shapes.get(parameter.annotation))
        for name, parameter in inspect.signature(function).parameters.items()
    }


def _queries() -> Iterator[str]:
    """The texts of all our queries, those about stock for both tables, with every further column."""
    names = {
        "field": "custbody_shop",
        "mark": "custbody_shop",
        "query": ("SELECT c.id FROM customer c", ()),
        "columns": OWNED,
    }
    for module in (suiteql, stock_queries):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or name == "placeholders" or function.__module__ != module.__name__:
                continue
            for table in stock_queries.TABLES:
                yield function(**_arguments(function, names | {"table": table}))[0]


def test_every_table_and_column_of_our_queries_is_declared_and_so_looked_at() -> None:
    rules = Rules.from_json(
        {"inventory": {"locations": {"1": ["2"]}}, "draft_orders": {"field": "custbody_shop"}},
    )
    declared: dict[str, set[str]] = {}
    for table in (*NEEDED, *needed_by(rules), *stock_tables(rules), tables.owned_of_customers(OWNED)):
        declared.setdefault(table.name, set()).update(table.columns)
    asked: dict[str, set[str]] = {}
    for text in _queries():
        for table_name, alias in re.findall(r"(?:FROM|JOIN) (\w+) (\w)\b", text):
            asked.setdefault(table_name, set()).update(re.findall(rf"\b{alias}\.(\w+)", text))
    assert asked
    assert asked == declared


def test_everything_the_rules_name_is_looked_up_but_netsuites_own_values() -> None:
    found = rule_ids.named(factories.rules(tax={"item": "911", "exempt_code": "-7"}, items={"variants": {"44": "7"}}))
    assert found[tables.ITEM] == {
        "rules.discount.item": "910",
        "rules.tax.item": "911",
        "rules.rounding.item": "912",
        "rules.items.variants.44": "7",
    }
    assert tables.TAX_CODE not in found
    assert found[PAYMENT_METHOD]["rules.payments.methods.gift_card.method"] == "9"


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([{"id": "SUBSIDIARIES", "isactive": "T"}], True),
        ([{"id": "subsidiaries", "isactive": "F"}], False),
        ([{"id": "12", "name": "OneWorld", "isactive": "T"}], True),
        ([{"id": "OTHER", "isactive": "T"}], None),
    ],
)
def test_a_feature_is_known_by_its_id_or_its_name(rows: list[dict[str, str]], state: bool | None) -> None:
    assert features.read(rows).get(features.ONE_WORLD) is state


def test_one_subsidiary_proves_nothing_and_two_prove_oneworld() -> None:
    assert features.ONE_WORLD not in features.inferred({SUBSIDIARY: sight(SUBSIDIARY, i1="Parent")})
    assert features.inferred({SUBSIDIARY: sight(SUBSIDIARY, i1="A", i2="B")})[features.ONE_WORLD]
    assert features.inferred({CURRENCY: Sight(CURRENCY, is_visible=False)}) == {}


@pytest.mark.parametrize(
    ("feature", "is_on", "rules", "sentence"),
    [
        (features.ONE_WORLD, True, {}, "OneWorld is on and rules.subsidiary is missing"),
        (features.ONE_WORLD, False, {"subsidiary": "1"}, "OneWorld is off and rules.subsidiary is 1"),
        (features.SUITE_TAX, False, {"tax": {"mode": "tax_details_override"}}, "SuiteTax is off"),
        (features.SUITE_TAX, True, {"tax": {"mode": "tax_code"}}, "SuiteTax is on"),
        (features.MULTI_LOCATION, True, {}, "Multi-Location Inventory is on and rules.location is missing"),
        (features.MULTI_LOCATION, False, {"location": "2"}, "Multi-Location Inventory is off"),
        (features.MULTI_CURRENCY, False, {"currencies": {"USD": "1", "EUR": "2"}}, "Multiple Currencies is off"),
        (features.MULTI_CURRENCY, True, {}, None),
        (features.ONE_WORLD, True, {"subsidiary": "1"}, None),
    ],
)
def test_a_feature_that_does_not_go_with_the_rules_is_named(
    feature: features.Feature, is_on: bool, rules: dict[str, Any], sentence: str | None
) -> None:
    wrong, doubtful = features.mismatches({feature: is_on}, Rules.from_json(rules), {})
    assert [text.startswith(sentence or "-") for text in wrong + doubtful] == ([True] if sentence else [])


def test_several_subsidiaries_are_choices_in_a_comment() -> None:
    made = proposal(Seen(None, None, None, {SUBSIDIARY: sight(SUBSIDIARY, i1="US", i2="EU")}), Rules(), name="us-store")
    assert '# subsidiary = "…"  # choose one: 1 US, 2 EU' in made.toml
    assert made.rules == {}


def test_what_the_rules_have_is_not_proposed() -> None:
    seen = Seen(
        shop("USD"),
        [Location("1", "Warehouse", True)],
        Used(("shopify_payments",), ("Standard",)),
        {table: sight(table, i7=name) for table, name in ((LOCATION, "Warehouse"), (CURRENCY, "USD"))},
    )
    assert proposal(seen, factories.rules(), name="us-store") == Proposal()


def test_an_inactive_entry_is_never_proposed() -> None:
    inactive = Sight(SUBSIDIARY, entries={"1": Entry("1", "Old", False), "2": Entry("2", "New", True)})
    made = proposal(Seen(None, None, None, {SUBSIDIARY: inactive}), Rules(), name="us-store")
    assert made.rules == {"subsidiary": "2"}


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(NAMES, NAMES, NAMES)
def test_whatever_things_are_called_the_proposal_is_toml_that_validates(used: str, entry: str, other: str) -> None:
    seen = Seen(
        shop("USD", "EUR"),
        [Location("1", other, True)],
        Used(tuple({used, entry}), tuple({used, entry})),
        {
            table: sight(table, i1=entry, i2=other)
            for table in (LOCATION, CURRENCY, PAYMENT_METHOD, SHIP_ITEM, SUBSIDIARY)
        },
    )
    made = proposal(seen, Rules(), name="us-store")
    read = tomllib.loads(made.toml).get("rules", {})
    Rules.from_json(read)
    assert {key: value for key, value in read.items() if value} == made.rules


def test_probes_that_cannot_be_tried_say_what_failed_first() -> None:
    def down() -> Found:
        raise Unavailable("the shop was not reached")

    asked = Examination()
    asked.look(("Shopify", "a"), down)
    asked.look(("Shopify", "b"), lambda: Found("fine"), needs=[("Shopify", "a")])
    asked.look(("Shopify", "c"), lambda: Found("fine"), needs=[("Shopify", "b")])
    asked.look(("Shopify", "d"), lambda: Found(str([][0])))
    asked.look(("Shopify", "e"), lambda: Found("fine", warnings=("look",)), before=("Shopify", "a"))
    found = [(probe.name, probe.status, probe.finding) for probe in asked.probes]
    assert found == [
        ("e", Status.WARNING, "fine"),
        ("a", Status.FAILED, "unavailable"),
        ("b", Status.SKIPPED, "not tried: Shopify a failed"),
        ("c", Status.SKIPPED, "not tried: Shopify a failed"),
        ("d", Status.FAILED, "unreadable answer"),
    ]
    report = Report("x", "s", "a", now(), tuple(asked.probes[:1]), Proposal())
    assert (report.verdict, report.is_ready) == (Verdict.WITH_WARNINGS, True)
