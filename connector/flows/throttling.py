"""Slows down who guesses: by name and by address, with waits that double, whether the name exists or not."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector.errors import TransientError
from connector.store import sign_in_failures
from connector.store.users import name_key

# A name can be shut for a while by anybody who guesses: so not for long. Five minutes leave 288 guesses a day.
_FREE_BY_NAME, _MOST_BY_NAME = 5, timedelta(minutes=5)
# Many people of one office share an address.
_FREE_BY_ADDRESS, _MOST_BY_ADDRESS = 20, timedelta(minutes=15)
_IPV6_HOUSEHOLD = 64


class TooManyTries(TransientError):
    """Too many tries to come in; `retry_after` says when the next one is looked at."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts tries. `key` keeps what is stored from being looked up by trying names or addresses."""

    engine: Engine
    key: bytes = field(repr=False)

    def take(self, name: str, address: str, *, now: datetime) -> None:
        """Counts a try before it is looked at. Raises TooManyTries when it comes too soon."""
        with self.engine.begin() as connection:
            ends = [
                sign_in_failures.take(
                    connection, self._address(address), free=_FREE_BY_ADDRESS, most=_MOST_BY_ADDRESS, now=now
                ),
                sign_in_failures.take(connection, self._name(name), free=_FREE_BY_NAME, most=_MOST_BY_NAME, now=now),
            ]
        _must_not_wait(ends, now)

    def take_address(self, address: str, *, now: datetime) -> None:
        """Counts a try that names nobody: a link, a token. Raises TooManyTries when it comes too soon."""
        with self.engine.begin() as connection:
            ends = sign_in_failures.take(
                connection, self._address(address), free=_FREE_BY_ADDRESS, most=_MOST_BY_ADDRESS, now=now
            )
        _must_not_wait([ends], now)

    def take_link(self, name: str, *, now: datetime) -> None:
        """Counts a code that is tried behind a link; apart from the name's own tries, which anybody can use up."""
        with self.engine.begin() as connection:
            ends = sign_in_failures.take(connection, self._link(name), free=_FREE_BY_NAME, most=_MOST_BY_NAME, now=now)
        _must_not_wait([ends], now)

    def was_right(self, name: str | None, address: str, *, now: datetime) -> None:
        """The last try was no failure."""
        with self.engine.begin() as connection:
            if name is not None:
                sign_in_failures.forget(connection, self._name(name))
                sign_in_failures.forget(connection, self._link(name))
            sign_in_failures.give_back(connection, self._address(address), now=now)
            sign_in_failures.sweep(connection, now=now)

    def _name(self, name: str) -> bytes:
        return self._hash(f"name:{name_key(name)}")

    def _link(self, name: str) -> bytes:
        return self._hash(f"link:{name_key(name)}")

    def _address(self, address: str) -> bytes:
        return self._hash(f"address:{_household(address)}")

    def _hash(self, text: str) -> bytes:
        return hmac.new(self.key, text.encode("utf-8", "replace"), hashlib.sha256).digest()


def _must_not_wait(ends: list[datetime | None], now: datetime) -> None:
    waits = [end - now for end in ends if end is not None]
    if waits:
        seconds = max(1.0, max(waits).total_seconds())
        raise TooManyTries("too many tries to sign in", retry_after=seconds)


def _household(address: str) -> str:
    """Whoever has one IPv6 address has the whole network before it."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, _IPV6_HOUSEHOLD), strict=False))
    return str(known)
