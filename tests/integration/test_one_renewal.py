"""Eight ask for a token at once, whatever the reason: the token endpoint of that side sees one call."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from connector.counters import Counters
from connector.flows.systems import Systems
from connector.runtime import Runtime
from connector.store import credentials
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential
from connector.store.engine import make_engine
from connector.tokens import Token
from tests.clock import now
from tests.tokens import account_tokens, at_once, end_soon, revoke, shop_tokens
from tests.world import CLIENT, World, expiring_token, with_login

EIGHT = 8


@contextmanager
def processes(world: World, count: int) -> Iterator[list[Systems]]:
    """The connection as so many processes have it open, each with a pool of database connections of its own."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            engine = make_engine(world.engine.url.render_as_string(hide_password=False), pool_size=2)
            stack.callback(engine.dispose)
            redis = world.runtime.redis
            opened.append(Runtime(engine, redis, world.runtime.vault, Counters(redis)))
        yield [runtime.open_systems(world.connection.id) for runtime in opened]


def call(systems: Systems, side: str) -> None:
    """One call to one side, which must succeed."""
    if side == SHOPIFY:
        assert systems.shopify.order("1") is None
    else:
        assert systems.netsuite.server_time()


def asked(world: World) -> dict[str, int]:
    """Calls each token endpoint has seen."""
    return {SHOPIFY: shop_tokens(world)["token_calls"], NETSUITE: world.account.ledger()["calls"]["token"]}


def lose(world: World, side: str) -> None:
    """There is no access token: nobody has asked for one yet, or only a refresh token was given."""
    with world.engine.begin() as connection:
        stored = credentials.read(connection, world.runtime.vault, world.connection.id, side)
        assert stored is not None
        token = None
        if stored.token is not None and stored.token.refresh_tokens:
            token = Token("", now(), now(), refresh_tokens=stored.token.refresh_tokens)
        credentials.keep_token(connection, world.runtime.vault, stored, token)


def make_needed(world: World, side: str, need: str) -> None:
    """Makes the stored token unfit for this reason; a revocation comes when everybody knows the token."""
    if need == "less than a quarter is left":
        end_soon(world, side, share_left=0.2)
    elif need == "it ended":
        end_soon(world, side, share_left=-0.01)
    elif need == "there is none":
        lose(world, side)


@pytest.mark.parametrize("side", [SHOPIFY, NETSUITE])
@pytest.mark.parametrize("need", ["less than a quarter is left", "it ended", "there is none", "it was revoked"])
@pytest.mark.parametrize("count", [1, EIGHT], ids=["eight threads of one process", "eight processes"])
def test_eight_at_once_make_one_call_to_the_token_endpoint(world: World, side: str, need: str, count: int) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT, expiring_token(world)))
    with processes(world, 1) as (first,):
        call(first, NETSUITE)
    make_needed(world, side, need)
    with processes(world, count) as opened:
        if need == "it was revoked":
            for systems in opened:
                call(systems, side)
            revoke(world)
        before = asked(world)
        at_once(EIGHT, lambda number: call(opened[number % count], side))
        assert asked(world) == before | {side: before[side] + 1}
    assert shop_tokens(world)["refused_ended"] == account_tokens(world)["refused_ended"] == 0
