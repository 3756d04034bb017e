"""The SuiteQL texts: Oracle's dialect, every value bound, times as text in NetSuite's own clock.

Paging by key (`id > ?`, ordered): offsets end at 100,000 rows and shift while rows change.
"""

from collections.abc import Sequence

_CLOCK = "'YYYY-MM-DD HH24:MI:SS'"
_NOW = f"TO_CHAR(SYSDATE, {_CLOCK}) AS now_at"

_ITEMS = f"SELECT i.id, i.itemid, i.itemtype, i.isinactive, {_NOW} FROM item i WHERE"
_CUSTOMERS = f"SELECT c.id, c.email, c.subsidiary, c.isinactive, {_NOW} FROM customer c WHERE"
_FIRST_THOUSAND = "FETCH FIRST 1000 ROWS ONLY"

Query = tuple[str, tuple[str, ...]]


def items_page(after: str) -> Query:
    """A thousand items behind an id."""
    return f"{_ITEMS} i.id > ? ORDER BY i.id {_FIRST_THOUSAND}", (after,)


def items_changed(after: str, since: str) -> Query:
    """A thousand items behind an id that changed since a moment of NetSuite's clock."""
    changed = f"i.lastmodifieddate >= TO_TIMESTAMP(?, {_CLOCK})"
    return f"{_ITEMS} i.id > ? AND {changed} ORDER BY i.id {_FIRST_THOUSAND}", (after, since)


def items_by_sku(skus: Sequence[str]) -> Query:
    """The items of these names."""
    return f"{_ITEMS} i.itemid IN ({_marks(skus)}) ORDER BY i.id", tuple(skus)


def customers_page(after: str) -> Query:
    """A thousand customers behind an id."""
    return f"{_CUSTOMERS} c.id > ? ORDER BY c.id {_FIRST_THOUSAND}", (after,)


def customers_changed(after: str, since: str) -> Query:
    """A thousand customers behind an id that changed since a moment of NetSuite's clock."""
    changed = f"c.lastmodifieddate >= TO_TIMESTAMP(?, {_CLOCK})"
    return f"{_CUSTOMERS} c.id > ? AND {changed} ORDER BY c.id {_FIRST_THOUSAND}", (after, since)


def totals(transaction_ids: Sequence[str]) -> Query:
    """Totals of up to 1,000 transactions in their own currency."""
    marks = _marks(transaction_ids)
    return f"SELECT t.id, t.foreigntotal FROM transaction t WHERE t.id IN ({marks})", tuple(transaction_ids)


def external_ids(transaction_ids: Sequence[str]) -> Query:
    """External ids of up to 1,000 transactions."""
    marks = _marks(transaction_ids)
    return f"SELECT t.id, t.externalid FROM transaction t WHERE t.id IN ({marks})", tuple(transaction_ids)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" for _ in values)
