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


def items_counted(since: str) -> Query:
    """How many items changed since a moment of NetSuite's clock, as `found`."""
    return f"SELECT COUNT(*) AS found FROM item i WHERE i.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK})", (since,)


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


def customers_counted(since: str) -> Query:
    """How many customers changed since a moment of NetSuite's clock, as `found`."""
    return f"SELECT COUNT(*) AS found FROM customer c WHERE c.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK})", (since,)


def with_columns(query: Query, columns: Sequence[str]) -> Query:
    """The same question about customers, with more of their columns in the answer."""
    text, parameters = query
    return text.replace(" FROM ", f"{''.join(f', c.{name}' for name in columns)} FROM ", 1), parameters


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


def shipments_changed(after: tuple[str, str], since: str, *, mark: str | None) -> Query:
    """A thousand lines, behind (transaction, line), of the item fulfilments of our orders that changed since a moment of
    NetSuite's clock. Left out: what we made ourselves, members of a kit, the cost of the goods.

    `mark`: the check box of the sales orders that go to the shop; what is shipped of them can be shipped before they are ours.
    Facts: netsuite.md 6.10. The link is the main line's; plain `status` is one letter, BUILTIN.CF gives `ItemShip:C`.
    """
    or_marked = f" OR o.{mark} = 'T'" if mark else ""
    text = (
        "SELECT t.id, l.id AS line_id, t.tranid, BUILTIN.CF(t.status) AS status, m.createdfrom AS order_id, "
        "o.externalid AS order_externalid, o.tranid AS order_number, o.status AS order_status, "
        "t.shipcarrier, BUILTIN.DF(s.shippingmethod) AS method, "
        f"l.item, ABS(l.quantity) AS quantity, l.location, {NOW} FROM transaction t "
        "JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' "
        "JOIN transaction o ON o.id = m.createdfrom "
        "JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'F' AND l.taxline = 'F' "
        "AND NVL(l.iscogs, 'F') = 'F' AND l.kitmemberof IS NULL AND l.item IS NOT NULL "
        "LEFT JOIN transactionshipment s ON s.doc = t.id "
        f"WHERE t.type = 'ItemShip' AND o.type = 'SalesOrd' AND (o.externalid LIKE 'SHOPIFY-%'{or_marked}) "
        "AND (t.externalid IS NULL OR t.externalid NOT LIKE 'SHOPIFY-%') "
        "AND (t.id > ? OR (t.id = ? AND l.id > ?)) "
        f"AND t.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK}) ORDER BY t.id, l.id {_FIRST_THOUSAND}"
    )
    return text, (after[0], after[0], after[1], since)


def tracking_numbers(transaction_ids: Sequence[str], after: tuple[str, str]) -> Query:
    """A thousand tracking numbers, behind (transaction, number), of up to 1,000 transactions."""
    text = (
        "SELECT m.transaction AS id, n.id AS number_id, n.trackingnumber FROM trackingnumbermap m "
        "JOIN trackingnumber n ON n.id = m.trackingnumber "
        f"WHERE m.transaction IN ({placeholders(transaction_ids)}) "
        "AND (m.transaction > ? OR (m.transaction = ? AND n.id > ?)) "
        f"ORDER BY m.transaction, n.id {_FIRST_THOUSAND}"
    )
    return text, (*transaction_ids, after[0], after[0], after[1])


def deleted_since(after: str, since: str) -> Query:
    """A thousand ids, behind one, of whatever was deleted since a moment of NetSuite's clock.

    What `type` says there is not documented, and customers have ids of their own: who asks must look whether it is gone.
    """
    text = (
        f"SELECT DISTINCT d.recordid AS id, {NOW} FROM deletedrecord d WHERE d.recordid > ? "
        f"AND d.deleteddate >= TO_TIMESTAMP(?, {CLOCK}) ORDER BY d.recordid {_FIRST_THOUSAND}"
    )
    return text, (after, since)


def marked_orders(field: str, known: Sequence[str], ours: str, after: str, since: str) -> Query:
    """A thousand sales orders behind an id that a check box marks and that changed since a moment, and all of `known`.

    Left out is what came from the shop: whose external id begins with `ours`. `field` is the id of a custom body field.
    """
    or_known = f" OR t.id IN ({placeholders(known)})" if known else ""
    text = (
        f"{_marked(field)} "
        f"AND ((t.{field} = 'T' AND t.lastmodifieddate >= TO_TIMESTAMP(?, {CLOCK})){or_known}) "
        f"AND (t.externalid IS NULL OR t.externalid NOT LIKE ?) AND t.id > ? ORDER BY t.id {_FIRST_THOUSAND}"
    )
    return text, (since, *known, f"{ours}%", after)


def orders_standing(field: str, known: Sequence[str], ours: str) -> Query:
    """Those of up to 1,000 sales orders that are there and did not come from the shop, as `marked_orders` tells them."""
    text = (
        f"{_marked(field)} AND t.id IN ({placeholders(known)}) "
        "AND (t.externalid IS NULL OR t.externalid NOT LIKE ?) ORDER BY t.id"
    )
    return text, (*known, f"{ours}%")


def _marked(field: str) -> str:
    changed = f"TO_CHAR(t.lastmodifieddate, {CLOCK}) AS modified_at"
    return f"SELECT t.id, t.status, t.{field} AS marked, {changed}, {NOW} FROM transaction t WHERE t.type = 'SalesOrd'"


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
