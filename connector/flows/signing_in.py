"""Signs people in and out: name, password and code, or a one-time link; then a random token stands for the session.

What is wrong is never said: name, password and code are answered alike, with the same work done for a name nobody has.
No connection to the database is held while a password is compared.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from connector.errors import PermanentError
from connector.flows import second_factor
from connector.flows.acting import NotSignedIn, Who
from connector.flows.passwords import Passwords
from connector.flows.second_factor import Proof
from connector.flows.throttling import Throttle
from connector.store import console_sessions, operator_actions, sign_in_links, users
from connector.store.console_sessions import NewSession, StoredSession, Way
from connector.store.users import User
from connector.vault import Vault

log = structlog.get_logger(__name__)

# A link stands for the password for so long after it was used: to set a new one.
LINK_COUNTS = timedelta(minutes=15)


class WrongSignIn(PermanentError):
    """Name, password or code is wrong, or the user is shut out."""


class LinkOver(PermanentError):
    """The link was used, has ended, or was never made."""


@dataclass(frozen=True, slots=True)
class Access:
    """What signing in works with. `engine` has transactions: the receiving one has none."""

    engine: Engine
    vault: Vault
    throttle: Throttle
    passwords: Passwords


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who knocks: the address, and what the browser calls itself."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody typed. `code`: of an app, or a recovery code; empty where there is none."""

    name: str = field(repr=False)
    password: str = field(repr=False)
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that goes on, and whose it is."""

    who: Who
    session: StoredSession
    user: User


def sign_in(access: Access, given: Given, visitor: Visitor, *, now: datetime) -> str:
    """The token of a new session. Raises WrongSignIn, TooManyTries."""
    access.throttle.take(given.name, visitor.address, now=now)
    with access.engine.begin() as connection:
        user = users.by_name(connection, given.name)
    is_right = access.passwords.is_right(user.password_hash if user else None, given.password)
    proof = second_factor.proof(access.vault, user, given.code, now=now) if user else None
    if user is None or not is_right:
        raise _wrong(user)
    with access.engine.begin() as connection:
        _must_be_let_in(connection, user, proof, now=now)
        token = begin(connection, user, visitor, Way.PASSWORD, now=now)
    access.throttle.was_right(given.name, visitor.address, now=now)
    _renew_hash(access, user, given.password)
    return token


def begin(connection: Connection, user: User, visitor: Visitor, way: Way, *, now: datetime) -> str:
    """A new session of a user who proved to be one; its token. Only a password is good for what moves money."""
    token = secrets.token_urlsafe(32)
    password_at = now if way is Way.PASSWORD else None
    console_sessions.begin(connection, NewSession(user.id, way, password_at, visitor.agent), token, now=now)
    users.signed_in(connection, user.id, now=now)
    operator_actions.write_down(connection, None, actor=user.name, action="signed in", details={"way": way})
    return token


def session(access: Access, token: str, *, now: datetime) -> SignedIn:
    """Who a session is of; it was seen now. Raises NotSignedIn."""
    signed_in = watched(access, token, now=now)
    with access.engine.begin() as connection:
        console_sessions.seen(connection, signed_in.session, now=now)
    return signed_in


def watched(access: Access, token: str, *, now: datetime) -> SignedIn:
    """Who a session is of; for what a page asks by itself, which is no sign that anybody is there. Raises NotSignedIn."""
    with access.engine.begin() as connection:
        found = console_sessions.by_token(connection, token, now=now)
    if found is None:
        raise NotSignedIn("sign in: nobody is, or the session has ended")
    stored, user = found
    who = Who(user.name, user.role, user.connection_ids, stored.password_at, user.id)
    return SignedIn(who, stored, user)


def sign_out(access: Access, signed_in: SignedIn) -> None:
    """Ends a session."""
    with access.engine.begin() as connection:
        console_sessions.end(connection, signed_in.session.id, user_id=signed_in.user.id)
        operator_actions.write_down(connection, None, actor=signed_in.who.name, action="signed out")


def give_password(access: Access, signed_in: SignedIn, password: str, visitor: Visitor, *, now: datetime) -> None:
    """Notes that the password was given again. Raises WrongSignIn, TooManyTries."""
    access.throttle.take(signed_in.user.name, visitor.address, now=now)
    if not access.passwords.is_right(signed_in.user.password_hash, password):
        raise _wrong(signed_in.user)
    with access.engine.begin() as connection:
        console_sessions.password_given(connection, signed_in.session.id, now=now)
    access.throttle.was_right(signed_in.user.name, visitor.address, now=now)


def link_user(access: Access, link: str, *, now: datetime) -> User:
    """Whom a link lets in; nothing is changed by looking. Raises LinkOver."""
    with access.engine.begin() as connection:
        found = sign_in_links.by_link(connection, link)
        user = users.by_id(connection, found.user_id) if found is not None and found.is_good(now) else None
    if user is None or user.disabled_at is not None:
        raise LinkOver("this link was used, has ended, or was never made; ask for a new one")
    return user


def sign_in_by_link(access: Access, link: str, code: str, visitor: Visitor, *, now: datetime) -> str:
    """The token of a new session; the link is used up. It stands for the password, not for the second factor.

    Raises LinkOver, WrongSignIn for a wrong code, TooManyTries.
    """
    access.throttle.take_address(visitor.address, now=now)
    user = link_user(access, link, now=now)
    proof = second_factor.proof(access.vault, user, code, now=now)
    if user.has_second_factor:
        access.throttle.take_link(user.name, now=now)
    with access.engine.begin() as connection:
        _must_be_let_in(connection, user, proof, now=now)
        found = sign_in_links.by_link(connection, link)
        if found is None or not sign_in_links.use(connection, found.id, now=now):
            raise LinkOver("this link was used already; ask for a new one")
        token = begin(connection, user, visitor, Way.LINK, now=now)
    access.throttle.was_right(user.name, visitor.address, now=now)
    return token


def may_set_password(signed_in: SignedIn, *, now: datetime) -> bool:
    """True when a new password is taken without the old one: there is none, or a link stands for it."""
    if signed_in.session.way is Way.LINK and now - signed_in.session.made_at <= LINK_COUNTS:
        return True
    return signed_in.user.password_hash is None


def _must_be_let_in(connection: Connection, user: User, proof: Proof | None, *, now: datetime) -> None:
    """Raises WrongSignIn when the user was shut out or changed meanwhile, or the code is not good."""
    present = users.by_id(connection, user.id)
    if present is None or present.disabled_at is not None or present.password_hash != user.password_hash:
        raise _wrong(user)
    if present.has_second_factor and (proof is None or not second_factor.use(connection, present, proof, now=now)):
        raise _wrong(user)


def _renew_hash(access: Access, user: User, password: str) -> None:
    """A hash made with less work than is done now is made anew, while the password is known."""
    if user.password_hash is None or not access.passwords.is_outdated(user.password_hash):
        return
    anew = access.passwords.hash(password)
    with access.engine.begin() as connection:
        users.renew_hash(connection, user.id, user.password_hash, anew)


def _wrong(user: User | None) -> WrongSignIn:
    # Only the id of somebody known: people type passwords into the field of the name.
    log.warning("sign_in_refused", user_id=user.id if user else None)
    return WrongSignIn("the name, the password or the code is not right")
