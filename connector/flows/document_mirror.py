"""What NetSuite says of our orders and their bills, stored; and which orders Shopify must be told something of.

Most need no word: what is paid in Shopify already is paid there, whatever becomes of its invoice.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Connection

from connector.flows.systems import Systems
from connector.mapping.rules import Rules
from connector.netsuite.states import CLOSED
from connector.store import billing, due, entered_effects, records, sales_orders
from connector.store import wanted as wanted_records
from connector.store.billing import BillingDocument, Kept
from connector.store.sales_orders import MirroredOrder

Rows = Sequence[Mapping[str, str]]

_KINDS = {"CustInvc": billing.INVOICE, "CashSale": billing.CASH_SALE}
_SALES_ORDER = "SalesOrd"


def keep_documents(connection: Connection, systems: Systems, rows: Rows) -> None:
    """Stores what changed. An order that is billed after money went back is looked at again: the bill may say too much."""
    connection_id = systems.connection.id
    linked = linked_in(connection, systems, rows)
    orders = sales_orders.keep(connection, connection_id, _ours(rows, systems.shop_id, linked))
    bills = billing.keep(connection, connection_id, _bills(rows))
    for record_id in billing.refunded_orders(connection, connection_id, bills.new):
        due.mark_dirty(connection, record_id)
    wanted = _closed(orders, rows, systems.rules)
    if systems.rules.status.mark_paid or systems.rules.status.capture:
        billed = _order_ids(bills, rows, systems.shop_id, linked)
        wanted += sales_orders.owing(connection, connection_id, billed)
    wanted_records.want(connection, connection_id, records.ORDER_STATUS, wanted)


def linked_in(connection: Connection, systems: Systems, rows: Rows) -> Mapping[str, str]:
    """The shop's orders by sales orders of these rows that were entered in NetSuite: their external id can be their own."""
    named = {row[name] for row in rows for name in ("id", "order_id") if name in row}
    is_asked = systems.rules.draft_orders.field is not None and named
    return entered_effects.linked_orders(connection, systems.connection.id, named) if is_asked else {}


def _ours(rows: Rows, shop_id: int, linked: Mapping[str, str]) -> list[MirroredOrder]:
    found = []
    for row in rows:
        shopify_id = shopify_id_of(row.get("externalid"), shop_id) or linked.get(row["id"])
        if shopify_id is not None:
            found.append(MirroredOrder(int(row["id"]), shopify_id, row.get("tranid"), row.get("status", "")))
    return found


def _bills(rows: Rows) -> list[BillingDocument]:
    return [
        BillingDocument(
            int(row["id"]),
            _KINDS[row["type"]],
            int(row["order_id"]),
            row.get("status", ""),
            Decimal(row.get("foreigntotal", "0")),
        )
        for row in rows
        if row["type"] in _KINDS and "order_id" in row
    ]


def _closed(changed: Sequence[MirroredOrder], rows: Rows, rules: Rules) -> list[str]:
    """The orders that are closed now, by rule; a cash sale has other letters."""
    if rules.status.closed == "leave":
        return []
    ids = {int(row["id"]) for row in rows if row["type"] == _SALES_ORDER}
    return [order.shopify_id for order in changed if order.netsuite_id in ids and order.status in CLOSED]


def _order_ids(bills: Kept, rows: Rows, shop_id: int, linked: Mapping[str, str]) -> list[str]:
    """The Shopify orders whose bills changed."""
    changed = set(bills.changed)
    found = (
        shopify_id_of(row.get("order_externalid"), shop_id) or linked.get(row["order_id"])
        for row in rows
        if "order_id" in row and int(row["order_id"]) in changed
    )
    return sorted({shopify_id for shopify_id in found if shopify_id is not None})


def shopify_id_of(external_id: str | None, shop_id: int) -> str | None:
    """The order of this shop that an external id belongs to."""
    for kind in ("ORDER", "SALE"):
        prefix = f"SHOPIFY-{shop_id}-{kind}-"
        if external_id is not None and external_id.startswith(prefix):
            return external_id.removeprefix(prefix)
    return None
