"""What rules make of the examples, and how a difference between two sets of rules is told."""

import pytest

from connector.flows.rehearsal import Stage, compared, rehearsed
from connector.mapping.differences import Difference, differences
from connector.mapping.example_orders import examples
from connector.mapping.rules import Rules
from tests import factories
from tests.full_rules import full_rules

EXAMPLES = {example.name: example.order for example in examples()}

# What each example becomes, in this order.
MADE = {
    "business_terms": ["customer", "contact", "sales_order"],
    "cancelled": [],
    "gift_card_used": ["customer", "sales_order", "customer_deposit", "customer_deposit"],
    "partial_refund": ["customer", "sales_order", "customer_deposit", "customer_refund", "item_fulfillment"],
    "point_of_sale": ["cash_sale"],
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_written_whole_to_the_cent(name: str) -> None:
    made = rehearsed(EXAMPLES[name], full_rules(), Stage(1))
    assert made.stopped is None or name == "cancelled"
    kinds = [effect.intent.kind.value for effect in made.effects]
    assert kinds == MADE.get(name, ["customer", "sales_order", "customer_deposit"])


def test_there_is_an_example_for_every_way_an_order_can_be() -> None:
    assert len(EXAMPLES) >= 12


def test_an_order_that_stops_says_why_and_the_comparison_calls_it_worse() -> None:
    order = EXAMPLES["tip"]
    before = rehearsed(order, full_rules(), Stage(1))
    after = rehearsed(order, full_rules(items={"custom": "901"}), Stage(1))
    found = compared(before, after)
    assert (found.before, found.is_worse, found.is_changed) == ("written", True, True)
    assert "set rules.items.tip" in found.after
    assert not compared(after, before).is_worse


def test_a_record_that_one_side_alone_has_is_told() -> None:
    order = EXAMPLES["point_of_sale"]
    as_order = rehearsed(order, full_rules(orders={}), Stage(1))
    as_sale = rehearsed(order, full_rules(), Stage(1))
    told = {(change.kind.value, change.is_new, change.is_gone) for change in compared(as_order, as_sale).records}
    assert told == {
        ("sales_order", False, True),
        ("customer_deposit", False, True),
        ("cash_sale", True, False),
    }


def test_the_same_rules_change_nothing() -> None:
    for order in EXAMPLES.values():
        both = [rehearsed(order, full_rules(), Stage(1)) for _ in range(2)]
        assert not compared(*both).is_changed


def test_without_any_rule_an_example_is_held_by_name() -> None:
    stopped = rehearsed(EXAMPLES["simple"], Rules(), Stage(1)).stopped
    assert stopped is not None
    assert "set rules.currencies.USD" in stopped


def test_differences_are_leaves_with_their_paths() -> None:
    before = {"a": {"id": "1"}, "b": [{"c": True}], "texts": ["x", "y"], "same": 1, "e": None, "Std (5)": 1}
    after = {"a": {"id": "2"}, "b": [{"c": True}, {"c": 2}], "texts": ["x"], "same": 1, "Std (5)": 2}
    assert differences(before, after) == [
        Difference("a", "1", "2"),
        Difference("texts", "x, y", "x"),
        Difference('"Std (5)"', "1", "2"),
        Difference("b[1].c", None, "2"),
    ]


def test_an_item_that_is_not_known_is_named_in_its_place() -> None:
    made = rehearsed(EXAMPLES["simple"], factories.rules(), Stage(1))
    body = made.effects[1].write.body
    assert body is not None
    assert body["item"]["items"][0]["item"] == {"id": "item MUG-RED"}
