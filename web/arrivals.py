"""What both receivers share: the connection of a URL with its secrets, the raw body within bounds, and how it is refused."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connector.store import connections, credentials
from connector.vault import Vault

# A connection's secrets are read again after this long: a rotated secret is in force everywhere by then.
SECRETS_FRESH_SECONDS = 5.0
# Before a delivery is turned away its secrets are read again, at most this often.
REFUSE_FRESH_SECONDS = 1.0


class Refused(Exception):
    """The delivery is not kept: HTTP status and the word it is counted under."""

    def __init__(self, status: int, outcome: str) -> None:
        super().__init__(outcome)
        self.status = status
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Known:
    """What a receiver needs of one connection: one side's sealed settings, opened."""

    connection_id: int
    settings: Mapping[str, Any] = field(repr=False)
    read_at: float


class Acquaintances:
    """The connections behind the URLs, read again every few seconds. Safe for threads."""

    def __init__(self, engine: Engine, vault: Vault, side: str) -> None:
        self._engine = engine
        self._vault = vault
        self._side = side
        self._known: dict[str, Known] = {}
        self._lock = threading.Lock()

    def connection(self, key: str, *, fresh: float) -> Known:
        """The connection of the URL. Raises Refused: 404 when there is none, 503 when the database is away."""
        with self._lock:
            known = self._known.get(key)
        if known is not None and time.monotonic() - known.read_at < fresh:
            return known
        try:
            known = self._read(key)
        except SQLAlchemyError as error:
            # Secrets that were good a moment ago are good enough for a signature.
            if known is None:
                raise Refused(503, "database_away") from error
        if known is None:
            raise Refused(404, "unknown_connection")
        with self._lock:
            self._known[key] = known
        return known

    def id_of(self, key: str) -> int | None:
        """The connection of the URL as it was read last; None where none is known. Nothing is read for it."""
        with self._lock:
            known = self._known.get(key)
        return None if known is None else known.connection_id

    def clear(self) -> None:
        """Forgets all; each is read again when it is asked for."""
        with self._lock:
            self._known.clear()

    def _read(self, key: str) -> Known | None:
        with self._engine.begin() as connection:
            stored = connections.by_key(connection, key)
            if stored is None:
                return None
            side = credentials.read(connection, self._vault, stored.id, self._side)
        return Known(stored.id, side.secrets if side else {}, time.monotonic())


def raw_body(incoming: Request, *, most: int) -> bytes:
    """The raw bytes. Raises Refused: 413 above `most` bytes, 415 for a compressed body or one that is not JSON."""
    if (incoming.content_length or 0) > most:
        raise Refused(413, "too_large")
    encoding = incoming.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity") or incoming.mimetype != "application/json":
        raise Refused(415, "not_plain_json")
    body = incoming.stream.read(most + 1)
    if len(body) > most:
        raise Refused(413, "too_large")
    return body


def unstored(error: Exception) -> Refused:
    """A row Postgres will never take is the sender's; everything else is ours, and the sender may come again."""
    if isinstance(error, DBAPIError) and type(error.orig).__name__ in ("DataError", "NumericValueOutOfRange"):
        return Refused(400, "not_storable")
    return Refused(503, "database_away")
