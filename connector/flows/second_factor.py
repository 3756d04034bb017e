"""The second factor: codes of an authenticator app (RFC 6238, six digits, 30 seconds) and recovery codes for a lost phone."""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import pyotp
from sqlalchemy import Connection, Engine

from connector.errors import Rejected
from connector.flows.acting import Who
from connector.store import operator_actions, users
from connector.store.tokens import token_hash
from connector.store.users import User
from connector.vault import Vault

ISSUER = "ml-connector"
RECOVERY_CODES = 10
_STEP_SECONDS = 30
# A phone's clock may be off by one step.
_STEPS = (-1, 0, 1)
_RECOVERY_BYTES = 10


@dataclass(frozen=True, slots=True)
class Proof:
    """What a code proves: the step it is of, or that it may be one of the recovery codes."""

    step: int | None = None
    recovery_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor to be put into an app: its secret, and the address that a QR code holds."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def enrol(engine: Engine, vault: Vault, who: Who, *, now: datetime) -> Enrolment:
    """A new secret, not asked for before it is confirmed. Raises PasswordNeeded, Rejected where there is one in force."""
    who.must_have_given_password(now=now)
    with engine.begin() as connection:
        user = _own(connection, who)
        if user.has_second_factor:
            raise Rejected("there is a second factor already; remove it first")
        secret = users.totp_secret(vault, user) or pyotp.random_base32()
        if user.totp is None:
            users.put_totp(connection, vault, user.id, secret)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=ISSUER))


def confirm(engine: Engine, vault: Vault, who: Who, code: str, *, now: datetime) -> tuple[str, ...]:
    """Puts it in force; the recovery codes, shown this once. Raises Rejected for a wrong code."""
    who.must_have_given_password(now=now)
    with engine.begin() as connection:
        user = _own(connection, who)
        secret = users.totp_secret(vault, user)
        step = None if secret is None or user.has_second_factor else _step(secret, code, now)
        if step is None:
            raise Rejected("this code is not right; look whether the clock of the phone is")
        users.confirm_totp(connection, user.id, step, now=now)
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        users.put_recovery_codes(connection, user.id, [_recovery_hash(item) for item in codes])
        operator_actions.write_down(connection, None, actor=who.name, action="second factor added")
    return codes


def remove(engine: Engine, who: Who, *, now: datetime) -> None:
    """Takes one's own second factor away. Raises PasswordNeeded."""
    who.must_have_given_password(now=now)
    with engine.begin() as connection:
        user = _own(connection, who)
        users.forget_totp(connection, user.id)
        operator_actions.write_down(connection, None, actor=who.name, action="second factor removed")


def codes_left(engine: Engine, user: User) -> int:
    """How many recovery codes were not used."""
    with engine.begin() as connection:
        return users.recovery_codes_left(connection, user.id)


def proof(vault: Vault, user: User, code: str, *, now: datetime) -> Proof | None:
    """What a code proves, before it is used up; None when it is certainly wrong."""
    secret = users.totp_secret(vault, user)
    plain = "".join(code.split())
    if secret is None or not plain:
        return None
    if len(plain) == pyotp.TOTP(secret).digits and plain.isdigit():
        step = _step(secret, plain, now)
        return None if step is None else Proof(step=step)
    return Proof(recovery_hash=_recovery_hash(plain))


def use(connection: Connection, user: User, given: Proof, *, now: datetime) -> bool:
    """True when the code is good, which it is once."""
    if given.step is not None:
        return users.use_totp_step(connection, user.id, given.step)
    if given.recovery_hash is None or not users.use_recovery_code(connection, user.id, given.recovery_hash, now=now):
        return False
    left = users.recovery_codes_left(connection, user.id)
    operator_actions.write_down(
        connection, None, actor=user.name, action="recovery code used", details={"codes_left": left}
    )
    return True


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The step a code is of; all are compared, in constant time."""
    made, present = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    found = [
        present + step
        for step in _STEPS
        if hmac.compare_digest(made.generate_otp(present + step).encode(), code.strip().encode())
    ]
    return found[0] if found else None


def _recovery_code() -> str:
    """80 random bits, in groups that can be copied by hand."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _recovery_hash(code: str) -> bytes:
    return token_hash(code.replace("-", "").lower())


def _own(connection: Connection, who: Who) -> User:
    user = None if who.user_id is None else users.by_id(connection, who.user_id)
    if user is None:
        raise Rejected("only a person has a second factor; a token has none")
    return user
