"""The SuiteQL texts: Oracle's dialect, every value bound, times as text in NetSuite's own clock.

Paging by key (`id > ?`, ordered): offsets end at 100,000 rows and shift while rows change.
"""

from collections.abc import Sequence

CLOCK = "'YYYY-MM-DD HH24:MI:SS'"
NOW = f"TO_CHAR(SYSDATE, {CLOCK}) AS now_at"

_ITEMS = f"SELECT i.id, i.itemid, i.itemtype, i.isinactive, {NOW} FROM item i WHERE"
_CUSTOMERS = f"SELECT c.id, c.email, c.subsidiary, c.isinactive, {NOW} FROM customer c WHERE"
_FIRST_THOUSAND = "FETCH FIRST 1000 ROWS ONLY"

Query = tuple[str, tuple[str, ...]]


def items_page(after: str) -> Query:
    """A thousand items behind an id."""
    return f"{_ITEMS} i.id > ? ORDER BY i.id {_FIRST_THOUSAND}", (after,)


def items_changed(after: str, since: str) -> Query:
    """A thousand items behind an id that changed since a moment of NetSuite's clock."""
    changed = f"i.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK})"
    return f"{_ITEMS} i.id > ? AND {changed} ORDER BY i.id {_FIRST_THOUSAND}", (after, since)


def items_by_sku(skus: Sequence[str]) -> Query:
    """The items of these names."""
    return f"{_ITEMS} i.itemid IN ({placeholders(skus)}) ORDER BY i.id", tuple(skus)


def customers_page(after: str) -> Query:
    """A thousand customers behind an id."""
    return f"{_CUSTOMERS} c.id > ? ORDER BY c.id {_FIRST_THOUSAND}", (after,)


def customers_changed(after: str, since: str) -> Query:
    """A thousand customers behind an id that changed since a moment of NetSuite's clock."""
    changed = f"c.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK})"
    return f"{_CUSTOMERS} c.id > ? AND {changed} ORDER BY c.id {_FIRST_THOUSAND}", (after, since)


def customers_standing(customer_ids: Sequence[str]) -> Query:
    """Those of some customers that are there and active."""
    marks = placeholders(customer_ids)
    return f"SELECT c.id FROM customer c WHERE c.isinactive = 'F' AND c.id IN ({marks})", tuple(customer_ids)


def totals(transaction_ids: Sequence[str]) -> Query:
    """Totals of up to 1,000 transactions in their own currency."""
    marks = placeholders(transaction_ids)
    return f"SELECT t.id, t.foreigntotal FROM transaction t WHERE t.id IN ({marks})", tuple(transaction_ids)


def order_lines(transaction_ids: Sequence[str], after: tuple[str, str]) -> Query:
    """Lines of up to 1,000 transactions behind (transaction, line): a thousand rows in the order of both."""
    marks = placeholders(transaction_ids)
    columns = "l.transaction, l.id, l.item"
    behind = "(l.transaction > ? OR (l.transaction = ? AND l.id > ?))"
    text = (
        f"SELECT {columns} FROM transactionline l WHERE l.transaction IN ({marks}) AND l.mainline = 'F' "
        f"AND l.taxline = 'F' AND {behind} ORDER BY l.transaction, l.id {_FIRST_THOUSAND}"
    )
    return text, (*transaction_ids, after[0], after[0], after[1])


def documents_changed(after: str, since: str) -> Query:
    """A thousand of these behind an id that changed since a moment of NetSuite's clock: orders that came from Shopify, as
    sales orders or sold for cash, and the invoices and cash sales that were made from sales orders.
    """
    text = (
        "SELECT t.id, t.type, t.tranid, t.status, t.foreigntotal, t.externalid, m.createdfrom AS order_id, "
        f"o.externalid AS order_externalid, {NOW} FROM transaction t "
        "JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' "
        "LEFT JOIN transaction o ON o.id = m.createdfrom "
        "WHERE ((t.type IN ('CustInvc', 'CashSale') AND m.createdfrom IS NOT NULL) "
        "OR (t.type IN ('SalesOrd', 'CashSale') AND t.externalid LIKE 'SHOPIFY-%')) AND t.id > ? "
        f"AND t.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK}) ORDER BY t.id {_FIRST_THOUSAND}"
    )
    return text, (after, since)


def clock() -> Query:
    """NetSuite's own clock."""
    return f"SELECT {NOW} FROM dual", ()


def external_ids(transaction_ids: Sequence[str]) -> Query:
    """External ids of up to 1,000 transactions."""
    marks = placeholders(transaction_ids)
    return f"SELECT t.id, t.externalid FROM transaction t WHERE t.id IN ({marks})", tuple(transaction_ids)


def placeholders(values: Sequence[str]) -> str:
    """A mark for each of some bound values."""
    return ", ".join("?" for _ in values)
