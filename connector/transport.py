"""One HTTP call: time limits, sorting of failures, a brief retry for reads. Logs one line a call, no payloads."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import backoff
import requests
import simplejson
import structlog
from requests.adapters import HTTPAdapter

from connector.answers import refusal
from connector.errors import InvalidAnswer, OutcomeUnknown, Unavailable
from connector.stopping import must_go_on

log = structlog.get_logger(__name__)
T = TypeVar("T")
_recorded: ContextVar["list[Call] | None"] = ContextVar("recorded", default=None)
_concerned: ContextVar[int | None] = ContextVar("concerned", default=None)

# Retries of a read: few and brief; everything longer is the record's next attempt.
READ_TRIES = 3
READ_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds to connect and seconds between two bytes of the answer."""

    connect: float = 5.0
    read: float = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `content` is bytes already encoded; `path` is what log and metrics may show.

    `asked`: what a read asks for beyond its path, for the time line: an id, the tables of a query; never a value of a person.
    """

    method: str
    url: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: `status` is 0 when no answer came.

    `asked`: as in the request; `effect`: what it was to make or to look for; `answer`: the words of one that refused.
    """

    system: str
    method: str
    path: str
    status: int
    ms: int
    asked: str = ""
    effect: int | None = None
    answer: str = field(default="", repr=False)

    def to_json(self) -> dict[str, str | int]:
        """Without what is not there: there are very many of them."""
        said: dict[str, str | int] = {"asked": self.asked, "effect": self.effect or 0, "answer": self.answer}
        basic: dict[str, str | int] = {"system": self.system, "method": self.method, "path": self.path}
        basic |= {"status": self.status, "ms": self.ms}
        return basic | {name: value for name, value in said.items() if value}


def answering(calls: Sequence[Call]) -> list[str]:
    """The systems that were there at the last of the calls that they got."""
    last = {call.system: call.status for call in calls}
    return [system for system, status in last.items() if 0 < status < 500 and status != 429]


@contextmanager
def recorded_calls() -> Iterator[list[Call]]:
    """Gathers the calls made by this thread inside the block, for the time line and the call budget."""
    calls: list[Call] = []
    token = _recorded.set(calls)
    try:
        yield calls
    finally:
        _recorded.reset(token)


@contextmanager
def concerning(effect_id: int) -> Iterator[None]:
    """Calls made by this thread inside the block belong to that effect."""
    token = _concerned.set(effect_id)
    try:
        yield
    finally:
        _concerned.reset(token)


class Transport:
    """Calls one outside system over one kept pool of connections. Safe for threads."""

    def __init__(self, system: str, *, deadlines: Deadlines | None = None, connections: int = 32) -> None:
        self.system = system
        self._deadlines = deadlines or Deadlines()
        self._session = requests.Session()
        # No environment proxies or .netrc: credentials and hosts are a connection's own.
        self._session.trust_env = False
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: Request, auth: requests.auth.AuthBase | None = None) -> requests.Response:
        """The answer, whatever its status.

        Raises Unavailable when nothing can have reached the other side, OutcomeUnknown when it may have, Stopped in work
        that ends with this process.
        """
        must_go_on()
        started = time.monotonic()
        status, answer = 0, ""
        try:
            response = self._sent(request, auth)
            status = response.status_code
            answer = refusal(response, request.content) if status >= 400 and _recorded.get() is not None else ""
        finally:
            self._record(request, status, started, answer)
        return response

    @contextmanager
    def streamed(self, request: Request) -> Iterator[requests.Response]:
        """The answer to a read before its content has come; raises as `send` does, also while the content is read."""
        must_go_on()
        started, status = time.monotonic(), 0
        try:
            with self._sent(request, None, stream=True) as response:
                status = response.status_code
                yield response
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise self._unanswered(error) from error
        finally:
            self._record(request, status, started)

    def _sent(
        self, request: Request, auth: requests.auth.AuthBase | None, *, stream: bool = False
    ) -> requests.Response:
        try:
            return self._session.request(
                request.method,
                request.url,
                data=request.content,
                headers=dict(request.headers),
                auth=auth,
                timeout=(self._deadlines.connect, self._deadlines.read),
                allow_redirects=False,
                stream=stream,
            )
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise Unavailable(f"{self.system} was not reached: {_reason(error)}") from error
        except requests.ConnectionError as error:
            raise self._unanswered(error) from error
        except requests.RequestException as error:
            message = f"{self.system} did not answer {request.method} {request.path}: {_reason(error)}"
            raise OutcomeUnknown(message) from error

    def _record(self, request: Request, status: int, started: float, answer: str = "") -> None:
        ms, about = round((time.monotonic() - started) * 1000), _concerned.get()
        call = Call(self.system, request.method, request.path, status, ms, request.asked, about, answer)
        log.debug("call", system=call.system, method=call.method, path=call.path, status=call.status, ms=call.ms)
        calls = _recorded.get()
        if calls is not None:
            calls.append(call)

    def close(self) -> None:
        """Closes the kept connections."""
        self._session.close()

    def _unanswered(self, error: requests.RequestException) -> Unavailable | OutcomeUnknown:
        """A connection that was never made carried nothing; one that broke may have."""
        if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
            return Unavailable(f"{self.system} was not reached: {_reason(error)}")
        return OutcomeUnknown(f"{self.system} broke the connection before it answered: {_reason(error)}")


def read_briefly(call: Callable[[], T]) -> T:
    """Calls a read up to three times within two seconds while the other side is not there.

    Raises Unavailable in the end, also where a broken connection would leave a write in doubt: a read changes nothing.
    """
    try:
        return _tried(call)
    except OutcomeUnknown as error:
        raise Unavailable(str(error)) from error


def _tried(call: Callable[[], T]) -> T:
    result: T = backoff.on_exception(
        backoff.expo,
        (Unavailable, OutcomeUnknown),
        max_tries=READ_TRIES,
        max_time=READ_SECONDS,
        factor=0.1,
        jitter=backoff.full_jitter,
        logger=None,
        giveup=lambda error: getattr(error, "retry_after", None) is not None,
    )(call)()
    return result


def encode(body: object) -> bytes:
    """JSON in UTF-8; a Decimal keeps its digits."""
    return simplejson.dumps(body, use_decimal=True, separators=(",", ":")).encode()


def decode(response: requests.Response, *, system: str) -> Any:
    """The JSON of an answer, numbers with a point as Decimal. Raises InvalidAnswer."""
    try:
        return json.loads(response.content, parse_float=Decimal)
    except ValueError as error:
        raise InvalidAnswer(f"{system} answered {response.status_code} with something that is not JSON") from error


def _reason(error: Exception) -> str:
    """The class of the failure; its text can hold the URL with its query."""
    cause = error.args[0] if error.args else error
    return type(getattr(cause, "reason", None) or cause).__name__
