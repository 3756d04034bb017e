"""What posts to the API were answered, by who asked and their Idempotency-Key; kept for a day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.console_tables import api_answers
from connector.vault import Vault

KEPT = timedelta(hours=24)
# An act whose end nobody knows leaves its key taken for so long: longer than any takes.
_AT_WORK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Key:
    """One use of a key. `asked`: SHA-256 of what was asked."""

    who: str
    key: str
    asked: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What a key was used for before, and the answer; None while that is at work."""

    asked: bytes
    body: bytes | None = field(repr=False)


def place(who: str, key: str) -> str:
    """Where a sealed answer belongs."""
    return f"api_answers:{who}:{key}"


def take(connection: Connection, vault: Vault, key: Key, *, now: datetime) -> Answered | None:
    """Takes a key; None when it is ours now, else what it was used for."""
    connection.execute(delete(api_answers).where(api_answers.c.at < now - KEPT))
    connection.execute(
        delete(api_answers).where(_is(key), api_answers.c.body.is_(None), api_answers.c.at < now - _AT_WORK)
    )
    values = {"who": key.who, "key": key.key, "asked_sha256": key.asked, "at": now}
    made = connection.execute(
        insert(api_answers).values(values).on_conflict_do_nothing().returning(api_answers.c.key)
    ).one_or_none()
    if made is not None:
        return None
    row = connection.execute(select(api_answers.c.asked_sha256, api_answers.c.body).where(_is(key))).one()
    body = None if row.body is None else vault.open(row.body, associated=place(key.who, key.key))
    return Answered(row.asked_sha256, body)


def keep(connection: Connection, vault: Vault, key: Key, body: bytes) -> None:
    """Keeps the answer, sealed: it may be the only one that says a new secret."""
    sealed = vault.seal(body, associated=place(key.who, key.key))
    connection.execute(update(api_answers).where(_is(key)).values(body=sealed))


def give_back(connection: Connection, key: Key) -> None:
    """Forgets a key whose act was refused."""
    connection.execute(delete(api_answers).where(_is(key), api_answers.c.body.is_(None)))


def _is(key: Key) -> ColumnElement[bool]:
    return (api_answers.c.who == key.who) & (api_answers.c.key == key.key)
