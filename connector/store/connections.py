"""Connections: one shop kept equal to one NetSuite account, what was approved, and whether work on it is halted."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from connector.errors import ConfigError
from connector.store import credentials, rule_versions
from connector.store.connection_tables import connections
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, NewCredential, StoredCredential
from connector.store.living_tokens import is_same_app, with_living_token
from connector.vault import Vault

# Who changes a connection where nothing else is said.
COMMAND_LINE = "command line"
# In this order they are locked.
_SIDES = (NETSUITE, SHOPIFY, SHOPIFY_ONLINE)


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
    created_at: datetime


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


def add(connection: Connection, new: NewConnection, vault: Vault, *, actor: str = COMMAND_LINE) -> StoredConnection:
    """Stores a new connection with a new webhook key, and its sealed credentials.

    The key its e-mails are hashed with is made here and stays for its life.
    """
    values = _settings(new) | {"name": new.name, "shop": new.shop, "netsuite_account": new.netsuite_account}
    values["key"] = secrets.token_urlsafe(24)
    row = connection.execute(insert(connections).values(**values).returning(*connections.c)).one()
    _put_credentials(connection, row.id, new, vault, email_key=secrets.token_hex(32))
    rule_versions.keep(connection, row.id, row.rules_version, new.rules, actor=actor, note="connection added")
    return _connection(row)


def change(
    connection: Connection, stored: StoredConnection, new: NewConnection, vault: Vault, *, actor: str = COMMAND_LINE
) -> StoredConnection:
    """Replaces rules, addresses and secrets; the webhook key stays. Raises ConfigError for another shop or account.

    The key that e-mails are hashed with stays too: the customer mirror was made with it. So does a token that lives,
    where the file brings no other one: a refresh token in a file is an old one soon.
    """
    if (new.shop, new.netsuite_account) != (stored.shop, stored.netsuite_account):
        raise ConfigError(
            f"the connection {stored.name} joins {stored.shop} and {stored.netsuite_account}; "
            "for another shop or account choose another name in the file"
        )
    before = {side: credentials.read_locked(connection, vault, stored.id, side) for side in _SIDES}
    account = before[NETSUITE]
    row = connection.execute(_changed(stored.id, _settings(new)).returning(*connections.c)).one()
    if new.shopify_api_url != stored.shopify_api_url or not is_same_app(new.shopify, before[SHOPIFY]):
        credentials.forget(connection, stored.id, side=SHOPIFY_ONLINE)
    _put_credentials(
        connection, stored.id, _with_living_tokens(new, stored, before), vault,
        email_key=account.secrets["email_key"] if account else secrets.token_hex(32),
    )  # fmt: skip
    if dict(new.rules) == dict(stored.rules):
        return _connection(row)
    return change_rules(connection, _connection(row), new.rules, actor=actor, note="connection file added again")


def change_rules(
    connection: Connection, stored: StoredConnection, rules: Mapping[str, Any], *, actor: str, note: str,
    looked_up: Mapping[str, Any] | None = None,
) -> StoredConnection:  # fmt: skip
    """Makes these the rules, as a new version. Raises ConfigError when somebody else changed them meanwhile."""
    values = {"rules": dict(rules), "rules_version": stored.rules_version + 1}
    changed = _changed(stored.id, values).where(connections.c.rules_version == stored.rules_version)
    row = connection.execute(changed.returning(*connections.c)).one_or_none()
    if row is None:
        raise ConfigError(
            f"the rules of {stored.name} were changed by somebody else meanwhile; look at them and try again"
        )
    rule_versions.keep(connection, stored.id, row.rules_version, rules, actor=actor, note=note, looked_up=looked_up)
    return _connection(row)


def by_name(connection: Connection, name: str) -> StoredConnection | None:
    """The connection of that name, or None; one that was removed has no name any more."""
    row = connection.execute(
        select(connections).where(connections.c.name == name, connections.c.removed_at.is_(None))
    ).one_or_none()
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


def revision_kept(connection: Connection, connection_id: int) -> int:
    """The revision of a connection, which stays that until the transaction ends: who changes it waits."""
    query = select(connections.c.revision).where(connections.c.id == connection_id).with_for_update(read=True)
    found: int = connection.execute(query).scalar_one()
    return found


def every(connection: Connection) -> tuple[StoredConnection, ...]:
    """All connections that were not removed, oldest first."""
    found = connection.execute(select(connections).where(connections.c.removed_at.is_(None)).order_by(connections.c.id))
    return tuple(_connection(row) for row in found)


def of_account(connection: Connection, account: str) -> tuple[StoredConnection, ...]:
    """All connections of one NetSuite account, oldest first."""
    return tuple(stored for stored in every(connection) if stored.netsuite_account == account)


def share_concurrency(connection: Connection, stored: StoredConnection) -> list[str]:
    """Sets a connection's limit of concurrent calls for all of its account, which has only one; names of those changed.

    One at a time for an account: of two that are added at once the later one counts for both.
    """
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"concurrency {stored.netsuite_account}"))))
    others = [
        other
        for other in of_account(connection, stored.netsuite_account)
        if other.netsuite_concurrency != stored.netsuite_concurrency
    ]
    for other in others:
        connection.execute(_changed(other.id, {"netsuite_concurrency": stored.netsuite_concurrency}))
    return [other.name for other in others]


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
        token=new.netsuite.token,
        certificate_ends_at=new.netsuite.certificate_ends_at,
    )
    credentials.put(connection, vault, connection_id, NETSUITE, netsuite)


def _with_living_tokens(
    new: NewConnection, stored: StoredConnection, before: Mapping[str, StoredCredential | None]
) -> NewConnection:
    """A token is never taken to another host than the one that gave it."""
    shopify, session, netsuite = new.shopify, new.shopify_session, new.netsuite
    if new.shopify_api_url == stored.shopify_api_url:
        shopify = with_living_token(shopify, before[SHOPIFY])
        session = session and with_living_token(session, before[SHOPIFY_ONLINE])
    if new.netsuite_api_url == stored.netsuite_api_url:
        netsuite = with_living_token(netsuite, before[NETSUITE])
    return replace(new, shopify=shopify, shopify_session=session, netsuite=netsuite)


def _connection(row: Row[Any]) -> StoredConnection:
    return StoredConnection(**{name: getattr(row, name) for name in StoredConnection.__dataclass_fields__})
