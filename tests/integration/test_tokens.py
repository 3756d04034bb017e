"""Tokens of both sides: renewed before their end by one at a time, replaced after a 401, never used beyond their end."""

from datetime import timedelta

import pytest

from connector.errors import Unauthorized
from connector.flows.periodic import refresh_credentials
from connector.store import connections, credentials
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, NewCredential
from connector.tokens import Token
from tests.clock import now
from tests.payloads import rest_order
from tests.tokens import account_tokens, at_once, end_soon, revoke, shop_tokens
from tests.world import CLIENT, World, another_runtime, app_of, expiring_token, with_login


def test_eight_processes_at_once_ask_for_one_token(world: World) -> None:
    with_login(world, shopify=NewCredential("client_credentials", CLIENT))
    app_of(world)
    runtimes = [another_runtime(world) for _ in range(8)]

    def ask(number: int) -> int:
        systems = runtimes[number].open_systems(world.connection.id)
        systems.shopify.order("1")
        systems.netsuite.server_time()
        return 0

    at_once(8, ask)
    assert shop_tokens(world)["token_calls"] == 1
    assert account_tokens(world)["issued"] == 1


@pytest.mark.parametrize("side", [SHOPIFY, NETSUITE])
def test_a_token_with_less_than_a_quarter_left_is_renewed_once_by_eight(world: World, side: str) -> None:
    with_login(world, shopify=NewCredential("client_credentials", CLIENT))
    app_of(world)
    world.work(world.sell(rest_order()))
    end_soon(world, side, share_left=0.2)
    runtimes = [another_runtime(world) for _ in range(8)]
    at_once(8, lambda n: [tokens.renew_if_due() for tokens in runtimes[n].open_systems(world.connection.id).tokens])
    issued = {SHOPIFY: shop_tokens(world)["issued"]["client_credentials"], NETSUITE: account_tokens(world)["issued"]}
    assert issued == {SHOPIFY: 1, NETSUITE: 1} | {side: 2}


def test_a_token_with_more_than_a_quarter_left_is_left_alone(world: World) -> None:
    world.work(world.sell(rest_order()))
    end_soon(world, NETSUITE, share_left=0.3)
    assert refresh_credentials(another_runtime(world), lambda _: None, now=now()) == 0
    assert account_tokens(world)["issued"] == 1


def test_the_scheduled_run_renews_what_ends_soon_also_while_paused(world: World) -> None:
    world.work(world.sell(rest_order()))
    end_soon(world, NETSUITE, share_left=0.2)
    with world.engine.begin() as connection:
        connections.pause(connection, world.connection.id, because="a test")
    assert refresh_credentials(another_runtime(world), lambda _: None, now=now()) == 1
    assert account_tokens(world)["issued"] == 2


def test_a_revoked_token_is_replaced_and_the_call_repeated_once(world: World) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    world.work(world.sell(rest_order()))
    revoke(world)
    world.work(world.sell(rest_order(5002)))
    assert world.record(5002).state == "in_sync"
    assert shop_tokens(world)["refused_replaced"] == 1
    assert account_tokens(world)["refused_revoked"] == 1


def test_what_another_process_renewed_is_taken_over_after_a_401(world: World) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    world.work(world.sell(rest_order()))
    other = another_runtime(world).open_systems(world.connection.id)
    end_soon(world, SHOPIFY, share_left=0.1)
    assert any(tokens.renew_if_due() for tokens in other.tokens)
    asked = shop_tokens(world)["token_calls"]
    world.work(world.sell(rest_order(5002)))
    assert world.record(5002).state == "in_sync"
    assert shop_tokens(world)["token_calls"] == asked


def test_a_stored_token_that_is_refused_as_well_is_replaced_before_the_connection_halts(world: World) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    world.work(world.sell(rest_order()))
    other = another_runtime(world).open_systems(world.connection.id)
    revoke(world)
    # Replaced behind this process's back, and then that one is refused too.
    other.shopify.order("1")
    other.netsuite.server_time()
    revoke(world)
    world.work(world.sell(rest_order(5002)))
    assert world.record(5002).state == "in_sync"
    # The other's first call, then the old and the stored one of this process; the third token is taken.
    assert (account_tokens(world)["issued"], account_tokens(world)["refused_revoked"]) == (3, 3)
    assert shop_tokens(world)["refused_replaced"] == 3


def test_a_refresh_keeps_both_new_tokens_and_survives_a_lost_answer(world: World) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    world.shop.change({"lose_token_answers": 1})
    for number in range(3):
        end_soon(world, SHOPIFY, share_left=-0.01)
        assert another_runtime(world).open_systems(world.connection.id).shopify.order("1") is None
        with world.engine.begin() as connection:
            stored = credentials.read(connection, world.runtime.vault, world.connection.id, SHOPIFY)
        assert stored is not None
        assert stored.token is not None
        assert len(stored.token.refresh_tokens) == 2, number
    # The first refresh was carried out twice: its first answer was lost.
    assert shop_tokens(world)["issued"]["offline_expiring"] == 1 + 3 + 1


def test_a_lost_answer_of_netsuites_token_endpoint_costs_one_more_call(world: World) -> None:
    world.account.change({"lose_token_answers": 1})
    world.work(world.sell(rest_order()))
    assert world.record(5001).state == "in_sync"
    assert account_tokens(world)["issued"] == 2


def test_a_renewal_that_fails_leaves_the_old_token_in_use_until_its_end(world: World) -> None:
    world.work(world.sell(rest_order()))
    end_soon(world, NETSUITE, share_left=0.2)
    world.account.tokens.trust({"client_id": "client", "certificates": []})
    systems = another_runtime(world).open_systems(world.connection.id)
    assert systems.netsuite.server_time()
    end_soon(world, NETSUITE, share_left=-0.01)
    with pytest.raises(Unauthorized, match="no certificate cert is mapped"):
        another_runtime(world).open_systems(world.connection.id).netsuite.server_time()


def test_a_session_is_used_until_its_end_and_never_beyond(world: World) -> None:
    app_of(world)
    session = world.shop.oauth.authorized({"state": "s", "redirect_uri": "x", "grant_options[]": "per-user"})
    code = session.partition("code=")[2].partition("&")[0]
    online = world.shop.oauth.answer({**CLIENT, "code": code})["access_token"]
    fallback = Token("shpat_sandbox", now())
    with_login(world, shopify=NewCredential("online", CLIENT, fallback))
    with world.engine.begin() as connection:
        place = (connection, world.runtime.vault, world.connection.id, SHOPIFY_ONLINE)
        credentials.put(
            *place, NewCredential("online", {}, Token(online, now(), now() + timedelta(hours=1), user="j@x"))
        )
        connections.touch(connection, world.connection.id)
        connections.mark_checked(connection, world.connection.id)
    systems = another_runtime(world).open_systems(world.connection.id)
    assert systems.tokens[0].current() == online
    end_soon(world, SHOPIFY_ONLINE, share_left=-0.01)
    systems = another_runtime(world).open_systems(world.connection.id)
    assert systems.tokens[0].current() == "shpat_sandbox"
    assert systems.shopify.order("1") is None
    with world.engine.begin() as connection:
        stored = credentials.read(connection, world.runtime.vault, world.connection.id, SHOPIFY)
        assert stored is not None
        credentials.keep_token(connection, world.runtime.vault, stored, None)
    with pytest.raises(Unauthorized, match="sign in again: ml-connector shopify install us-store --online"):
        another_runtime(world).open_systems(world.connection.id).shopify.order("1")


def test_a_session_that_was_logged_out_falls_back_to_the_offline_token(world: World) -> None:
    with_login(world, shopify=NewCredential("online", CLIENT, Token("shpat_sandbox", now())))
    with world.engine.begin() as connection:
        place = (connection, world.runtime.vault, world.connection.id, SHOPIFY_ONLINE)
        credentials.put(*place, NewCredential("online", {}, Token("shpua_gone", now(), now() + timedelta(hours=1))))
        connections.touch(connection, world.connection.id)
        connections.mark_checked(connection, world.connection.id)
    assert another_runtime(world).open_systems(world.connection.id).shopify.order("1") is None
    assert shop_tokens(world)["refused_unknown"] == 1


def test_no_token_is_ever_used_in_its_last_moment() -> None:
    token = Token("t", now(), now() + timedelta(seconds=8))
    assert token.is_usable(now() + timedelta(seconds=6.5))
    assert not token.is_usable(now() + timedelta(seconds=7.5))
    assert not token.is_due(now() + timedelta(seconds=5.5))
    assert token.is_due(now() + timedelta(seconds=6.5))
    assert "t'" not in repr(Token("secret-t", now(), refresh_tokens=("secret-r",), user="jane@example.com"))
    assert "jane" not in repr(Token("secret-t", now(), user="jane@example.com"))
