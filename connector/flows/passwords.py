"""Passwords: argon2id, the same work for a name nobody has, and few at once.

One takes 19 MiB and some 30 ms of a core, outside Python's lock. The receiver of webhooks lives in the same process: so
two are worked on at once, a few more wait, and whoever comes then is told to come again, without a thread of the
server being held for him.
"""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from connector.errors import Rejected
from connector.flows.throttling import TooManyTries

SHORTEST = 12
# Nothing that somebody remembers is longer; hashing what is costs the sender nothing and us much.
LONGEST = 256
_FEWEST_DIFFERENT = 5
_FEWEST_BESIDE_NAME = 9
_AT_ONCE = 2
_WAITING = 8
_COME_AGAIN_SECONDS = 5.0


class Passwords:
    """Hashes and compares. One for each process; safe for threads."""

    def __init__(self) -> None:
        # OWASP's smallest memory for argon2id with two passes (Password Storage Cheat Sheet, 2025).
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._working = threading.BoundedSemaphore(_AT_ONCE)
        self._inside = threading.BoundedSemaphore(_AT_ONCE + _WAITING)
        self._of_nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is kept of a password. Raises TooManyTries when too many are worked on."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """True for the password of a hash; without one (nobody has the name, or no password) the same work is done."""
        known = password_hash or self._of_nobody
        with self._turn():
            try:
                self._hasher.verify(known, _normal(password)[:LONGEST])
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """True for a hash that was made with less work than is done now."""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise TooManyTries("too many are signing in at this moment", retry_after=_COME_AGAIN_SECONDS)
        try:
            with self._working:
                yield
        finally:
            self._inside.release()


def must_be_good(password: str, name: str) -> None:
    """Raises Rejected for a password that is easily guessed. Length is what counts; no rule asks for digits or signs."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise Rejected(f"a password has {SHORTEST} to {LONGEST} characters; several words are easy to remember")
    if len(set(plain)) < _FEWEST_DIFFERENT:
        raise Rejected("this password repeats the same few characters")
    if name.casefold() in plain.casefold() and len(plain) - len(name) < _FEWEST_BESIDE_NAME:
        raise Rejected("this password is little more than your name")


def _normal(password: str) -> str:
    """The same bytes on every keyboard (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)
