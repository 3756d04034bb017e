"""Attempts to install the app: a link for one person, the browser that opened it, the state it brings back.

Of each of the three only a hash is kept: who reads this table can use none of them.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from connector.store.connection_tables import installs


@dataclass(frozen=True, slots=True)
class Install:
    """One attempt. `per_user`: for the token of one person's session. `used_at`: when its token was stored."""

    id: int
    connection_id: int
    per_user: bool
    browser_hash: bytes | None = field(repr=False)
    state_ends_at: datetime | None
    ends_at: datetime
    used_at: datetime | None

    def is_begun_by(self, browser: str) -> bool:
        """True for the browser that began this attempt; compared in constant time."""
        return self.browser_hash is not None and hmac.compare_digest(self.browser_hash, _hash(browser))


def offer(connection: Connection, connection_id: int, link: str, *, per_user: bool, ends_at: datetime) -> None:
    """Keeps a new link."""
    connection.execute(
        insert(installs).values(connection_id=connection_id, link_hash=_hash(link), per_user=per_user, ends_at=ends_at)
    )


def by_link(connection: Connection, link: str) -> Install | None:
    """The attempt of a link, locked until the transaction ends; None for one that was never made."""
    return _install(connection, installs.c.link_hash == _hash(link))


def by_state(connection: Connection, state: str) -> Install | None:
    """The attempt of a state, locked until the transaction ends; None for one that was never made, or replaced."""
    return _install(connection, installs.c.state_hash == _hash(state))


def begin(connection: Connection, install_id: int, *, state: str, browser: str, ends_at: datetime) -> None:
    """Gives an attempt its browser and a new state; the state before it counts no more."""
    _change(connection, install_id, state_hash=_hash(state), browser_hash=_hash(browser), state_ends_at=ends_at)


def use(connection: Connection, install_id: int, *, now: datetime) -> None:
    """Ends an attempt that came to its token."""
    _change(connection, install_id, used_at=now)


def _change(connection: Connection, install_id: int, **values: Any) -> None:
    connection.execute(update(installs).where(installs.c.id == install_id).values(**values))


def _install(connection: Connection, condition: Any) -> Install | None:
    columns = [getattr(installs.c, name) for name in Install.__dataclass_fields__]
    row = connection.execute(select(*columns).where(condition).with_for_update()).mappings().one_or_none()
    return None if row is None else Install(**row)


def _hash(text: str) -> bytes:
    """Of a long random value, so nothing slower is needed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
