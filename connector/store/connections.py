"""Connections: one shop kept equal to one NetSuite account, what was approved, and whether work on it is halted."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from connector.errors import ConfigError
from connector.store import credentials
from connector.store.connection_tables import connections
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, NewCredential
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """One shop and one account. `rules` is validated by connector.mapping.rules, `approved` by connector.flows.guard.

    `halt_code` and `halt_reason`: why nothing is asked of either system now; None while all is well.
    """

    id: int
    name: str
    key: str
    webhook_url: str | None
    enabled: bool
    paused_because: str | None
    shop: str
    shop_id: int | None
    shopify_api_url: str
    shopify_api_version: str
    netsuite_account: str
    netsuite_api_url: str
    netsuite_concurrency: int
    rules: Mapping[str, Any]
    rules_version: int
    revision: int
    approved: Mapping[str, Any] | None
    checked_at: datetime | None
    halt_code: str | None
    halt_reason: str | None
    halted_at: datetime | None
    probe_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What `connection add` read from the file; the credentials are sealed before they are stored.

    `shopify_session` is an online token's, beside `shopify`, which work falls back to.
    """

    name: str
    shop: str
    shopify_api_url: str
    shopify_api_version: str
    netsuite_account: str
    netsuite_api_url: str
    netsuite_concurrency: int
    rules: Mapping[str, Any]
    shopify: NewCredential
    netsuite: NewCredential
    shopify_session: NewCredential | None = None


def add(connection: Connection, new: NewConnection, vault: Vault) -> StoredConnection:
    """Stores a new connection with a new webhook key, and its sealed credentials.

    The key its e-mails are hashed with is made here and stays for its life.
    """
    values = _settings(new) | {"name": new.name, "shop": new.shop, "netsuite_account": new.netsuite_account}
    values["key"] = secrets.token_urlsafe(24)
    row = connection.execute(insert(connections).values(**values).returning(*connections.c)).one()
    _put_credentials(connection, row.id, new, vault, email_key=secrets.token_hex(32))
    return _connection(row)


def change(connection: Connection, stored: StoredConnection, new: NewConnection, vault: Vault) -> StoredConnection:
    """Replaces rules, addresses and secrets; the webhook key stays. Raises ConfigError for another shop or account.

    The key that e-mails are hashed with stays too: the customer mirror was made with it.
    """
    if (new.shop, new.netsuite_account) != (stored.shop, stored.netsuite_account):
        raise ConfigError(
            f"the connection {stored.name} joins {stored.shop} and {stored.netsuite_account}; "
            "for another shop or account choose another name in the file"
        )
    before = credentials.read(connection, vault, stored.id, NETSUITE)
    email_key = before.secrets["email_key"] if before else secrets.token_hex(32)
    values = _settings(new) | {"rules_version": connections.c.rules_version + 1}
    row = connection.execute(_changed(stored.id, values).returning(*connections.c)).one()
    credentials.forget(connection, stored.id)
    _put_credentials(connection, stored.id, new, vault, email_key=email_key)
    return _connection(row)


def by_name(connection: Connection, name: str) -> StoredConnection | None:
    """The connection of that name, or None."""
    row = connection.execute(select(connections).where(connections.c.name == name)).one_or_none()
    return None if row is None else _connection(row)


def by_key(connection: Connection, key: str) -> StoredConnection | None:
    """The connection whose webhook URL ends in that key, or None."""
    row = connection.execute(
        select(connections).where(connections.c.key == key, connections.c.removed_at.is_(None))
    ).one_or_none()
    return None if row is None else _connection(row)


def by_id(connection: Connection, connection_id: int) -> StoredConnection:
    """The connection of that id."""
    return _connection(connection.execute(select(connections).where(connections.c.id == connection_id)).one())


def every(connection: Connection) -> tuple[StoredConnection, ...]:
    """All connections that were not removed, oldest first."""
    found = connection.execute(select(connections).where(connections.c.removed_at.is_(None)).order_by(connections.c.id))
    return tuple(_connection(row) for row in found)


def pause(connection: Connection, connection_id: int, *, because: str) -> None:
    """Stops all work on a connection; webhooks are still kept."""
    connection.execute(_changed(connection_id, {"enabled": False, "paused_because": because}))


def resume(connection: Connection, connection_id: int) -> None:
    """Lets work go on; the sweeper finds what has gathered."""
    connection.execute(_changed(connection_id, {"enabled": True, "paused_because": None, "checked_at": None}))


def remove(connection: Connection, stored: StoredConnection) -> None:
    """Ends a connection: secrets are gone, its webhook URL answers 404, its name is free; the history stays."""
    credentials.forget(connection, stored.id)
    values = {
        "enabled": False,
        "paused_because": "removed",
        "removed_at": func.now(),
        "name": f"{stored.name} (removed {stored.id})",
        "key": secrets.token_urlsafe(24),
    }
    connection.execute(_changed(stored.id, values))


def touch(connection: Connection, connection_id: int) -> None:
    """Tells every process that credentials were changed: they are read again within seconds, and the pair is checked."""
    connection.execute(_changed(connection_id, {"checked_at": None, "probe_at": func.now()}))


def keep_approval(connection: Connection, connection_id: int, approved: Mapping[str, Any], *, shop_id: int) -> None:
    """Keeps the pair of shop and account that may be written to; `shop_id` is part of every external id."""
    connection.execute(
        _changed(connection_id, {"approved": dict(approved), "shop_id": shop_id, "checked_at": func.now()})
    )


def mark_checked(connection: Connection, connection_id: int) -> None:
    """The pair was looked at and is the approved one."""
    connection.execute(update(connections).where(connections.c.id == connection_id).values(checked_at=func.now()))


def keep_webhook_url(connection: Connection, connection_id: int, url: str) -> None:
    """Keeps where the subscriptions we made deliver to."""
    connection.execute(_changed(connection_id, {"webhook_url": url}))


def withdraw_approval(connection: Connection, connection_id: int) -> None:
    """Forgets which pair was approved; the next check approves anew."""
    connection.execute(_changed(connection_id, {"approved": None, "checked_at": None}))


def _changed(connection_id: int, values: Mapping[str, Any]) -> Any:
    """An update that every process notices."""
    return (
        update(connections)
        .where(connections.c.id == connection_id)
        .values(**values, revision=connections.c.revision + 1)
    )


def _settings(new: NewConnection) -> dict[str, Any]:
    return {
        "shopify_api_url": new.shopify_api_url,
        "shopify_api_version": new.shopify_api_version,
        "netsuite_api_url": new.netsuite_api_url,
        "netsuite_concurrency": new.netsuite_concurrency,
        "rules": dict(new.rules),
        "checked_at": None,
        "probe_at": func.now(),
    }


def _put_credentials(
    connection: Connection, connection_id: int, new: NewConnection, vault: Vault, *, email_key: str
) -> None:
    credentials.put(connection, vault, connection_id, SHOPIFY, new.shopify)
    if new.shopify_session is not None:
        credentials.put(connection, vault, connection_id, SHOPIFY_ONLINE, new.shopify_session)
    netsuite = NewCredential(
        auth=new.netsuite.auth,
        secrets={**new.netsuite.secrets, "email_key": email_key},
        certificate_ends_at=new.netsuite.certificate_ends_at,
    )
    credentials.put(connection, vault, connection_id, NETSUITE, netsuite)


def _connection(row: Row[Any]) -> StoredConnection:
    return StoredConnection(**{name: getattr(row, name) for name in StoredConnection.__dataclass_fields__})
