"""What both sides and we ourselves say of the orders of a window, read once; everything else is reckoned from it.

Shopify by pages of a hundred orders, NetSuite by pages of a thousand documents, whatever differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.flows.document_mirror import shopify_id_of
from connector.flows.own_payments import OWN
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.rules import Rules
from connector.netsuite.ledger import LedgerDocument, documents_of_ids, ledger_documents
from connector.shopify.changes import PaidOrder, paid_orders
from connector.store import effects, ledger
from connector.store.ledger import KnownEffect, KnownOrder

# A document is dated by its order's day; a day more covers whose clock it was.
_MARGIN = timedelta(days=1)
_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Window:
    """Orders placed at or after `since` and before `until`, looked at `now`."""

    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True)
class Ledger:
    """Everything that was read. `orders`, `known` and `effects` by Shopify's order id; `by_key` by external id, of other
    orders too. `own_payments`: ids of those that stand in Shopify because we marked the order as paid."""

    window: Window
    rules: Rules
    shop_id: int
    began: datetime
    is_at_work: bool
    orders: Mapping[str, PaidOrder]
    known: Mapping[str, KnownOrder]
    effects: Mapping[str, Sequence[KnownEffect]]
    by_key: Mapping[str, KnownEffect]
    documents: Sequence[LedgerDocument]
    own_payments: frozenset[str] = frozenset()

    @cached_property
    def by_remote_id(self) -> Mapping[str, KnownEffect]:
        """What NetSuite told us that it has, by its internal id."""
        return {one.remote_id: one for one in self.by_key.values() if one.is_in_netsuite and one.remote_id}

    @property
    def ours(self) -> str:
        """How all our external ids begin."""
        return prefix(self.shop_id)

    def day(self, moment: datetime) -> date:
        """The day of a moment in the books."""
        return moment.astimezone(ZoneInfo(self.rules.time_zone)).date()

    def is_young(self, moment: datetime) -> bool:
        """True where a webhook or a pass may still be on its way."""
        return self.window.now - moment < timedelta(minutes=15)


def prefix(shop_id: int) -> str:
    """How the external ids of a shop's documents begin."""
    return f"SHOPIFY-{shop_id}-"


def read_ledger(systems: Systems, workplace: Workplace, window: Window, *, is_at_work: bool) -> Ledger:
    """Asks Shopify, then our records, then NetSuite."""
    orders = {order.placed.order_id: order for order in paid_orders(systems.shopify, window.since, window.until)}
    connection_id = systems.connection.id
    documents = list(_documents(systems, window, orders.values()))
    with workplace.engine.begin() as connection:
        known = ledger.orders_of_ids(connection, connection_id, list(orders))
        made = ledger.effects_of_orders(connection, connection_id, list(orders))
        by_key = {one.natural_key: one for one in made}
        others = [one.external_id for one in documents if one.external_id and one.external_id not in by_key]
        by_key |= ledger.effects_of_keys(connection, connection_id, others)
        own_payments = _own_payments(connection, systems, workplace, list(orders))
    documents += documents_of_ids(systems.netsuite, _not_listed(made, documents))
    return Ledger(
        window=window,
        rules=systems.rules,
        shop_id=systems.shop_id,
        began=systems.connection.created_at,
        is_at_work=is_at_work,
        orders=orders,
        known=known,
        effects=_by_order(made),
        by_key=by_key,
        documents=documents,
        own_payments=own_payments,
    )


def order_id_of(document: LedgerDocument, shop_id: int) -> str | None:
    """The order that a document or the sales order behind it stands for, by external ids."""
    return shopify_id_of(document.external_id, shop_id) or shopify_id_of(document.order_external_id, shop_id)


def _documents(systems: Systems, window: Window, orders: Iterable[PaidOrder]) -> Iterable[LedgerDocument]:
    """From the first day that an order's document may be dated on."""
    moments = [window.since, *(order.processed_at for order in orders)]
    since = min(moments).astimezone(ZoneInfo(systems.rules.time_zone)).date() - _MARGIN
    reference = _reference([order.placed.name for order in orders])
    return ledger_documents(systems.netsuite, ours=prefix(systems.shop_id), reference=reference, since=since)


def _own_payments(
    connection: Connection, systems: Systems, workplace: Workplace, order_ids: Sequence[str]
) -> frozenset[str]:
    """What came of our markings, by their images."""
    found: set[str] = set()
    for start in range(0, len(order_ids), _CHUNK):
        keys = [external_ids.marked_paid(systems.shop_id, order_id) for order_id in order_ids[start : start + _CHUNK]]
        for marked in effects.of_keys(connection, systems.connection.id, keys).values():
            found |= set((effects.image_of(marked, workplace.vault) or {}).get(OWN, ()))
    return frozenset(found)


def _reference(names: Sequence[str]) -> str:
    """What all names begin with before their number, without what LIKE would read as a wildcard."""
    first, last = min(names, default=""), max(names, default="")
    same = takewhile(lambda pair: pair[0] == pair[1] and pair[0] not in "0123456789%_", zip(first, last, strict=False))
    return "".join(letter for letter, _ in same)


def _not_listed(made: Sequence[KnownEffect], documents: Sequence[LedgerDocument]) -> list[str]:
    """What we know to be there, and no external id told of: it was entered by hand and is ours by its internal id."""
    ids = {document.id for document in documents}
    return sorted({one.remote_id for one in made if one.is_in_netsuite and one.remote_id} - ids)


def _by_order(made: Sequence[KnownEffect]) -> dict[str, list[KnownEffect]]:
    found: dict[str, list[KnownEffect]] = {}
    for one in made:
        found.setdefault(one.shopify_id, []).append(one)
    return found
