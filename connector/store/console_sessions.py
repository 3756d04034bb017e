"""Sessions of the console. Each is a row under the hash of a random token: it ends when the row goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from connector.store.tokens import token_hash
from connector.store.user_tables import console_sessions, users
from connector.store.users import User, from_row

# Without a request for so long, and in all.
IDLE = timedelta(minutes=30)
LIFE = timedelta(hours=12)
# A session that was seen so lately is not written again.
_SEEN_STEP = timedelta(seconds=20)
_AGENT_CHARACTERS = 120


class Way(StrEnum):
    """How somebody came in."""

    PASSWORD = "password"  # noqa: S105  the name of a way
    LINK = "link"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to begin."""

    user_id: int
    way: Way
    password_at: datetime | None
    agent: str


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One session. `password_at`: when who sits there proved it last; `agent`: what the browser calls itself."""

    id: int
    user_id: int
    way: Way
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    password_at: datetime | None
    agent: str


def begin(connection: Connection, new: NewSession, token: str, *, now: datetime) -> None:
    """Keeps a new session, and lets go of those that have ended."""
    connection.execute(delete(console_sessions).where(console_sessions.c.ends_at <= now))
    connection.execute(
        insert(console_sessions).values(
            token_hash=token_hash(token),
            user_id=new.user_id,
            way=new.way,
            made_at=now,
            seen_at=now,
            ends_at=now + LIFE,
            password_at=new.password_at,
            agent=new.agent[:_AGENT_CHARACTERS],
        )
    )


def by_token(connection: Connection, token: str, *, now: datetime) -> tuple[StoredSession, User] | None:
    """The session of a token and its user as they stand; None when it has ended or the user is shut out."""
    columns = [
        getattr(console_sessions.c, name).label(f"session_{name}") for name in StoredSession.__dataclass_fields__
    ]
    found = connection.execute(
        select(users, *columns)
        .join(console_sessions, console_sessions.c.user_id == users.c.id)
        .where(console_sessions.c.token_hash == token_hash(token), *_goes_on(now), users.c.disabled_at.is_(None))
    )
    row = found.mappings().one_or_none()
    return None if row is None else (_session(row, "session_"), from_row(row))


def seen(connection: Connection, session: StoredSession, *, now: datetime) -> None:
    """Notes that somebody is there; written once in a while only."""
    if now - session.seen_at >= _SEEN_STEP:
        _change(connection, session.id, seen_at=now)


def password_given(connection: Connection, session_id: int, *, now: datetime) -> None:
    """Notes that the password was given again."""
    _change(connection, session_id, password_at=now)


def of_user(connection: Connection, user_id: int, *, now: datetime) -> list[StoredSession]:
    """The sessions of a user that go on, the newest first."""
    found = connection.execute(
        select(console_sessions)
        .where(console_sessions.c.user_id == user_id, *_goes_on(now))
        .order_by(console_sessions.c.id.desc())
    )
    return [_session(row, "") for row in found.mappings()]


def end(connection: Connection, session_id: int, *, user_id: int) -> bool:
    """Ends one session of a user; False when there is none."""
    done = connection.execute(
        delete(console_sessions).where(console_sessions.c.id == session_id, console_sessions.c.user_id == user_id)
    )
    return done.rowcount == 1


def end_all(connection: Connection, user_id: int, *, but: int | None = None) -> int:
    """Ends the sessions of a user, all or all but one; how many there were."""
    others = console_sessions.c.user_id == user_id
    if but is not None:
        others &= console_sessions.c.id != but
    return connection.execute(delete(console_sessions).where(others)).rowcount


def _goes_on(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return console_sessions.c.ends_at > now, console_sessions.c.seen_at > now - IDLE


def _change(connection: Connection, session_id: int, **values: Any) -> None:
    connection.execute(update(console_sessions).where(console_sessions.c.id == session_id).values(**values))


def _session(row: Any, before: str) -> StoredSession:
    values = {name: row[before + name] for name in StoredSession.__dataclass_fields__}
    return StoredSession(**values | {"way": Way(values["way"])})
