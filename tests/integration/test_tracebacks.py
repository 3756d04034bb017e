"""A failure's traceback, as Python and as our log print it, shows no secret: chained causes and repr included."""

import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from werkzeug.wrappers import Request, Response

from connector.config import Key
from connector.embedded.servers import free_port
from connector.flows.systems import Systems
from connector.sandbox.serve import Served
from connector.store import credentials
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential
from connector.vault import Vault
from tests.planted import TBA, plant, planted, put
from tests.world import KEY, World, another_runtime


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A server that answers every request with all it was sent, and no JSON."""
    asked = Request(environ)
    return Response(f"{asked.headers}{asked.get_data(as_text=True)}")(environ, start_response)


def call(systems: Systems) -> None:
    """One call to each side."""
    systems.shopify.order("1")
    systems.netsuite.server_time()


def elsewhere(world: World, url: str, *columns: str) -> None:
    """The connection's addresses lead to another server."""
    with world.engine.begin() as connection:
        for column in columns:
            connection.execute(text(f"update connections set {column} = :url, revision = revision + 1"), {"url": url})


def echoed(column: str) -> Callable[[World], None]:
    """One side answers with what it was sent."""

    def fail(world: World) -> None:
        with Served(echo) as loud:
            elsewhere(world, loud.url, column)
            call(another_runtime(world).open_systems(world.connection.id))

    return fail


def unreachable(world: World) -> None:
    """Nobody listens."""
    elsewhere(world, f"http://127.0.0.1:{free_port()}", "shopify_api_url", "netsuite_api_url")
    call(another_runtime(world).open_systems(world.connection.id))


def refused_app(world: World) -> None:
    """The app's secret is not the shop's, and its token was revoked."""
    world.shop.config.client_secret = "another"
    world.shop.oauth.revoke_all()
    call(another_runtime(world).open_systems(world.connection.id))


def refused_certificate(world: World) -> None:
    """The certificate is not mapped."""
    world.account.tokens.trust({"client_id": "client"})
    call(another_runtime(world).open_systems(world.connection.id))


def refused_tba(world: World) -> None:
    """The token-based log-in is unknown."""
    put(world, NETSUITE, NewCredential("tba", TBA))
    call(another_runtime(world).open_systems(world.connection.id))


def malformed_key(world: World) -> None:
    """The private key that is stored is none."""
    stored = NewCredential("oauth2", {"client_id": "c", "certificate_id": "k", "private_key": TBA["token_secret"]})
    put(world, NETSUITE, stored)
    call(another_runtime(world).open_systems(world.connection.id))


def opened_with(*keys: Key) -> Callable[[World], None]:
    """Somebody with these keys of the vault opens the credentials."""

    def fail(world: World) -> None:
        with world.engine.begin() as connection:
            credentials.read(connection, Vault(keys), world.connection.id, SHOPIFY)

    return fail


def failed_statement(world: World) -> None:
    """Postgres refuses a statement that was given a secret."""
    with world.engine.begin() as connection:
        connection.execute(text("select * from nowhere where x = :secret"), {"secret": TBA["token_secret"]})


def failed_row(world: World) -> None:
    """Postgres refuses a row that holds a secret."""
    with world.engine.begin() as connection:
        connection.execute(
            text("insert into operator_actions (actor, action, details) values (:secret, null, '{}')"),
            {"secret": TBA["token_secret"]},
        )


FAILURES: dict[str, Callable[[World], None]] = {
    "Shopify answers with the request": echoed("shopify_api_url"),
    "NetSuite answers with the request": echoed("netsuite_api_url"),
    "nobody listens": unreachable,
    "the app is refused": refused_app,
    "the certificate is refused": refused_certificate,
    "the token-based log-in is refused": refused_tba,
    "the key is none": malformed_key,
    "the vault's key is another": opened_with(Key(KEY.id, b"x" * 32)),
    "the vault's key is missing": opened_with(Key("other", b"x" * 32)),
    "the database refuses a statement": failed_statement,
    "the database refuses a row": failed_row,
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_secret_stands_in_the_traceback_of_a_failure(world: World, name: str) -> None:
    plant(world)
    hidden = planted(world)
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is, it is to be shown
        FAILURES[name](world)
    error = caught.value
    printed = "".join(traceback.format_exception(error))
    info = (type(error), error, error.__traceback__)
    logged = structlog.processors.format_exc_info(sys.modules[__name__], "error", {"exc_info": info})
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and isinstance(cause, Exception):
        chain.append(cause)
    shown = (printed, str(logged), *(repr(item) for item in chain))
    assert "Traceback" in printed
    assert hidden.found_in(*shown) == []
