"""Channels of alerts: who is told, with their address sealed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, insert, select, update

from connector.store.alert_tables import alert_channels
from connector.vault import Vault


class ChannelKind(StrEnum):
    """How a message leaves."""

    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """One channel. `target`: `to` of an e-mail, `url` of the others, `secret` a webhook is signed with."""

    id: int
    connection_id: int
    name: str
    kind: ChannelKind
    target: Mapping[str, str] = field(repr=False)
    told_at: datetime | None
    failed_at: datetime | None
    failure: str | None


def place(connection_id: int, name: str) -> str:
    """Where the sealed address belongs."""
    return f"alert_channels:{connection_id}:{name}"


def add(
    connection: Connection, vault: Vault, connection_id: int, name: str, kind: ChannelKind, target: Mapping[str, str]
) -> None:
    """Stores a channel; its name is unique within the connection."""
    sealed = vault.seal(json.dumps(dict(target)).encode(), associated=place(connection_id, name))
    connection.execute(insert(alert_channels).values(connection_id=connection_id, name=name, kind=kind, sealed=sealed))


def remove(connection: Connection, channel_id: int) -> None:
    """Takes a channel away, with the messages it was owed."""
    connection.execute(delete(alert_channels).where(alert_channels.c.id == channel_id))


def of_connection(connection: Connection, vault: Vault, connection_id: int) -> list[StoredChannel]:
    """The channels of a connection, by name."""
    rows = connection.execute(
        select(alert_channels).where(alert_channels.c.connection_id == connection_id).order_by(alert_channels.c.name)
    )
    return [_channel(row, vault) for row in rows]


def by_id(connection: Connection, vault: Vault, channel_id: int) -> StoredChannel | None:
    """One channel, or None."""
    row = connection.execute(select(alert_channels).where(alert_channels.c.id == channel_id)).one_or_none()
    return None if row is None else _channel(row, vault)


def told(connection: Connection, channel_id: int, *, now: datetime) -> None:
    """A message arrived there."""
    values = {"told_at": now, "failed_at": None, "failure": None}
    connection.execute(update(alert_channels).where(alert_channels.c.id == channel_id).values(values))


def failed(connection: Connection, channel_id: int, failure: str, *, now: datetime) -> None:
    """A message did not arrive there."""
    values = {"failed_at": now, "failure": failure}
    connection.execute(update(alert_channels).where(alert_channels.c.id == channel_id).values(values))


def _channel(row: Row[tuple[object, ...]], vault: Vault) -> StoredChannel:
    opened = vault.open(row.sealed, associated=place(row.connection_id, row.name))
    return StoredChannel(
        id=row.id, connection_id=row.connection_id, name=row.name, kind=ChannelKind(row.kind),
        target=json.loads(opened), told_at=row.told_at, failed_at=row.failed_at, failure=row.failure,
    )  # fmt: skip
