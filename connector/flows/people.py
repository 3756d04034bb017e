"""Adds users, lets them in by one-time links, changes what they may do, shuts them out. Everything counts at once.

Nobody gives more than he has, and the last admin who can come in stays one.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from connector.errors import AlreadyExists, Missing, Rejected
from connector.flows.acting import NotAllowed, Who
from connector.flows.passwords import Passwords, must_be_good
from connector.flows.signing_in import Access, SignedIn, Visitor, give_password, may_set_password
from connector.store import console_sessions, operator_actions, sign_in_links, users
from connector.store.roles import Role
from connector.store.users import NewUser, User

LINK_LIFE = timedelta(hours=24)
LINK_PATH = "/sign-in/link"
_NAME = re.compile(r"[\w][\w.@+ -]{0,62}[\w]|[\w]")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


@dataclass(frozen=True, slots=True)
class Invited:
    """A user and the link that lets him in once."""

    user: User
    link: str = field(repr=False)
    ends_at: datetime

    def url(self, address: str) -> str:
        """The link as a browser opens it, on a site at this address."""
        return f"{address}{LINK_PATH}?link={self.link}"


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The password there was, and the one there is to be. `old` is empty where none is asked for."""

    old: str = field(repr=False)
    new: str = field(repr=False)


def add(engine: Engine, new: NewUser, *, by: Who, now: datetime) -> Invited:
    """Adds a user, who comes in by the link. Raises Rejected, AlreadyExists, NotAllowed."""
    _must_cover(by, new.connection_ids)
    if not _NAME.fullmatch(new.name):
        raise Rejected("a name has 1 to 64 letters, digits, spaces and . _ - @ +")
    if new.email is not None and not _EMAIL.fullmatch(new.email):
        raise Rejected(f"{new.email} is no e-mail address")
    with engine.begin() as connection:
        user_id = users.add(connection, new)
        if user_id is None:
            raise AlreadyExists(f"the name {new.name}, or its e-mail address, is another user's")
        _write_down(connection, by, "user added", user_id, role=new.role)
        return _invited(connection, user_id, now)


def invite(engine: Engine, name: str, *, by: Who, now: datetime) -> Invited:
    """A new link for a user; the one before it counts no more. Raises Missing, NotAllowed, Rejected."""
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        if user.disabled_at is not None:
            raise Rejected(f"{user.name} is disabled; enable first")
        _write_down(connection, by, "sign-in link made", user.id)
        return _invited(connection, user.id, now)


def set_role(engine: Engine, name: str, role: Role, connection_ids: tuple[int, ...] | None, *, by: Who) -> None:
    """Changes role and connections; in force with the next request. Raises Missing, NotAllowed, Rejected."""
    _must_cover(by, connection_ids)
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        if role is not Role.ADMIN:
            _must_not_be_last(connection, user)
        users.set_role(connection, user.id, role, connection_ids)
        _write_down(connection, by, "role changed", user.id, role=role, before=user.role)


def disable(engine: Engine, name: str, *, by: Who, now: datetime) -> None:
    """Shuts a user out: sessions and links end now, tokens that act for the user are refused."""
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        _must_not_be_last(connection, user)
        users.set_disabled(connection, user.id, now)
        console_sessions.end_all(connection, user.id)
        sign_in_links.end(connection, user.id)
        _write_down(connection, by, "user disabled", user.id)


def enable(engine: Engine, name: str, *, by: Who) -> None:
    """Lets a user in again."""
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        users.set_disabled(connection, user.id, None)
        _write_down(connection, by, "user enabled", user.id)


def set_email(engine: Engine, name: str, email: str | None, *, by: Who) -> None:
    """Changes the e-mail address, by which single sign-on finds a user. Raises AlreadyExists, Rejected."""
    if email is not None and not _EMAIL.fullmatch(email):
        raise Rejected(f"{email} is no e-mail address")
    try:
        with engine.begin() as connection:
            user = _changed(connection, name, by)
            users.set_email(connection, user.id, email)
            _write_down(connection, by, "e-mail changed", user.id)
    except IntegrityError as error:
        raise AlreadyExists(f"the e-mail address {email} is another user's") from error


def set_password(engine: Engine, passwords: Passwords, name: str, password: str, *, by: Who) -> None:
    """Sets somebody's password; every session of the user ends."""
    must_be_good(password, name)
    anew = passwords.hash(password)
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        users.set_password(connection, user.id, anew)
        console_sessions.end_all(connection, user.id)
        _write_down(connection, by, "password changed", user.id)


def remove_second_factor(engine: Engine, name: str, *, by: Who) -> None:
    """Takes away the second factor of somebody whose phone is lost; every session of the user ends."""
    with engine.begin() as connection:
        user = _changed(connection, name, by)
        users.forget_totp(connection, user.id)
        console_sessions.end_all(connection, user.id)
        _write_down(connection, by, "second factor removed", user.id)


def change_own_password(
    access: Access, signed_in: SignedIn, wanted: PasswordChange, visitor: Visitor, *, now: datetime
) -> None:
    """Changes one's own password; every other session ends. Raises WrongSignIn for a wrong old one, Rejected."""
    user = signed_in.user
    must_be_good(wanted.new, user.name)
    if not may_set_password(signed_in, now=now):
        give_password(access, signed_in, wanted.old, visitor, now=now)
    anew = access.passwords.hash(wanted.new)
    with access.engine.begin() as connection:
        users.set_password(connection, user.id, anew)
        console_sessions.end_all(connection, user.id, but=signed_in.session.id)
        console_sessions.password_given(connection, signed_in.session.id, now=now)
        sign_in_links.end(connection, user.id)
        _write_down(connection, signed_in.who, "password changed", user.id)


def _invited(connection: Connection, user_id: int, now: datetime) -> Invited:
    link = secrets.token_urlsafe(32)
    sign_in_links.offer(connection, user_id, link, ends_at=now + LINK_LIFE)
    user = users.by_id(connection, user_id)
    if user is None:
        raise Missing("the user is gone")
    return Invited(user, link, now + LINK_LIFE)


def _changed(connection: Connection, name: str, by: Who) -> User:
    """The user to change. Raises Missing, NotAllowed."""
    by.must_be(Role.ADMIN)
    user = users.by_name(connection, name)
    if user is None:
        raise Missing(f"there is no user {name}; see `ml-connector users list`")
    _must_cover(by, user.connection_ids)
    return user


def _must_cover(by: Who, connection_ids: tuple[int, ...] | None) -> None:
    by.must_be(Role.ADMIN)
    if by.connection_ids is not None and (connection_ids is None or not set(connection_ids) <= set(by.connection_ids)):
        raise NotAllowed(f"{by.name} does not see all connections this is about")


def _must_not_be_last(connection: Connection, user: User) -> None:
    if users.lock_admins(connection) == [user.id]:
        raise Rejected(f"{user.name} is the only admin who can come in; make another one first")


def _write_down(connection: Connection, by: Who, action: str, user_id: int, **details: object) -> None:
    operator_actions.write_down(connection, None, actor=by.name, action=action, details={"user": user_id} | details)
