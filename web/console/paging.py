"""Pages of a list by key: the cursor is the last row's key, so that rows that come in meanwhile move nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from web.console.refusals import BadInput

T = TypeVar("T")

ROWS = 50


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """One page of a list. `after`: the cursor of the next page, None on the last."""

    rows: Sequence[T]
    after: str | None


def page(found: Sequence[T], key: Callable[[T], Sequence[Any]], *, limit: int = ROWS) -> Rows[T]:
    """The page of a reading that asked for one row more than the limit."""
    shown = found[:limit]
    return Rows(tuple(shown), cursor(key(shown[-1])) if len(found) > limit else None)


def cursor(key: Sequence[Any]) -> str:
    """A row's key as text for an address."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in key]).encode()).decode().rstrip("=")


def key_of(text: str | None, parts: int) -> list[str] | None:
    """The key in a cursor; None on the first page. Raises BadInput for what is no cursor of such a list."""
    if text is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _no_page(text) from error
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise _no_page(text)
    return key


def id_of(text: str | None) -> int | None:
    """The id in a cursor of a list whose key is the id alone; None on the first page. Raises BadInput like `key_of`."""
    key = key_of(text, 1)
    return None if key is None else number_of(key[0])


def number_of(part: str) -> int:
    """A number in a cursor, one that the database can hold. Raises BadInput like `key_of`."""
    if not part.isdecimal() or not 0 <= int(part) < 2**63:
        raise _no_page(part)
    return int(part)


def whole_of(part: str) -> int:
    """A number in a cursor that may be below nought. Raises BadInput like `key_of`."""
    return -number_of(part[1:]) if part.startswith("-") else number_of(part)


def moment_of(part: str) -> datetime:
    """A moment in a cursor. Raises BadInput like `key_of`."""
    try:
        moment = datetime.fromisoformat(part)
    except ValueError as error:
        raise _no_page(part) from error
    if moment.tzinfo is None:
        raise _no_page(part)
    return moment


def _no_page(text: str) -> BadInput:
    return BadInput(f"{text} is no page of this list; begin at its first page", fields={"after": "cursor"})
