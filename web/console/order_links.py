"""Where an order is found: its page in the console, in the shop's admin and in NetSuite."""

from urllib.parse import quote

from connector.netsuite.account import page_of
from connector.store.connections import StoredConnection
from connector.store.order_documents import OrderDocument
from connector.store.records import RecordView
from connector.store.tables import EffectKind
from web.console.site import Visit

_SALES_ORDER = "accounting/transactions/salesord.nl"
# Leads to the page of whatever transaction has the id.
_TRANSACTION = "accounting/transactions/transaction.nl"
_CUSTOMER = "common/entity/custjob.nl"
_PAGES = {
    EffectKind.SALES_ORDER: _SALES_ORDER,
    EffectKind.CUSTOMER: _CUSTOMER,
    EffectKind.CONTACT: "common/entity/contact.nl",
}


def order_path(visit: Visit, order: RecordView) -> str:
    """The page of an order by its name; by its Shopify id before its name is known, or where an address cannot hold it."""
    name = (order.name or "").removeprefix("#")
    is_plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum() and name.isascii()
    return _with_store(visit, order, f"/orders/{name if is_plain else order.shopify_id}")


def order_part(visit: Visit, order: RecordView, part: str = "") -> str:
    """A further page of an order, such as `/money`: by its Shopify id, for orders may share a name."""
    return _with_store(visit, order, f"/orders/{quote(order.shopify_id)}{part}")


def _with_store(visit: Visit, order: RecordView, path: str) -> str:
    is_alone = len(visit.stores) == 1
    return path if is_alone else f"{path}?store={quote(visit.store_of(order.connection_id).name)}"


def in_shop(stored: StoredConnection, order: RecordView) -> str:
    """The order in the shop's admin."""
    return f"https://{stored.shop}/admin/orders/{order.shopify_id}"


def in_netsuite(stored: StoredConnection, kind: EffectKind, remote_id: str) -> str:
    """A record of ours in NetSuite's pages."""
    return page_of(stored.netsuite_account, _PAGES.get(kind, _TRANSACTION), remote_id)


def document_link(stored: StoredConnection, document: OrderDocument | None) -> str | None:
    """The order's document in NetSuite, None before there is one."""
    return None if document is None else in_netsuite(stored, document.kind, document.remote_id)
