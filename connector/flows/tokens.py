"""One access token for all processes: kept in Postgres, renewed before its end by one worker at a time.

The row of the credential is locked while a new token is fetched, and read again once the lock is had: whoever waited
finds the new token there. A lock ends with the worker that holds it, so nobody has to time anybody out.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from connector.errors import ConnectorError, Unauthorized
from connector.store import credentials
from connector.store.credentials import StoredCredential
from connector.tokens import Token
from connector.vault import Vault

log = structlog.get_logger(__name__)

# Makes a new token from what is stored. Raises Unauthorized where that is refused, or not possible for this kind.
Issue = Callable[[StoredCredential], Token]

# After a renewal that failed while the old token still works; the old one is used meanwhile.
_TRY_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a credential stands."""

    engine: Engine
    vault: Vault
    connection_id: int
    side: str


class SharedToken:
    """The current token of one credential. Safe for threads; many processes may hold one for the same row."""

    def __init__(self, place: Place, issue: Issue) -> None:
        self._place = place
        self._issue = issue
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._not_before = datetime.min.replace(tzinfo=UTC)

    def current(self) -> str:
        """A token that works now. Raises Unauthorized when there is none and none can be had."""
        now = _now()
        token = self._token
        if token is None or not token.is_usable(now):
            token = self._fresh()
        if token.is_due(now) and now >= self._not_before:
            self.renew_if_due()
        return (self._token or token).access_token

    def renew_if_due(self) -> bool:
        """Renews a token of which little is left, unless somebody else is at it; True when we did.

        A failure is written down; the token that still works is used until its end.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            with self._place.engine.begin() as connection:
                stored = credentials.read_unless_locked(connection, *self._address())
                return stored is not None and self._adopted_or_issued(connection, stored)
        except ConnectorError as error:
            self._not_before = _now() + _TRY_AGAIN
            log.warning("token_not_renewed", connection_id=self._place.connection_id, side=self._place.side,
                        reason=error.code)  # fmt: skip
            return False
        finally:
            self._lock.release()

    def replace(self, refused: str) -> bool:
        """Another token than the one that was refused; True when it was issued just now. Raises Unauthorized for none."""
        with self._lock, self._place.engine.begin() as connection:
            stored = credentials.read_locked(connection, *self._address())
            if stored is None:
                raise self._missing()
            if stored.token is not None and stored.token.access_token != refused and stored.token.is_usable(_now()):
                self._token = stored.token
                return False
            self._kept(connection, stored)
            return True

    def _fresh(self) -> Token:
        """A usable token, after waiting for whoever is renewing it."""
        with self._lock:
            if self._token is not None and self._token.is_usable(_now()):
                return self._token
            with self._place.engine.begin() as connection:
                stored = credentials.read_locked(connection, *self._address())
                if stored is None:
                    raise self._missing()
                if stored.token is None or not stored.token.is_usable(_now()):
                    return self._kept(connection, stored)
                self._token = stored.token
                return stored.token

    def _adopted_or_issued(self, connection: Connection, stored: StoredCredential) -> bool:
        """Takes over what stands in the row if it is good for a while, else renews it; True when renewed."""
        token = stored.token
        if token is not None and token.is_usable(_now()) and not token.is_due(_now()):
            self._token = token
            return False
        self._kept(connection, stored)
        return True

    def _kept(self, connection: Connection, stored: StoredCredential) -> Token:
        """A new token, stored in the same transaction that holds the lock."""
        issued = self._issue(stored)
        credentials.keep_token(connection, self._place.vault, stored, issued)
        self._token = issued
        log.info("token_renewed", connection_id=stored.connection_id, side=stored.side, auth=stored.auth)
        return issued

    def _address(self) -> tuple[Vault, int, str]:
        return self._place.vault, self._place.connection_id, self._place.side

    def _missing(self) -> Unauthorized:
        return Unauthorized(f"no {self._place.side} credentials are stored; add the connection's file again")


class SessionFirst:
    """An online token while its session lasts, else the offline token there is."""

    def __init__(self, place: Place, offline: SharedToken) -> None:
        self._place = place
        self._offline = offline
        self._lock = threading.Lock()
        self._token: Token | None = None

    def current(self) -> str:
        """The session's token, never beyond its end. Raises Unauthorized naming who must sign in again."""
        token = self._session()
        return token.access_token if token is not None else self._offline.current()

    def replace(self, refused: str) -> bool:
        """The session ended before its time (a log-out): from now on the offline token. Raises Unauthorized."""
        token = self._session()
        if token is None or token.access_token != refused:
            return self._offline.replace(refused)
        with self._lock, self._place.engine.begin() as connection:
            credentials.forget(connection, self._place.connection_id, side=self._place.side)
            self._token = None
        self._offline.current()
        return False

    def renew_if_due(self) -> bool:
        """Only the offline token can be renewed."""
        return self._offline.renew_if_due()

    def _session(self) -> Token | None:
        with self._lock:
            if self._token is None:
                with self._place.engine.begin() as connection:
                    stored = credentials.read(
                        connection, self._place.vault, self._place.connection_id, self._place.side
                    )
                self._token = stored.token if stored else None
            return self._token if self._token is not None and self._token.is_usable(_now()) else None


def _now() -> datetime:
    return datetime.now(UTC)
