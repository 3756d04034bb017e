"""Tokens of the API: one acts for its user, with that user's present role, or by a role of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, insert, or_, select, update

from connector.store.roles import Role
from connector.store.tokens import token_hash
from connector.store.user_tables import api_tokens, users

_USED_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to make: for `user_id`, or with `role` and the connections that are seen (None: all)."""

    name: str
    user_id: int | None = None
    role: Role | None = None
    connection_ids: tuple[int, ...] | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One token. `role` and `connection_ids` are those in force: the user's, where it acts for one."""

    id: int
    name: str
    user_id: int | None
    user_name: str | None
    role: Role
    connection_ids: tuple[int, ...] | None
    made_by: str
    made_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def add(connection: Connection, new: NewToken, token: str, *, made_by: str, now: datetime) -> int:
    """Keeps a new token; its id."""
    values: dict[str, Any] = {
        "token_hash": token_hash(token),
        "name": new.name,
        "user_id": new.user_id,
        "role": new.role,
        "connection_ids": None if new.connection_ids is None else sorted(set(new.connection_ids)),
        "made_by": made_by,
        "made_at": now,
        "ends_at": new.ends_at,
    }
    return int(connection.execute(insert(api_tokens).values(**values).returning(api_tokens.c.id)).scalar_one())


def by_token(connection: Connection, token: str, *, now: datetime) -> ApiToken | None:
    """The token, when it is good: not revoked, not ended, its user not shut out."""
    found = _tokens(
        connection,
        api_tokens.c.token_hash == token_hash(token),
        api_tokens.c.revoked_at.is_(None),
        or_(api_tokens.c.ends_at.is_(None), api_tokens.c.ends_at > now),
        users.c.disabled_at.is_(None),
    )
    return found[0] if found else None


def by_id(connection: Connection, token_id: int) -> ApiToken | None:
    """The token of an id, good or not."""
    found = _tokens(connection, api_tokens.c.id == token_id)
    return found[0] if found else None


def all_(connection: Connection) -> list[ApiToken]:
    """Every token that was ever made, the oldest first."""
    return _tokens(connection)


def of_user(connection: Connection, user_id: int) -> list[ApiToken]:
    """The tokens that act for a user."""
    return _tokens(connection, api_tokens.c.user_id == user_id)


def used(connection: Connection, token: ApiToken, *, now: datetime) -> None:
    """Notes a use; written once in a while only."""
    if token.last_used_at is None or now - token.last_used_at >= _USED_STEP:
        connection.execute(update(api_tokens).where(api_tokens.c.id == token.id).values(last_used_at=now))


def revoke(connection: Connection, token_id: int, *, now: datetime) -> bool:
    """True for the first who ends a token."""
    done = connection.execute(
        update(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return done.rowcount == 1


def _tokens(connection: Connection, *conditions: ColumnElement[bool]) -> list[ApiToken]:
    acts_for_user = api_tokens.c.user_id.is_not(None)
    inherited = {
        "user_name": users.c.name.label("user_name"),
        "role": case((acts_for_user, users.c.role), else_=api_tokens.c.role).label("role"),
        "connection_ids": case(
            (acts_for_user, users.c.connection_ids), else_=api_tokens.c.connection_ids
        ).label("connection_ids"),
    }  # fmt: skip
    columns = [
        inherited[name] if name in inherited else getattr(api_tokens.c, name) for name in ApiToken.__dataclass_fields__
    ]
    found = connection.execute(
        select(*columns)
        .select_from(api_tokens.outerjoin(users, users.c.id == api_tokens.c.user_id))
        .where(*conditions)
        .order_by(api_tokens.c.id)
    )
    return [_token(dict(row)) for row in found.mappings()]


def _token(values: dict[str, Any]) -> ApiToken:
    ids = values["connection_ids"]
    return ApiToken(**values | {"role": Role(values["role"]), "connection_ids": None if ids is None else tuple(ids)})
