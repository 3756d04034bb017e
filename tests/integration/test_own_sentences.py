"""What keeps an order from being written says so in a sentence of its own: what is wrong, by how much, what to change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from connector.flows.circuit import probe_halted
from connector.shopify.shop import SCOPES as ALL_SCOPES
from connector.store import connections
from connector.store.credentials import NewCredential
from tests.clock import later, now
from tests.payloads import rest_order
from tests.scheduling import run_everywhere
from tests.world import World, with_login

TBA = {"consumer_key": "ck", "consumer_secret": "cs", "token_id": "ti", "token_secret": "ts"}


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is wrong, how it is mended, and what its sentence says."""

    harm: Callable[[World], None]
    mend: Callable[[World], None]
    code: str
    says: tuple[str, ...]


def clock(seconds: float) -> Callable[[World], None]:
    """Puts the account's clock so far ahead of ours."""
    return lambda world: world.account.change({"clock_offset_seconds": seconds})


def log_in_by_tokens(world: World) -> None:
    """The connection logs in by TBA, to an account whose clock is ten minutes ahead."""
    with_login(world, netsuite=NewCredential("tba", TBA))
    world.account.change({"tba": TBA, "clock_offset_seconds": 600})


def certificate(*, revoked: bool) -> Callable[[World], None]:
    """Revokes the certificate in NetSuite, or maps it."""
    return lambda world: world.account.change({"oauth2": (world.account.config.oauth2 or {}) | {"revoked": revoked}})


def named(shop: str) -> Callable[[World], None]:
    """Another shop answers; somebody changed the connection, so that it is looked at."""

    def change(world: World) -> None:
        world.shop.config.shop = shop
        with world.engine.begin() as connection:
            connections.touch(connection, world.connection.id)

    return change


def account(name: str) -> Callable[[World], None]:
    """Another account answers."""

    def change(world: World) -> None:
        world.account.config.account = name
        with world.engine.begin() as connection:
            connections.touch(connection, world.connection.id)

    return change


CAUSES = {
    "our clock is behind": Cause(
        clock(3600), clock(0), "unauthorized", ("this machine's clock is 3600 s behind NetSuite's", "set it by NTP")
    ),
    "our clock is ahead": Cause(
        clock(-900), clock(0), "unauthorized", ("this machine's clock is 900 s ahead of NetSuite's", "set it by NTP")
    ),
    "our clock is behind, with token-based log-in": Cause(
        log_in_by_tokens,
        clock(0),
        "unauthorized",
        ("token-based log-in; this machine's clock is 600 s behind", "five failures lock the user"),
    ),
    "the certificate was revoked": Cause(
        certificate(revoked=True),
        certificate(revoked=False),
        "unauthorized",
        ("no certificate cert is mapped for this client id", "OAuth 2.0 Client Credentials (M2M) Setup"),
    ),
    "the role may not write sales orders": Cause(
        lambda world: world.account.change({"denied_records": ["salesOrder"]}),
        lambda world: world.account.change({"denied_records": []}),
        "forbidden",
        ("NetSuite's role may not do this with salesOrder", "add the permission to the role"),
    ),
    "the role may not query": Cause(
        lambda world: world.account.change({"suiteql_allowed": False}),
        lambda world: world.account.change({"suiteql_allowed": True}),
        "forbidden",
        ("NetSuite's role may not do this with suiteql", "SuiteAnalytics Workbook", "add the permission to the role"),
    ),
    "the app lacks a scope": Cause(
        lambda world: world.shop.change({"scopes": ["read_products"]}),
        lambda world: world.shop.change({"scopes": list(ALL_SCOPES)}),
        "forbidden",
        ("Shopify denies OrderById", "`read_orders` access scope", "grant the app the scope"),
    ),
    "another shop answers": Cause(
        named("other-store.myshopify.com"),
        named("demo-store.myshopify.com"),
        "wrong_environment",
        ("shopify.shop is demo-store.myshopify.com, but other-store.myshopify.com answers", "nothing is written"),
    ),
    "another account answers": Cause(
        account("7654321_SB2"),
        account("1234567_SB1"),
        "wrong_environment",
        ("netsuite.account is 1234567_SB1, but 7654321_SB2 answers", "nothing is written"),
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_each_cause_has_its_own_sentence_writes_nothing_and_lets_go_when_it_is_mended(world: World, name: str) -> None:
    cause = CAUSES[name]
    cause.harm(world)
    record_id = world.sell(rest_order())
    world.work(record_id)
    record = world.record(5001)
    assert (record.state, record.reason_code) == ("held", cause.code)
    missing = [words for words in cause.says if not said(words, record.reason or "")]
    assert missing == [], record.reason
    others = {other.says[0] for other in CAUSES.values()} - {cause.says[0]}
    assert [words for words in others if said(words, record.reason or "")] == []
    assert world.transactions() == []
    cause.mend(world)
    world.runtime._opened.clear()
    run_everywhere(world.runtime, "connections.check", now=now())
    probe_halted(world.runtime, lambda _: None, now=later(timedelta(hours=2)))
    world.work(record_id)
    assert world.record(5001).state == "in_sync", world.record(5001).reason


def said(words: str, reason: str) -> bool:
    """True when a sentence says this; a measured second more or less does not matter."""
    return words in reason or any(
        words.replace(f"{seconds} s", f"{seconds + more} s") in reason
        for seconds in (600, 900, 3600)
        for more in (-1, 1)
    )
