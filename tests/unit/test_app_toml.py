"""The shipped shopify.app.toml says the same as the code."""

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.flows.connection_settings import ShopifySide
from connector.shopify.shop import SCOPES
from connector.shopify.subscriptions import COMPLIANCE, NEEDED
from connector.shopify.webhooks import notice


@pytest.fixture(scope="module")
def app() -> dict[str, Any]:
    """The file, read."""
    return tomllib.loads((Path(__file__).parents[2] / "shopify.app.toml").read_text("utf-8"))


def test_it_declares_the_needed_topics_with_their_fields(app: dict[str, Any]) -> None:
    declared = {
        topic: tuple(block.get("include_fields", ()))
        for block in app["webhooks"]["subscriptions"]
        for topic in block.get("topics", ())
    }
    assert declared == {wanted.topic: wanted.include_fields for wanted in NEEDED}


def test_each_topic_is_declared_once(app: dict[str, Any]) -> None:
    topics = [topic for block in app["webhooks"]["subscriptions"] for topic in block.get("topics", ())]
    assert len(topics) == len(set(topics))


def test_it_declares_the_compliance_topics(app: dict[str, Any]) -> None:
    blocks = [block for block in app["webhooks"]["subscriptions"] if "compliance_topics" in block]
    assert [tuple(block["compliance_topics"]) for block in blocks] == [COMPLIANCE]
    assert "include_fields" not in blocks[0]


def test_it_asks_for_the_scopes_that_are_needed(app: dict[str, Any]) -> None:
    assert app["access_scopes"]["scopes"].split(",") == list(SCOPES)


def test_every_scope_a_topic_needs_is_asked_for() -> None:
    assert {wanted.scope for wanted in NEEDED} - {None} <= set(SCOPES)


def test_its_webhooks_come_in_the_version_that_is_the_default(app: dict[str, Any]) -> None:
    assert app["webhooks"]["api_version"] == ShopifySide.model_fields["api_version"].default


def test_its_addresses_are_those_of_the_web_process(app: dict[str, Any]) -> None:
    uris = {block["uri"] for block in app["webhooks"]["subscriptions"]}
    assert {urlsplit(uri).path for uri in uris} == {"/webhooks/shopify/CONNECTION_KEY"}
    assert [urlsplit(url).path for url in app["auth"]["redirect_urls"]] == ["/auth/shopify/callback"]
    addresses = [*uris, *app["auth"]["redirect_urls"], app["application_url"]]
    assert {urlsplit(url).netloc for url in addresses} == {"CONNECTOR_PUBLIC_URL"}


# What a body holds of a topic's subscription with fields is only these; the record must still be found in it.
BODIES = {
    "orders/create": (b'{"id":5001}', ("order", "5001")),
    "orders/updated": (b'{"id":5001}', ("order", "5001")),
    "orders/cancelled": (b'{"id":5001}', ("order", "5001")),
    "orders/edited": (b'{"order_edit":{"id":1,"order_id":5001}}', ("order", "5001")),
    "refunds/create": (b'{"id":2,"order_id":5001}', ("order", "5001")),
    "order_transactions/create": (b'{"id":3,"order_id":5001}', ("order", "5001")),
    "fulfillments/create": (b'{"id":4,"order_id":5001}', ("order", "5001")),
    "fulfillments/update": (b'{"id":4,"order_id":5001}', ("order", "5001")),
    "customers/update": (b'{"id":7012,"updated_at":"2026-11-20T10:00:00Z"}', ("customer", "7012")),
    "app/uninstalled": (b'{"id":548380009}', ("uninstall", "548380009")),
}


@pytest.mark.parametrize("topic", BODIES)
def test_the_fields_of_a_topic_hold_what_the_receiver_needs(topic: str) -> None:
    body, subject = BODIES[topic]
    said = notice({"X-Shopify-Topic": topic}, body)
    assert (said.kind, said.shopify_id) == subject


def test_order_topics_come_with_their_full_bodies_and_hints_with_what_keeps_them_apart() -> None:
    for wanted in NEEDED:
        if BODIES.get(wanted.topic, (b"", ("",)))[1][0] == "order":
            assert wanted.include_fields == ()
        elif wanted.include_fields:
            assert "updated_at" in wanted.include_fields
            assert {"id", "inventory_item_id"} & set(wanted.include_fields)
