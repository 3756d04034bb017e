"""Users: who may come into the console, by which role, seeing which connections, and what they sign in with."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.store.roles import Role
from connector.store.user_tables import recovery_codes, users
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class User:
    """One user. `has_second_factor`: a code is asked for; `totp_step`: the step of the last one that was used."""

    id: int
    name: str
    email: str | None
    password_hash: str | None = field(repr=False)
    role: Role
    connection_ids: tuple[int, ...] | None
    totp: bytes | None = field(repr=False)
    totp_confirmed_at: datetime | None
    totp_step: int | None
    made_at: datetime
    disabled_at: datetime | None
    last_signed_in_at: datetime | None

    @property
    def has_password(self) -> bool:
        """False for somebody who came by a link or by single sign-on, and has set none."""
        return self.password_hash is not None

    @property
    def has_second_factor(self) -> bool:
        """True when a code is asked for at each sign-in."""
        return self.totp_confirmed_at is not None


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to add. `connection_ids`: what is seen, None for all."""

    name: str
    role: Role
    email: str | None = None
    connection_ids: tuple[int, ...] | None = None


def name_key(name: str) -> str:
    """A name as it is compared: the same for every way of writing it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def place(user_id: int) -> str:
    """Where the sealed secret of a second factor belongs."""
    return f"second factor of user {user_id}"


def add(connection: Connection, new: NewUser) -> int | None:
    """The id of a new user; None when the name or the address is taken."""
    values = {
        "name": new.name,
        "name_key": name_key(new.name),
        "email": new.email.casefold() if new.email else None,
        "role": new.role,
        "connection_ids": _listed(new.connection_ids),
    }
    statement = upsert(users).values(**values).on_conflict_do_nothing().returning(users.c.id)
    return connection.execute(statement).scalar_one_or_none()


def by_name(connection: Connection, name: str) -> User | None:
    """The user of a name, in whatever case."""
    return _user(connection, users.c.name_key == name_key(name))


def by_id(connection: Connection, user_id: int) -> User | None:
    """The user of an id."""
    return _user(connection, users.c.id == user_id)


def by_email(connection: Connection, email: str) -> User | None:
    """The user of an address, in whatever case."""
    return _user(connection, users.c.email == email.casefold())


def all_(connection: Connection) -> list[User]:
    """Everybody, by name."""
    return [from_row(row) for row in connection.execute(select(users).order_by(users.c.name_key)).mappings()]


def lock_admins(connection: Connection) -> list[int]:
    """Ids of the admins who can come in, locked until the transaction ends: two of them cannot end each other."""
    found = connection.execute(
        select(users.c.id)
        .where(users.c.role == Role.ADMIN, users.c.disabled_at.is_(None))
        .order_by(users.c.id)
        .with_for_update()
    )
    return list(found.scalars())


def is_empty(connection: Connection) -> bool:
    """True when there is nobody yet."""
    return connection.execute(select(users.c.id).limit(1)).first() is None


def set_role(connection: Connection, user_id: int, role: Role, connection_ids: tuple[int, ...] | None) -> None:
    """Changes what a user may do and see; in force with the next request."""
    _change(connection, user_id, role=role, connection_ids=_listed(connection_ids))


def set_email(connection: Connection, user_id: int, email: str | None) -> None:
    """Changes the address; raises IntegrityError when another user has it."""
    _change(connection, user_id, email=email.casefold() if email else None)


def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Changes the password."""
    _change(connection, user_id, password_hash=password_hash)


def renew_hash(connection: Connection, user_id: int, before: str, anew: str) -> None:
    """Keeps another hash of the same password, unless the password was changed meanwhile."""
    is_same = (users.c.id == user_id) & (users.c.password_hash == before)
    connection.execute(update(users).where(is_same).values(password_hash=anew))


def set_disabled(connection: Connection, user_id: int, disabled_at: datetime | None) -> None:
    """Shuts a user out, or lets one in again with None."""
    _change(connection, user_id, disabled_at=disabled_at)


def signed_in(connection: Connection, user_id: int, *, now: datetime) -> None:
    """Notes a sign-in."""
    _change(connection, user_id, last_signed_in_at=now)


def put_totp(connection: Connection, vault: Vault, user_id: int, secret: str) -> None:
    """Keeps the secret of a second factor that is not confirmed yet: no code is asked for before it is."""
    sealed = vault.seal(secret.encode(), associated=place(user_id))
    _change(connection, user_id, totp=sealed, totp_confirmed_at=None, totp_step=None)


def totp_secret(vault: Vault, user: User) -> str | None:
    """The secret of a second factor, opened."""
    return None if user.totp is None else vault.open(user.totp, associated=place(user.id)).decode()


def confirm_totp(connection: Connection, user_id: int, step: int, *, now: datetime) -> None:
    """From now on a code is asked for; the one that confirmed it counts no more."""
    _change(connection, user_id, totp_confirmed_at=now, totp_step=step)


def forget_totp(connection: Connection, user_id: int) -> None:
    """Takes the second factor away, and its recovery codes."""
    _change(connection, user_id, totp=None, totp_confirmed_at=None, totp_step=None)
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


def use_totp_step(connection: Connection, user_id: int, step: int) -> bool:
    """True for the first who uses the code of a step; it, and every earlier one, counts no more."""
    is_unused = or_(users.c.totp_step.is_(None), users.c.totp_step < step)
    done = connection.execute(update(users).where(users.c.id == user_id, is_unused).values(totp_step=step))
    return done.rowcount == 1


def put_recovery_codes(connection: Connection, user_id: int, hashes: Sequence[bytes]) -> None:
    """Keeps new recovery codes; the old ones count no more."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    connection.execute(insert(recovery_codes), [{"user_id": user_id, "code_hash": item} for item in hashes])


def use_recovery_code(connection: Connection, user_id: int, code_hash: bytes, *, now: datetime) -> bool:
    """True for the first who uses a code."""
    done = connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.user_id == user_id,
            recovery_codes.c.code_hash == code_hash,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return done.rowcount == 1


def recovery_codes_left(connection: Connection, user_id: int) -> int:
    """How many recovery codes were not used."""
    unused = (recovery_codes.c.user_id == user_id) & recovery_codes.c.used_at.is_(None)
    return int(connection.execute(select(func.count()).where(unused)).scalar_one())


def from_row(row: Any) -> User:
    """A user from a row that has its columns."""
    values = {name: row[name] for name in User.__dataclass_fields__}
    ids = values["connection_ids"]
    return User(**values | {"role": Role(values["role"]), "connection_ids": None if ids is None else tuple(ids)})


def _user(connection: Connection, condition: ColumnElement[bool]) -> User | None:
    row = connection.execute(select(users).where(condition)).mappings().one_or_none()
    return None if row is None else from_row(row)


def _change(connection: Connection, user_id: int, **values: Any) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def _listed(connection_ids: tuple[int, ...] | None) -> list[int] | None:
    return None if connection_ids is None else sorted(set(connection_ids))
