"""Recognisable values in every secret of a connection, and the search for them in whatever the product lets out."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

from connector.store import connections, credentials
from connector.store.columns import metadata
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential
from tests.world import KEY, World, expiring_token, key_pair

APP = {"client_id": "app", "client_secret": "planted-client-secret-5f1c"}
WEBHOOK_SECRETS = ["planted-webhook-secret-new", "planted-webhook-secret-old"]
TBA = {
    "consumer_key": "planted-consumer-key",
    "consumer_secret": "planted-consumer-secret",
    "token_id": "planted-token-id",
    "token_secret": "planted-token-secret",
}
# What customers typed, in bodies.
CANARY = "Zebedee-Canary"
# Tokens and assertions that the two systems and we make, whatever their value.
_MADE = re.compile(
    rb"shp(?:at|rt|ua)_[0-9a-f]{32}|eyJ[A-Za-z0-9_-]{16,}[.]eyJ|oauth_signature=.?\"[^\"]|BEGIN (?:EC |RSA )?PRIVATE KEY"
)


@dataclass(frozen=True, slots=True)
class Planted:
    """Values that must be found nowhere, by what they are."""

    values: dict[str, bytes] = field(repr=False)

    def found_in(self, *outputs: str | bytes) -> list[str]:
        """What of it stands in any of these, and what looks like a token; names only."""
        whole = b"\n".join(item.encode() if isinstance(item, str) else item for item in outputs)
        found = [name for name, value in self.values.items() if value and value in whole]
        return found + [f"made: {match[0][:6].decode()}…" for match in _MADE.finditer(whole)]


def plant(world: World) -> None:
    """Gives the world's connection planted secrets: an app with expiring tokens, and the certificate's key."""
    token = expiring_token(world)
    world.shop.change({"client_secret": APP["client_secret"], "webhook_secret": WEBHOOK_SECRETS[0]})
    put(world, SHOPIFY, NewCredential("offline", APP | {"webhook_secrets": WEBHOOK_SECRETS}, token))


def put(world: World, side: str, new: NewCredential) -> None:
    """Other credentials of one side; every process notices."""
    with world.engine.begin() as connection:
        before = credentials.read(connection, world.runtime.vault, world.connection.id, side)
        assert before is not None
        kept = {name: before.secrets[name] for name in ("email_key",) if name in before.secrets}
        secrets = NewCredential(new.auth, {**new.secrets, **kept}, new.token)
        credentials.put(connection, world.runtime.vault, world.connection.id, side, secrets)
        connections.touch(connection, world.connection.id)
        connections.mark_checked(connection, world.connection.id)


def planted(world: World, **more: str) -> Planted:
    """Everything that was planted or given out so far in this world; `more` are further values by name."""
    with world.engine.begin() as connection:
        stored = credentials.read(connection, world.runtime.vault, world.connection.id, NETSUITE)
    assert stored is not None
    pem = key_pair()[0].splitlines()
    values: dict[str, Any] = {
        "client secret": APP["client_secret"],
        "webhook secret": WEBHOOK_SECRETS[0],
        "old webhook secret": WEBHOOK_SECRETS[1],
        "consumer secret": TBA["consumer_secret"],
        "token secret": TBA["token_secret"],
        "e-mail key": stored.secrets["email_key"],
        "vault key": base64.b64encode(KEY.secret).decode(),
        "vault key, raw": KEY.secret.decode(),
        "database password": urlsplit(world.engine.url.render_as_string(hide_password=False)).password or "",
        "customer": CANARY,
    }
    values |= {f"private key, line {number}": line for number, line in enumerate(pem) if len(line) > 20}
    values |= {f"token {number}": token for number, token in enumerate(world.account.tokens._ends)}
    return Planted({name: str(value).encode() for name, value in (values | more).items()})


def everything_in(engine: Engine) -> bytes:
    """Every row of every table, bytes as they are."""
    written: list[bytes] = []
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(text(f'select * from "{table.name}"')):
                written += [
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row
                ]
    return b"\n".join(written)
