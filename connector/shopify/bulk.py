"""Bulk operations: a query over everything, run by Shopify in the background, and its result read line by line.

Facts: Admin API 2026-10. Five at once per app and shop; the file is one JSON object a line, a child names its parent in
`__parentId` and need not follow it. What a failed operation left is not used: what is missing would look deleted.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import requests

from connector.errors import Conflict, Forbidden, InvalidAnswer, OutcomeUnknown, Rejected, Unavailable
from connector.shopify.client import PERMISSION, document
from connector.shopify.reading import Json, read
from connector.shopify.refusals import refusals
from connector.stopping import must_go_on

# Between two looks at an operation, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_MOST_SECONDS = 3600.0
# Times a file is asked for again in a row without a single line more.
_FILE_TRIES = 3
_CHUNK = 1 << 16
_BUSY = ("LIMIT_REACHED", "OPERATION_IN_PROGRESS")
_RUNNING = ("CREATED", "RUNNING", "CANCELING")


class Shop(Protocol):
    """What runs operations and gives their files; connector.shopify.client.ShopifyClient is one."""

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of one query."""

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of one mutation, with its userErrors."""

    def file(self, url: str, start: int) -> AbstractContextManager[requests.Response]:
        """A stored file from a byte on."""


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """How an operation stands. `url` and `size` (in bytes) are of its result; `url` is None where nothing was found.

    `partial_url`: what a failed one found until then.
    """

    id: str
    status: str
    error_code: str | None
    url: str | None
    size: int | None
    partial_url: str | None = None

    @classmethod
    def from_json(cls, data: Json) -> "BulkOperation":
        """From a BulkOperation."""
        size = data.get("fileSize")
        return cls(
            data["id"], data["status"], data.get("errorCode"), data.get("url"), None if size is None else int(size),
            data.get("partialDataUrl"),
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        """True while it makes sense to look again."""
        return self.status in _RUNNING


def start(shop: Shop, query: str, *, search: str = "") -> str:
    """Starts the query of an operation file; the operation's id. Raises Conflict while too many are running.

    `search` stands in place of its word SEARCH: a bulk query has no variables.
    """
    text = document(query).replace('"SEARCH"', orjson.dumps(search).decode())
    payload = shop.attempt("BulkRunQuery", {"query": text})
    found = refusals(payload)
    if any(refusal.code in _BUSY for refusal in found):
        raise Conflict("Shopify runs as many bulk operations of this app as it may", retry_after=60)
    if found:
        raise Rejected(f"Shopify refuses to run {query} in bulk: {'; '.join(item.message for item in found)}")
    return str(payload["bulkOperation"]["id"])


def finished(shop: Shop, operation_id: str, pause: Callable[[float], None]) -> BulkOperation:
    """The operation once it was carried out. `pause` waits for so many seconds, or less where it knows better.

    Raises Unavailable when Shopify failed in it or takes longer than an hour, Forbidden when a scope is missing.
    """
    found = ended(shop, operation_id, pause)
    if found.status == "COMPLETED":
        return found
    if found.error_code == "ACCESS_DENIED":
        raise Forbidden("Shopify denies a bulk operation: grant the app the scopes it needs", subject=PERMISSION)
    raise Unavailable(
        f"Shopify's bulk operation is {found.status.lower()}"
        + (f" ({found.error_code})" if found.error_code else "")
        + "; nothing of it was used"
    )


def ended(shop: Shop, operation_id: str, pause: Callable[[float], None]) -> BulkOperation:
    """The operation as it stands once nothing changes any more, or after an hour."""
    waited, seconds = 0.0, _FIRST_PAUSE
    found = seen(shop, operation_id)
    while found.is_running and waited < _MOST_SECONDS:
        pause(seconds)
        waited, seconds = waited + seconds, min(seconds * 2, _LONGEST_PAUSE)
        found = seen(shop, operation_id)
    return found


def lines(shop: Shop, operation: BulkOperation) -> Iterator[Json]:
    """The objects of a result, one after the other; a broken connection goes on where it broke.

    Raises Unavailable when the file cannot be read to its end, InvalidAnswer when a line is no object.
    """
    if operation.url is None:
        return
    for _, line in lines_from(shop, operation.url, 0, size=operation.size):
        yield _object(line)


def lines_from(shop: Shop, url: str, position: int, *, size: int | None) -> Iterator[tuple[int, bytes]]:
    """The lines of a file from a byte on, as they are, each with the byte behind it: a later reading goes on there.

    Raises Unavailable when the file cannot be read to its end; `size`: where that is, None where nobody said.
    """
    tries = _FILE_TRIES
    while True:
        before = position
        try:
            for line in _whole_lines(shop, url, position):
                if not line.endswith(b"\n") and size not in (None, position + len(line)):
                    break
                position += len(line)
                yield position, line
        except (OutcomeUnknown, Unavailable) as error:
            lost: Exception | None = error
        else:
            lost = None
            if size in (None, position):
                return
        tries = _FILE_TRIES if position > before else tries - 1
        if not tries:
            raise Unavailable(f"a bulk operation's file broke off after {position} bytes") from lost


def seen(shop: Shop, operation_id: str) -> BulkOperation:
    """How an operation stands now. Raises InvalidAnswer when Shopify forgot it."""
    data = shop.query("BulkOperationById", {"id": operation_id})["bulkOperation"]
    if data is None:
        raise InvalidAnswer("Shopify no longer knows a bulk operation that it started")
    return read("bulk operation", BulkOperation.from_json, data)


def _whole_lines(shop: Shop, url: str, start_at: int) -> Iterator[bytes]:
    """Lines with their ends, from a byte on; what is cut off at the end of a broken answer is not among them."""
    with shop.file(url, start_at) as response:
        if response.status_code not in (200, 206):
            raise Unavailable(f"a bulk operation's file is answered with {response.status_code}")
        # Storage that does not know ranges begins anew.
        to_skip = start_at if response.status_code == 200 else 0
        rest = b""
        for chunk in response.iter_content(_CHUNK):
            must_go_on()
            skipped = min(to_skip, len(chunk))
            to_skip -= skipped
            *whole, rest = (rest + chunk[skipped:]).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            yield rest


def _object(line: bytes) -> Json:
    try:
        found = orjson.loads(line)
    except ValueError as error:
        raise InvalidAnswer("a bulk operation's file has a line that is not JSON") from error
    if not isinstance(found, dict):
        raise InvalidAnswer("a bulk operation's file has a line that is no object")
    return found
