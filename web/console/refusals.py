"""What is said when a request cannot be answered: a page for people, problem+json (RFC 9457) for programs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from connector.errors import ConfigError, ConnectorError, PermanentError, TransientError
from connector.flows.acting import NotAllowed, NotSignedIn, PasswordNeeded
from connector.flows.throttling import TooManyTries


class NotFound(PermanentError):
    """There is nothing under an address, or it belongs to a connection that is not seen."""


class BadInput(PermanentError):
    """A query, form or body that cannot be understood. `fields`: what is wrong with each."""

    def __init__(self, message: str, *, fields: Mapping[str, str]) -> None:
        super().__init__(message)
        self.fields = dict(fields)


class Stale(PermanentError):
    """What a person decided on has changed since they looked."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer: HTTP status, a short title, and what to do.

    `headers`: what goes with the status, as `Retry-After`, and `Allow` with a 405.
    """

    status: int
    title: str
    detail: str
    fields: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """A problem document."""
        document: dict[str, object] = {
            "type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail,
        }  # fmt: skip
        return document | ({"errors": dict(self.fields)} if self.fields else {})


_TITLES: tuple[tuple[type[Exception], int, str], ...] = (
    (NotSignedIn, 401, "Sign in first"),
    (NotAllowed, 403, "Not with your role"),
    (PasswordNeeded, 403, "Give your password again"),
    (NotFound, 404, "Not found"),
    (BadInput, 400, "This cannot be understood"),
    (Stale, 409, "It has changed meanwhile"),
    (ConfigError, 400, "This cannot be done"),
    (TooManyTries, 429, "Too many tries"),
    (TransientError, 503, "Not now"),
    (PermanentError, 409, "This cannot be done"),
    (ConnectorError, 400, "This cannot be done"),
)
# PostgreSQL, appendix A.
_UNIQUE_VIOLATION = "23505"
_AWAY = "The database cannot be reached just now. Nothing was changed; load the page again in a moment."
_BUSY = "The database took too long to answer. Nothing was changed; try a narrower question or load the page again."
_TAKEN = "Somebody else added the same a moment ago. Nothing was changed; load the page again and look."
_NO_VALUE = "A number is too large, or a text holds a sign that no text may hold. Nothing was changed."
_FAILED = "Something in the console went wrong, and was logged. Nothing of it touches the work on orders."


def refusal_of(error: Exception) -> Refusal:
    """What is said of an error; one that nobody expected says nothing of itself."""
    for kind, status, title in _TITLES:
        if isinstance(error, kind):
            return Refusal(status, title, sentence(error), getattr(error, "fields", {}), _headers(error, status))
    if isinstance(error, PoolTimeout) or (isinstance(error, DBAPIError) and "statement timeout" in str(error.orig)):
        return Refusal(503, "Too slow", _BUSY, {})
    if isinstance(error, DataError):
        return Refusal(400, "This cannot be understood", _NO_VALUE, {})
    if isinstance(error, IntegrityError) and getattr(error.orig, "pgcode", None) == _UNIQUE_VIOLATION:
        return Refusal(409, "It has changed meanwhile", _TAKEN, {})
    if isinstance(error, SQLAlchemyError):
        return Refusal(503, "The database is away", _AWAY, {})
    if isinstance(error, HTTPException):
        return Refusal(error.code or 500, error.name, sentence(error.description or ""), {}, _further(error))
    return Refusal(500, "This went wrong", _FAILED, {})


def _headers(error: Exception, status: int) -> Mapping[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    seconds = error.retry_after if isinstance(error, TransientError) else None
    return {} if seconds is None else {"Retry-After": str(max(1, math.ceil(seconds)))}


def _further(error: HTTPException) -> Mapping[str, str]:
    """What Werkzeug would send beside its page; the type is that of the page."""
    return {name: value for name, value in error.get_headers() if name != "Content-Type"}


def sentence(said: Exception | str) -> str:
    """Errors are written for the end of a line; on a page they are sentences."""
    text = str(said)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".") if text else text
