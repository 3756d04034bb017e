"""Tokens of the API: made, used, revoked. One is shown when it is made and never again."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from connector.errors import Missing, Rejected
from connector.flows.acting import NotAllowed, NotSignedIn, Who
from connector.flows.signing_in import Access
from connector.store import api_tokens, operator_actions
from connector.store.api_tokens import ApiToken, NewToken
from connector.store.roles import Role

# Scanners of published code know a secret by such a beginning.
PREFIX = "mlc_"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token with its text."""

    token: ApiToken
    text: str = field(repr=False)


def make(engine: Engine, new: NewToken, *, by: Who, now: datetime) -> MadeToken:
    """Makes a token: anybody one that acts for himself, an admin any that gives no more than he has. Raises NotAllowed."""
    _must_be_allowed(new, by)
    if not 1 <= len(new.name.strip()) <= _LONGEST_NAME or (new.user_id is None) == (new.role is None):
        raise Rejected("a token has a name of 1 to 64 characters, and either a user or a role")
    if new.user_id is not None and new.connection_ids is not None:
        raise Rejected("a token that acts for a user sees what the user sees; give it a role of its own instead")
    if new.ends_at is not None and new.ends_at <= now:
        raise Rejected("the token would have ended already")
    text = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        token_id = api_tokens.add(connection, new, text, made_by=by.name, now=now)
        operator_actions.write_down(
            connection, None, actor=by.name, action="token made", details={"token": token_id, "role": new.role}
        )
        token = api_tokens.by_id(connection, token_id)
    if token is None:
        raise Missing("the token is gone")
    return MadeToken(token, text)


def revoke(engine: Engine, token_id: int, *, by: Who, now: datetime) -> None:
    """Ends a token at once. Raises Missing, NotAllowed."""
    with engine.begin() as connection:
        token = api_tokens.by_id(connection, token_id)
        if token is None:
            raise Missing(f"there is no token {token_id}; see `ml-connector users tokens list`")
        if by.user_id is None or token.user_id != by.user_id:
            by.must_be(Role.ADMIN)
        if api_tokens.revoke(connection, token_id, now=now):
            operator_actions.write_down(
                connection, None, actor=by.name, action="token revoked", details={"token": token_id}
            )


def bearer(access: Access, text: str, address: str, *, now: datetime) -> Who:
    """Who a token stands for. Raises NotSignedIn, and TooManyTries for an address that tries many wrong ones."""
    with access.engine.begin() as connection:
        token = api_tokens.by_token(connection, text, now=now) if text.startswith(PREFIX) else None
        if token is not None:
            api_tokens.used(connection, token, now=now)
    if token is None:
        access.throttle.take_address(address, now=now)
        raise NotSignedIn("this token is not known, was revoked, or has ended")
    name = f"{token.user_name} by token {token.name}" if token.user_name else f"token {token.name}"
    return Who(name, token.role, token.connection_ids, token_id=token.id)


def _must_be_allowed(new: NewToken, by: Who) -> None:
    if by.user_id is not None and new.user_id == by.user_id:
        return
    by.must_be(Role.ADMIN)
    if by.connection_ids is None:
        return
    wanted = new.connection_ids if new.user_id is None else None
    if wanted is None or not set(wanted) <= set(by.connection_ids):
        raise NotAllowed(f"{by.name} does not see all connections this token would")
