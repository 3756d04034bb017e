"""Tokens in tests: made old, revoked, asked for by many at once, and counted by the sandboxes' own ledgers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from connector.store import credentials
from connector.tokens import Token
from tests.clock import now
from tests.world import World


def shop_tokens(world: World) -> dict[str, Any]:
    """What the shop's own ledger says of tokens."""
    found: dict[str, Any] = world.shop.ledger()["tokens"]
    return found


def account_tokens(world: World) -> dict[str, Any]:
    """What the account's own ledger says of tokens."""
    found: dict[str, Any] = world.account.ledger()["tokens"]
    return found


def end_soon(world: World, side: str, *, share_left: float) -> None:
    """Makes the stored token as old as one of which only this share of its life is left."""
    with world.engine.begin() as connection:
        stored = credentials.read_locked(connection, world.runtime.vault, world.connection.id, side)
        assert stored is not None
        assert stored.token is not None
        life = timedelta(hours=1)
        aged = Token(
            stored.token.access_token,
            now() - life * (1 - share_left),
            now() + life * share_left,
            refresh_tokens=stored.token.refresh_tokens,
        )
        credentials.keep_token(connection, world.runtime.vault, stored, aged)


def revoke(world: World) -> None:
    """Both sides end every token they have given."""
    world.shop.oauth.revoke_all()
    world.account.tokens.revoke_all()


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Calls the same thing from many threads that start together."""
    together = threading.Barrier(count)

    def run(number: int) -> Any:
        together.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
