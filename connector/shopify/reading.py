"""The small parts that many of Shopify's answers share: ids, times, texts, key-value pairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from connector.errors import InvalidAnswer

Json = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One pair a shop's theme or app left on an order or a line."""

    key: str
    value: str


def attributes(data: Sequence[Json]) -> tuple[Attribute, ...]:
    """From a list of Attribute; a missing value is empty."""
    return tuple(Attribute(item["key"], item.get("value") or "") for item in data)


def numeric(gid: str) -> str:
    """The number at the end of `gid://shopify/Order/5001`, without a query part."""
    return gid.rpartition("/")[2].partition("?")[0]


def numeric_of(data: Json | None) -> str | None:
    """The number of an object's id, or None where there is no object."""
    return None if data is None or data.get("id") is None else numeric(data["id"])


def moment(text: str) -> datetime:
    """An instant; Shopify gives UTC."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """An instant, or None where there is none."""
    return None if text is None else moment(text)


def stripped(text: str | None) -> str:
    """A text without blanks around it; empty where there is none."""
    return (text or "").strip()


def read(what: str, make: Callable[[Json], T], data: Json) -> T:
    """`make(data)`. Raises InvalidAnswer naming the record when a member is missing or of another kind."""
    try:
        return make(data)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidAnswer(f"Shopify {what} cannot be read: {error!r}") from error


def whole(page: Json, what: str) -> Sequence[Json]:
    """The nodes of a page that must hold everything. Raises InvalidAnswer when there are more."""
    nodes: Sequence[Json] = page["nodes"]
    if page["pageInfo"]["hasNextPage"]:
        raise InvalidAnswer(f"{what}: there are more than {len(nodes)}; that is not supported")
    return nodes
