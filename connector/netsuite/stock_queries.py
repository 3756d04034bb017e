"""The SuiteQL texts about stock: by item and location, in the order of both, and what kits are made of.

One row more than a page is asked for, so that the answer says whether there is another page: no page is asked for in vain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import CLOCK, NOW, Query, placeholders

# Where NetSuite keeps stock by item and location; which of the two answers with rows differs from account to account.
TABLES = ("inventoryitemlocations", "aggregateitemlocation")
_FIRST = f"FETCH FIRST {PAGE + 1} ROWS ONLY"


@dataclass(frozen=True, slots=True)
class Span:
    """Rows behind an item and location, up to all of an item where there is an end."""

    item: str = "0"
    location: str = "0"
    until: str | None = None


def stock_page(table: str, locations: Sequence[str], span: Span) -> Query:
    """A page of a span; what never moved has no time."""
    behind, parameters = _behind(span)
    return _rows(table, locations, f"{behind} ORDER BY l.item, l.location {_FIRST}"), (*locations, *parameters)


def stock_changed(table: str, locations: Sequence[str], span: Span, since: str) -> Query:
    """A page of what changed in a span since a moment of NetSuite's clock; each row tells that clock's time."""
    behind, parameters = _behind(span)
    changed = f"l.lastquantityavailablechange >= TO_TIMESTAMP(?, {CLOCK})"
    text = _rows(table, locations, f"{behind} AND {changed} ORDER BY l.item, l.location {_FIRST}", f", {NOW}")
    return text, (*locations, *parameters, since)


def stock_rows(table: str, locations: Sequence[str]) -> Query:
    """How many rows a table has, and in how many of them NetSuite tells the columns that are read."""
    text = (
        "SELECT COUNT(*) AS found, COUNT(l.quantityavailable) AS told, COUNT(l.lastquantityavailablechange) AS dated "
        f"FROM {table} l WHERE l.location IN ({placeholders(locations)})"
    )
    return text, tuple(locations)


def kit_members(kit: str, item: str) -> Query:
    """A page of the members of kits behind one of them. A member that stands twice in a kit is one."""
    text = (
        "SELECT m.parentitem, m.item, SUM(m.quantity) AS quantity FROM itemmember m "
        "WHERE m.parentitem >= ? AND (m.parentitem > ? OR m.item > ?) GROUP BY m.parentitem, m.item "
        f"ORDER BY m.parentitem, m.item {_FIRST}"
    )
    return text, (kit, kit, item)


def _rows(table: str, locations: Sequence[str], rest: str, more: str = "") -> str:
    changed = f"TO_CHAR(l.lastquantityavailablechange, {CLOCK}) AS changed_at"
    columns = f"l.item, l.location, l.quantityavailable, {changed}{more}"
    return f"SELECT {columns} FROM {table} l WHERE l.location IN ({placeholders(locations)}) AND {rest}"


def _behind(span: Span) -> Query:
    """The condition of a span. The first half of it is what an index serves."""
    text, parameters = "l.item >= ? AND (l.item > ? OR l.location > ?)", (span.item, span.item, span.location)
    return (text, parameters) if span.until is None else (f"{text} AND l.item <= ?", (*parameters, span.until))
