"""Ping beside the rules: ids, features, concurrency, what recent orders used, and what it proposes."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.flows.ping.report import Status, Verdict
from connector.mapping.rules import Rules
from tests import factories
from tests.payloads import payment, rest_order
from tests.pings import change, pinged, probe, unwritten_world
from tests.world import World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A connection that lacks nothing, and to which nothing is written."""
    with unwritten_world(database, redis_url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ship_items": [{"id": "41", "name": "Standard", "isinactive": "T"}]},
         'rules.shipping.methods.Standard is 41 (Standard), which is inactive'),
        ({"payment_methods": [{"id": "8", "name": "Card"}]},
         'rules.payments.methods.gift_card.method is 9, which is not in NetSuite\'s paymentmethod list'),
        ({"accounts": []}, 'rules.payments.methods.shopify_payments.account is 123, which is not in'),
        ({"locations": [{"id": "3", "name": "Other"}]}, "rules.location is 2, which is not in"),
        ({"subsidiaries": [{"id": "1", "name": "Parent", "isinactive": "T"}, {"id": "2", "name": "B"}]},
         "rules.subsidiary is 1 (Parent), which is inactive"),
        ({"currencies": [{"id": "1", "symbol": "EUR"}, {"id": "2", "symbol": "GBP"}, {"id": "4", "symbol": "EUR"},
                         {"id": "5", "symbol": "JPY"}]},
         "rules.currencies.USD is 1, which is EUR in NetSuite"),
    ],
)  # fmt: skip
def test_an_id_of_the_rules_that_cannot_be_used_is_named(world: World, settings: dict[str, Any], sentence: str) -> None:
    world.account.change(settings)
    report = pinged(world)
    assert any(text.startswith(sentence) for text in probe(report, "NetSuite", "ids in the rules").sentences)
    assert report.verdict is Verdict.NOT_READY


def test_items_customers_departments_classes_and_tax_codes_of_the_rules_are_looked_up(world: World) -> None:
    world.account.add_items([{"id": "911", "itemid": "Tax", "isinactive": "T"}])
    world.account.add_customers([{"id": "1400", "isinactive": "T"}])
    rules = factories.rules_json(
        orders={"department": "5", "class": "3"},
        rounding={"item": "999"},
        tax={"item": "911", "exempt_code": "-7", "codes": {"7.25": "77"}},
    )
    change(world, rules=rules)
    sentences = probe(pinged(world), "NetSuite", "ids in the rules").sentences
    assert [text.partition(", ")[0] for text in sentences] == [
        "rules.orders.department is 5",
        "rules.orders.class is 3",
        "rules.customer.default is 1400",
        "rules.tax.item is 911 (Tax)",
        "rules.rounding.item is 999",
        'rules.tax.codes."7.25" is 77',
    ]


def test_features_are_compared_with_the_rules(world: World) -> None:
    without = {name: value for name, value in factories.rules_json().items() if name not in ("subsidiary", "location")}
    change(world, rules=without | {"tax": {"mode": "tax_code"}})
    world.account.change({"features": world.account.config.features | {"TAX_OVERHAULING": True}})
    found = probe(pinged(world), "NetSuite", "features")
    assert found.status is Status.FAILED
    assert "OneWorld is on and rules.subsidiary is missing" in found.sentences[0]
    assert "set rules.subsidiary (1 Parent)" in found.sentences[0]
    assert any("Multi-Location Inventory is on and rules.location is missing" in text for text in found.sentences)
    assert any('SuiteTax is on and rules.tax.mode is "tax_code"' in text for text in found.sentences)


def test_hidden_features_are_inferred_and_the_rest_is_to_be_looked_up_by_hand(world: World) -> None:
    world.account.change({"denied_tables": ["companyfeaturesetup"], "subsidiaries": [{"id": "1"}, {"id": "2"}]})
    report = pinged(world)
    found = probe(report, "NetSuite", "features")
    assert found.finding.startswith("on: OneWorld, Multiple Currencies; not known: Multi-Location Inventory, SuiteTax")
    assert (
        "Setup > Company > Enable Features for Multi-Location Inventory (tab Items & Inventory)" in found.sentences[0]
    )
    assert report.verdict is Verdict.WITH_WARNINGS


def test_a_concurrency_above_the_accounts_limit_is_a_warning(world: World) -> None:
    world.account.change({"concurrency": 3})
    sentence = probe(pinged(world), "NetSuite", "concurrency").sentences[0]
    assert "set netsuite.concurrency to at most 3" in sentence


def test_what_recent_orders_used_and_the_rules_lack_is_named(world: World) -> None:
    order = rest_order(shipping_lines=[shipping("Express")])
    world.shop.put_order(order, [payment(order, gateway="paypal")])
    found = probe(pinged(world), "Shopify", "recent orders")
    assert "paid by 'paypal'" in found.sentences[0]
    assert "shipped by 'Express'" in found.sentences[1]
    assert found.status is Status.WARNING


def test_rules_are_proposed_by_name_and_validate(world: World) -> None:
    order = rest_order(shipping_lines=[shipping("Standard")])
    world.shop.put_order(order, [payment(order, gateway="gift_card"), payment(order, number=2, gateway="paypal")])
    world.account.change({"locations": [{"id": "2", "name": "Main warehouse"}, {"id": "3", "name": "Shop"}]})
    change(world, rules={"orders": {"currency": "presentment"}})
    proposal = pinged(world).proposal
    assert proposal.rules == {
        "subsidiary": "1",
        "location": "2",
        "currencies": {"USD": "1", "GBP": "2", "EUR": "4", "JPY": "5"},
        "payments": {"methods": {"gift_card": {"method": "9"}}},
        "shipping": {"methods": {"Standard": "41"}},
    }
    assert Rules.from_json(dict(proposal.rules)).location == "2"
    assert '# CAD = "…"  # none has this name: 1 USD' in proposal.toml
    assert '# paypal = { method = "…" }  # none has this name: 8 Card, 9 Gift card' in proposal.toml


def test_the_account_is_read_by_few_calls(world: World) -> None:
    before = len(world.account.calls)
    pinged(world)
    paths = [call.path for call in world.account.calls[before:]]
    assert paths.count("suiteql") == 20
    assert len(paths) == 24


def shipping(code: str) -> dict[str, Any]:
    """A shipping line of a webhook."""
    return {"id": 1, "title": code, "code": code, "price": "0.00", "tax_lines": [], "discount_allocations": []}
