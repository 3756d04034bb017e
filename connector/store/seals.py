"""Every sealed column: which key sealed what, seen without opening anything, and sealing it anew while others work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, Select, Table, func, literal, select

from connector.errors import ConfigError, InvalidAnswer
from connector.store import alert_channels, api_answers, credentials, effects, inbox, made_keys, privacy, users
from connector.store.alert_tables import alert_channels as channels_table
from connector.store.connection_tables import credentials as credentials_table
from connector.store.connection_tables import exports
from connector.store.console_tables import api_answers as answers_table
from connector.store.console_tables import made_keys as made_keys_table
from connector.store.tables import effects as effects_table
from connector.store.tables import events
from connector.store.user_tables import users as users_table
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed column. `what` is what people call its values, `place` where the value of a row belongs."""

    what: str
    table: Table
    column: str
    place: Callable[[Row[Any]], str]

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table.name}.{self.column}"


@dataclass(frozen=True, slots=True)
class Window:
    """Rows with `after` < id ≤ `until`."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some rows: the last id that was looked at (None: there were none), and places that did not open."""

    last_id: int | None
    sealed: int
    closed: tuple[str, ...]


SEALED = (
    Sealed(
        "credentials", credentials_table, "sealed", lambda row: credentials.place(row.connection_id, row.side, "sealed")
    ),
    Sealed("tokens", credentials_table, "token", lambda row: credentials.place(row.connection_id, row.side, "token")),
    Sealed("webhook bodies", events, "body", lambda row: inbox.place(row.connection_id, row.delivery_id)),
    Sealed("images", effects_table, "image", lambda row: effects.place(row.connection_id, row.natural_key)),
    Sealed("alert addresses", channels_table, "sealed", lambda row: alert_channels.place(row.connection_id, row.name)),
    Sealed("API answers", answers_table, "body", lambda row: api_answers.place(row.who, row.key)),
    Sealed("exports", exports, "document", lambda row: privacy.place(row.connection_id, row.request_id)),
    Sealed("made keys", made_keys_table, "sealed", lambda row: made_keys.place(row.name)),
    Sealed("second factors", users_table, "totp", lambda row: users.place(row.id)),
)


def newest_id(connection: Connection, sealed: Sealed) -> int:
    """The highest id of the table, 0 for an empty one."""
    return int(connection.execute(select(func.coalesce(func.max(sealed.table.c.id), 0))).scalar_one())


def keys_of(connection: Connection, sealed: Sealed, window: Window) -> dict[str, int]:
    """How many values each key sealed; empty text for a value that is no envelope. Nothing is opened."""
    head = _head(sealed.table.c[sealed.column])
    found = connection.execute(
        select(head, func.count())
        .where(*_within(sealed, window), sealed.table.c[sealed.column].is_not(None))
        .group_by(head)
    )
    counted: dict[str, int] = {}
    for start, count in found:
        key_id = Vault.key_id(start)
        known = key_id if start == Vault.head(key_id) else ""
        counted[known] = counted.get(known, 0) + count
    return counted


def seal_batch(connection: Connection, vault: Vault, sealed: Sealed, window: Window, *, limit: int) -> Batch:
    """Seals up to `limit` values of older keys with the present one; their rows stay locked until the transaction ends.

    A row that somebody else changes right now is left out.
    """
    wanted = _wanted(vault, sealed, window).limit(limit).with_for_update(skip_locked=True)
    return _sealed(connection, vault, sealed, wanted)


def seal_next(connection: Connection, vault: Vault, sealed: Sealed, window: Window) -> Batch:
    """Seals the next value of an older key; one that somebody changes right now is waited for, and then as he left it.

    Only one at a time: whoever waits with other locks in his hand can be waited for in turn.
    """
    return _sealed(connection, vault, sealed, _wanted(vault, sealed, window).limit(1).with_for_update())


def _sealed(connection: Connection, vault: Vault, sealed: Sealed, wanted: Select[Any]) -> Batch:
    rows = connection.execute(wanted).all()
    anew: list[tuple[int, bytes]] = []
    closed: list[str] = []
    for row in rows:
        place = sealed.place(row)
        try:
            plain = vault.open(getattr(row, sealed.column), associated=place)
        except (ConfigError, InvalidAnswer):
            closed.append(place)
            continue
        anew.append((row.id, vault.seal(plain, associated=place)))
    _keep(connection, sealed, anew)
    return Batch(rows[-1].id if rows else None, len(anew), tuple(closed))


def _wanted(vault: Vault, sealed: Sealed, window: Window) -> Select[Any]:
    """Rows whose value an older key of ours sealed."""
    heads = [literal(vault.head(key_id), LargeBinary) for key_id in vault.key_ids[1:]]
    is_older = _head(sealed.table.c[sealed.column]).in_(heads)
    return select(sealed.table).where(*_within(sealed, window), is_older).order_by(sealed.table.c.id)


def _keep(connection: Connection, sealed: Sealed, anew: Iterable[tuple[int, bytes]]) -> None:
    """One statement for all; psycopg2 would send one for each."""
    ids, values = [row_id for row_id, _ in anew], [value for _, value in anew]
    connection.exec_driver_sql(
        f"update {sealed.table.name} as kept set {sealed.column} = anew.value "
        "from unnest(%(ids)s::bigint[], %(values)s::bytea[]) as anew (id, value) where kept.id = anew.id",
        {"ids": ids, "values": values},
    )


def _within(sealed: Sealed, window: Window) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sealed.table.c.id > window.after, sealed.table.c.id <= window.until


def _head(column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """Version, length of the key id, key id. Of a value that is stored out of line only the first piece is read."""
    first_two = func.substring(column, 1, 2, type_=LargeBinary).op("||")(literal(b"\0\0", LargeBinary))
    return func.substring(column, 1, 2 + func.get_byte(first_two, 1), type_=LargeBinary)
