"""The search of `orders` and `customers`: quoted times with a comparator, names and ids; joined by blanks all must fit.

Parts that OR joins fit where any does.
An unquoted time is cut at its colon without a word, as the real search does (seen in 2026).
"""

import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Found = tuple[Json, list[Json]]

_TERM = re.compile(r"(\w+):(>=|<=|>|<|)(?:'([^']*)'|(\S+))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "": operator.eq,
}  # fmt: skip
# Of a customer that is known from an order only.
_EPOCH = "2020-01-01T00:00:00+00:00"
_TIMES = ("created_at", "updated_at", "processed_at")
_SORTED_BY = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "PROCESSED_AT": "processed_at"}


def searched(orders: Sequence[Found], query: str | None, sort_key: str, *, reverse: bool) -> list[Found]:
    """The orders that fit, ascending unless `reverse`."""
    member = _SORTED_BY.get(sort_key)
    ways = [_terms(part) for part in (query or "").split(" OR ")]
    found = [item for item in orders if any(all(_fits(item[0], *term) for term in terms) for terms in ways)]
    by_id = sorted(found, key=lambda item: int(item[0]["id"]), reverse=reverse)
    return sorted(by_id, key=lambda item: _moment(item[0], member), reverse=reverse) if member else by_id


def _terms(query: str) -> list[tuple[str, str, str]]:
    return [(name, sign, quoted or bare.partition(":")[0]) for name, sign, quoted, bare in _TERM.findall(query)]


def _fits(order: Json, name: str, sign: str, value: str) -> bool:
    compare = _COMPARE[sign]
    if name in _TIMES:
        return compare(_moment(order, name), _utc(value))
    if name == "name":
        return bool(order["name"].lstrip("#") == value.lstrip("#"))
    if name == "id":
        return compare(order["id"], int(value))
    raise AssertionError(f"the sandbox's search does not know {name}")


def _moment(order: Json, member: str) -> datetime:
    return _utc(order.get(member) or order.get("created_at") or _EPOCH)


def _utc(text: str) -> datetime:
    """To the second, which is as fine as the search is."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
