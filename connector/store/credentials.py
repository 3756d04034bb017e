"""The credentials of a connection, sealed: per side what a person gave us, and the token the other system gave for it.

Each sealed value is bound to its connection, side and column: copied to another place it does not open.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.connection_tables import credentials
from connector.tokens import Token
from connector.vault import Vault

SHOPIFY = "shopify"
# One person's session, used while it lasts; `shopify` is what work falls back to.
SHOPIFY_ONLINE = "shopify_online"
NETSUITE = "netsuite"


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What one side of a connection file says. `auth` is its kind of log-in."""

    auth: str
    secrets: Mapping[str, Any] = field(repr=False)
    token: Token | None = None
    certificate_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """One side's credentials, opened."""

    id: int
    connection_id: int
    side: str
    auth: str
    secrets: Mapping[str, Any] = field(repr=False)
    token: Token | None
    certificate_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Life:
    """When the parts of one side's credentials end; None where they do not, or where it is not known."""

    connection_id: int
    side: str
    auth: str
    token_ends_at: datetime | None
    refresh_ends_at: datetime | None
    certificate_ends_at: datetime | None
    rotated_at: datetime


def put(connection: Connection, vault: Vault, connection_id: int, side: str, new: NewCredential) -> None:
    """Keeps one side's credentials instead of those before; a token is kept only where a new one is given."""
    values = {
        "auth": new.auth,
        "sealed": _sealed(vault, connection_id, side, "sealed", dict(new.secrets)),
        "certificate_ends_at": new.certificate_ends_at,
        **_token_values(vault, connection_id, side, new.token),
    }
    statement = insert(credentials).values(connection_id=connection_id, side=side, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "side"], set_=values | {"rotated_at": func.now()}
        )
    )


def read(connection: Connection, vault: Vault, connection_id: int, side: str) -> StoredCredential | None:
    """One side's credentials, or None."""
    return _opened(connection.execute(_of(connection_id, side)).one_or_none(), vault)


def read_locked(connection: Connection, vault: Vault, connection_id: int, side: str) -> StoredCredential | None:
    """As they are once nobody else is renewing them; locked until the transaction ends."""
    return _opened(connection.execute(_of(connection_id, side).with_for_update()).one_or_none(), vault)


def read_unless_locked(connection: Connection, vault: Vault, connection_id: int, side: str) -> StoredCredential | None:
    """As they are, locked until the transaction ends; None when somebody else is renewing them right now."""
    return _opened(connection.execute(_of(connection_id, side).with_for_update(skip_locked=True)).one_or_none(), vault)


def keep_token(connection: Connection, vault: Vault, stored: StoredCredential, token: Token | None) -> None:
    """Keeps a new token with its refresh token, both at once; None forgets it."""
    values = _token_values(vault, stored.connection_id, stored.side, token)
    connection.execute(update(credentials).where(credentials.c.id == stored.id).values(**values))


def keep_secrets(connection: Connection, vault: Vault, stored: StoredCredential, new: NewCredential) -> None:
    """Keeps other secrets; the token stays what it is."""
    connection.execute(
        update(credentials)
        .where(credentials.c.id == stored.id)
        .values(
            auth=new.auth,
            sealed=_sealed(vault, stored.connection_id, stored.side, "sealed", dict(new.secrets)),
            certificate_ends_at=new.certificate_ends_at,
            rotated_at=func.now(),
        )
    )


def forget(connection: Connection, connection_id: int, *, side: str | None = None) -> None:
    """Deletes the credentials of a connection, or of one side of it."""
    statement = delete(credentials).where(credentials.c.connection_id == connection_id)
    connection.execute(statement if side is None else statement.where(credentials.c.side == side))


def lives(connection: Connection, connection_id: int) -> list[Life]:
    """When what ends, for every side; nothing is opened for it."""
    columns = [getattr(credentials.c, name) for name in Life.__dataclass_fields__]
    found = connection.execute(
        select(*columns).where(credentials.c.connection_id == connection_id).order_by(credentials.c.side)
    )
    return [Life(**row) for row in found.mappings()]


def place(connection_id: int, side: str, column: str) -> str:
    """Where a sealed value belongs; part of what the seal covers."""
    return f"credentials of connection {connection_id}, {side}, {column}"


def _of(connection_id: int, side: str) -> Any:
    return select(credentials).where(credentials.c.connection_id == connection_id, credentials.c.side == side)


def _opened(row: Row[Any] | None, vault: Vault) -> StoredCredential | None:
    if row is None:
        return None
    secrets = json.loads(vault.open(row.sealed, associated=place(row.connection_id, row.side, "sealed")))
    token = None
    if row.token is not None:
        token = Token.from_json(
            json.loads(vault.open(row.token, associated=place(row.connection_id, row.side, "token")))
        )
    return StoredCredential(row.id, row.connection_id, row.side, row.auth, secrets, token, row.certificate_ends_at)


def _token_values(vault: Vault, connection_id: int, side: str, token: Token | None) -> dict[str, Any]:
    return {
        "token": token and _sealed(vault, connection_id, side, "token", token.to_json()),
        "token_issued_at": token and token.issued_at,
        "token_ends_at": token and token.ends_at,
        "refresh_ends_at": token and token.refresh_ends_at,
    }


def _sealed(vault: Vault, connection_id: int, side: str, column: str, values: dict[str, Any]) -> bytes:
    return vault.seal(json.dumps(values).encode(), associated=place(connection_id, side, column))
