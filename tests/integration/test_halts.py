"""Refused credentials and a wrong environment halt the whole connection, and nothing else does; a probe ends it."""

from datetime import timedelta

import pytest

from connector.flows.circuit import probe_halted
from connector.store import connections
from connector.store.connections import StoredConnection
from connector.store.credentials import NewCredential
from connector.tokens import Token
from tests.clock import later, now
from tests.payloads import rest_order
from tests.scheduling import run_everywhere
from tests.world import World, with_login

TBA = {"consumer_key": "ck", "consumer_secret": "cs", "token_id": "ti", "token_secret": "ts"}


def stored(world: World) -> StoredConnection:
    """The connection as it stands."""
    with world.engine.begin() as connection:
        return connections.by_id(connection, world.connection.id)


def probe(world: World, after: timedelta = timedelta(minutes=1)) -> list[int]:
    """Looks, a while later, whether the halt can be lifted; the records that were woken."""
    woken: list[int] = []
    probe_halted(world.runtime, woken.append, now=later(after))
    return woken


def unchecked(world: World) -> None:
    """Somebody changed the connection: who answers must be looked at again."""
    with world.engine.begin() as connection:
        connections.touch(connection, world.connection.id)


def test_a_refused_token_halts_the_connection_and_a_probe_releases_its_orders(world: World) -> None:
    world.shop.config.access_token = "shpat_rotated"
    first, second = world.sell(rest_order()), world.sell(rest_order(5002))
    world.work(first)
    assert (world.record(5001).state, world.record(5001).reason_code) == ("held", "unauthorized")
    assert "connection rotate us-store access-token" in (world.record(5001).reason or "")
    refused = world.shop.ledger()["tokens"]["refused_unknown"]
    world.work(second)
    # Held with the same reason, and nobody was asked for it.
    assert world.record(5002).reason == world.record(5001).reason
    assert world.shop.ledger()["tokens"]["refused_unknown"] == refused
    assert probe(world) == []
    assert stored(world).halt_code == "unauthorized"
    world.shop.config.access_token = "shpat_sandbox"
    assert sorted(probe(world, timedelta(hours=1))) == sorted([first, second])
    assert stored(world).halt_code is None
    world.work(first)
    assert world.record(5001).state == "in_sync"


def test_a_revoked_certificate_says_so_and_a_new_mapping_ends_the_halt(world: World) -> None:
    oauth2 = dict(world.account.config.oauth2 or {})
    world.account.change({"oauth2": oauth2 | {"revoked": True}})
    record_id = world.sell(rest_order())
    world.work(record_id)
    assert "no certificate cert is mapped" in (world.record(5001).reason or "")
    assert "A sandbox refresh removes the mapping" in (world.record(5001).reason or "")
    world.account.change({"oauth2": oauth2})
    assert probe(world) == [record_id]
    world.work(record_id)
    assert world.record(5001).state == "in_sync"


def test_token_based_log_in_works_and_is_never_tried_again_after_a_401(world: World) -> None:
    with_login(world, netsuite=NewCredential("tba", TBA))
    world.account.change({"tba": TBA})
    world.work(world.sell(rest_order()))
    assert world.record(5001).state == "in_sync"
    with_login(world, netsuite=NewCredential("tba", TBA | {"token_secret": "wrong"}))
    second = world.sell(rest_order(5002))
    for _ in range(3):
        world.runtime._opened.clear()
        world.work(second)
        run_everywhere(world.runtime, "items.refresh", now=now())
    assert world.account.ledger()["tokens"]["oauth1_failures"] == 1
    assert "five failures lock the user" in (world.record(5002).reason or "")
    # Not even the probe comes before an hour has passed.
    assert probe(world, timedelta(minutes=50)) == []
    assert world.account.ledger()["tokens"]["oauth1_failures"] == 1


def test_a_wrong_shop_is_named_and_nothing_is_written(world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    unchecked(world)
    world.work(world.sell(rest_order()))
    record = world.record(5001)
    assert (record.state, record.reason_code) == ("held", "wrong_environment")
    assert "shopify.shop is demo-store.myshopify.com, but other-store.myshopify.com answers" in (record.reason or "")
    assert world.transactions() == []


def test_a_wrong_account_is_named_and_nothing_is_written(world: World) -> None:
    world.account.config.account = "7654321_SB2"
    unchecked(world)
    world.work(world.sell(rest_order()))
    assert "netsuite.account is 1234567_SB1, but 7654321_SB2 answers" in (world.record(5001).reason or "")
    assert world.transactions() == []


def test_a_shop_that_became_a_production_shop_is_not_written_to_the_sandbox(world: World) -> None:
    world.shop.config.plan = "Plus"
    run_everywhere(world.runtime, "connections.check", now=now())
    assert stored(world).halt_code == "wrong_environment"
    assert "shop_is_production was False, is True" in (stored(world).halt_reason or "")


def test_a_new_pair_of_two_kinds_waits_for_a_person(world: World) -> None:
    world.shop.config.plan = "Plus"
    with world.engine.begin() as connection:
        connections.withdraw_approval(connection, world.connection.id)
    world.work(world.sell(rest_order()))
    assert "is a production shop and 1234567_SB1 a test account" in (world.record(5001).reason or "")
    assert "ml-connector connection approve us-store" in (world.record(5001).reason or "")
    assert world.transactions() == []


def test_a_refreshed_sandbox_is_noticed_by_the_orders_that_are_gone(world: World) -> None:
    for number in range(5001, 5004):
        world.work(world.sell(rest_order(number)))
    run_everywhere(world.runtime, "connections.check", now=now())
    assert stored(world).halt_code is None
    world.account.tables.clear("transaction")
    run_everywhere(world.runtime, "connections.check", now=now())
    assert stored(world).halt_code == "wrong_environment"
    assert "the account was refreshed or exchanged" in (stored(world).halt_reason or "")
    assert "SHOPIFY-548380009-ORDER-5001" in (stored(world).halt_reason or "")


def test_the_first_contact_approves_the_pair_and_keeps_the_shops_id(world: World) -> None:
    with world.engine.begin() as connection:
        connections.withdraw_approval(connection, world.connection.id)
    world.work(world.sell(rest_order()))
    assert world.record(5001).state == "in_sync"
    assert stored(world).approved is not None
    assert stored(world).shop_id == 548380009


@pytest.mark.parametrize(("scopes", "released"), [(["read_orders"], 0), (None, 1)])
def test_a_missing_permission_holds_one_order_until_it_is_granted(
    world: World, scopes: list[str] | None, released: int
) -> None:
    world.account.change({"denied_records": ["salesOrder"]})
    world.work(world.sell(rest_order()))
    record = world.record(5001)
    assert (record.state, record.reason_subject) == ("held", "permission:netsuite")
    assert "add the permission to the role" in (record.reason or "")
    assert stored(world).halt_code is None
    world.account.change({"denied_records": []})
    if scopes is not None:
        world.account.change({"denied_records": ["salesOrder"]})
    assert run_everywhere(world.runtime, "connections.check", now=now()) == {"released": 1}
    world.work(record.id)
    assert world.record(5001).state == ("in_sync" if released else "held")


def test_a_paused_connection_keeps_its_orders_waiting_and_resumes(world: World) -> None:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="stock-taking")
    assert world.work(record_id) is None
    assert world.record(5001).state == "pending"
    with world.engine.begin() as connection:
        connections.resume(connection, world.connection.id)
    world.work(record_id)
    assert world.record(5001).state == "in_sync"


def test_a_log_in_that_became_another_kind_meanwhile_neither_crashes_nor_halts(world: World) -> None:
    world.work(world.sell(rest_order()))
    with_login(world, netsuite=NewCredential("tba", TBA))
    world.account.change({"tba": TBA, "revoke_tokens": True})
    record_id = world.sell(rest_order(5002))
    # This process has the connection open as it was.
    world.work(record_id)
    assert world.record(5002).state == "pending"
    assert stored(world).halt_code is None
    world.runtime._opened.clear()
    world.work(world.announce(5002))
    assert world.record(5002).state == "in_sync"


def test_a_halt_that_was_mended_meanwhile_does_not_hold_the_order(world: World) -> None:
    with_login(world)
    world.runtime.open_systems(world.connection.id)
    world.shop.config.access_token = "shpat_new"
    mended = NewCredential("static", {"webhook_secrets": ["s"]}, Token("shpat_new", now()))
    with_login(world, shopify=mended)
    record_id = world.sell(rest_order())
    world.work(record_id)
    assert world.record(5001).state in ("in_sync", "pending")
    assert stored(world).halt_code is None
