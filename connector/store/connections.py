"""Connections (one shop and one NetSuite account) and their sealed credentials."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from connector.errors import ConfigError
from connector.store.tables import connections, credentials
from connector.vault import Vault

SHOPIFY = "shopify"
NETSUITE = "netsuite"


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """One shop kept equal to one NetSuite account. `rules` is validated by connector.mapping.rules."""

    id: int
    name: str
    key: str
    enabled: bool
    shop: str
    shop_id: int | None
    shopify_api_url: str
    shopify_api_version: str
    netsuite_account: str
    netsuite_api_url: str
    netsuite_concurrency: int
    rules: Mapping[str, Any]
    rules_version: int


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What `connection add` read from the file; the two secret sets are sealed before they are stored."""

    name: str
    key: str
    shop: str
    shopify_api_url: str
    shopify_api_version: str
    netsuite_account: str
    netsuite_api_url: str
    netsuite_concurrency: int
    rules: Mapping[str, Any]
    shopify_secrets: Mapping[str, Any]
    netsuite_secrets: Mapping[str, Any]


def add(connection: Connection, new: NewConnection, vault: Vault) -> StoredConnection:
    """Stores a new connection and its sealed credentials."""
    row = connection.execute(
        insert(connections)
        .values(
            name=new.name,
            key=new.key,
            shop=new.shop,
            shopify_api_url=new.shopify_api_url,
            shopify_api_version=new.shopify_api_version,
            netsuite_account=new.netsuite_account,
            netsuite_api_url=new.netsuite_api_url,
            netsuite_concurrency=new.netsuite_concurrency,
            rules=dict(new.rules),
        )
        .returning(*connections.c)
    ).one()
    stored = _connection(row)
    _store_secrets(connection, stored, SHOPIFY, new.shopify_secrets, vault)
    _store_secrets(connection, stored, NETSUITE, new.netsuite_secrets, vault)
    return stored


def change(connection: Connection, stored: StoredConnection, new: NewConnection, vault: Vault) -> StoredConnection:
    """Replaces rules, addresses and secrets; the webhook key stays. Raises ConfigError for another shop or account.

    The key that e-mails are hashed with stays too: the customer mirror was made with it.
    """
    if (new.shop, new.netsuite_account) != (stored.shop, stored.netsuite_account):
        raise ConfigError(
            f"the connection {stored.name} joins {stored.shop} and {stored.netsuite_account}; "
            "for another shop or account choose another name in the file"
        )
    kept = secrets(connection, stored, NETSUITE, vault)["email_key"]
    row = connection.execute(
        update(connections)
        .where(connections.c.id == stored.id)
        .values(
            shopify_api_url=new.shopify_api_url,
            shopify_api_version=new.shopify_api_version,
            netsuite_api_url=new.netsuite_api_url,
            netsuite_concurrency=new.netsuite_concurrency,
            rules=dict(new.rules),
            rules_version=connections.c.rules_version + 1,
        )
        .returning(*connections.c)
    ).one()
    connection.execute(delete(credentials).where(credentials.c.connection_id == stored.id))
    _store_secrets(connection, stored, SHOPIFY, new.shopify_secrets, vault)
    _store_secrets(connection, stored, NETSUITE, {**new.netsuite_secrets, "email_key": kept}, vault)
    return _connection(row)


def by_name(connection: Connection, name: str) -> StoredConnection | None:
    """The connection of that name, or None."""
    row = connection.execute(select(connections).where(connections.c.name == name)).one_or_none()
    return None if row is None else _connection(row)


def by_key(connection: Connection, key: str) -> StoredConnection | None:
    """The connection whose webhook URL ends in that key, or None."""
    row = connection.execute(select(connections).where(connections.c.key == key)).one_or_none()
    return None if row is None else _connection(row)


def by_id(connection: Connection, connection_id: int) -> StoredConnection:
    """The connection of that id."""
    return _connection(connection.execute(select(connections).where(connections.c.id == connection_id)).one())


def every(connection: Connection) -> tuple[StoredConnection, ...]:
    """All connections, oldest first."""
    return tuple(_connection(row) for row in connection.execute(select(connections).order_by(connections.c.id)))


def remember_shop_id(connection: Connection, connection_id: int, shop_id: int) -> None:
    """Keeps the shop's numeric id, which every external id carries."""
    connection.execute(update(connections).where(connections.c.id == connection_id).values(shop_id=shop_id))


def secrets(connection: Connection, stored: StoredConnection, side: str, vault: Vault) -> dict[str, Any]:
    """The opened secret set of one side."""
    sealed = connection.execute(
        select(credentials.c.sealed).where(credentials.c.connection_id == stored.id, credentials.c.side == side)
    ).scalar_one()
    opened: dict[str, Any] = json.loads(vault.open(sealed, associated=_place(stored, side)))
    return opened


def _store_secrets(
    connection: Connection, stored: StoredConnection, side: str, values: Mapping[str, Any], vault: Vault
) -> None:
    sealed = vault.seal(json.dumps(dict(values)).encode(), associated=_place(stored, side))
    connection.execute(
        insert(credentials).values(connection_id=stored.id, side=side, sealed=sealed, key_id=vault.sealing_key_id)
    )


def _place(stored: StoredConnection, side: str) -> str:
    """Where a sealed secret set belongs; part of what the seal covers."""
    return f"credentials of {stored.name}, {side}"


def _connection(row: Row[Any]) -> StoredConnection:
    return StoredConnection(
        id=row.id,
        name=row.name,
        key=row.key,
        enabled=row.enabled,
        shop=row.shop,
        shop_id=row.shop_id,
        shopify_api_url=row.shopify_api_url,
        shopify_api_version=row.shopify_api_version,
        netsuite_account=row.netsuite_account,
        netsuite_api_url=row.netsuite_api_url,
        netsuite_concurrency=row.netsuite_concurrency,
        rules=row.rules,
        rules_version=row.rules_version,
    )
