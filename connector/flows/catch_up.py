"""What no webhook told: orders and customers that Shopify changed and we have not seen so become due.

Without webhooks we are only slower.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from connector.flows.describing import UNSURE
from connector.flows.systems import Systems, Wake, Workplace
from connector.shopify.changes import ChangedOrder, changed_customers, changed_orders
from connector.shopify.client import ShopifyClient
from connector.store import cursors, inbox, known_records, subscriptions
from connector.store.inbox import Delivery
from connector.store.records import CUSTOMER, ORDER

log = structlog.get_logger(__name__)

CURSOR = "orders.catch_up"
SOURCE = "poll"
# Shopify's search lags behind its orders by seconds, and a webhook of the last minutes may still be on its way.
OVERLAP = timedelta(minutes=10)
LOOK_BACK = timedelta(days=3)
# A second change within the second of the one that we read shows nowhere: the daily look has such orders read once more.
_BACK = "look-back"


class Changed(Protocol):
    """Something of the shop and its last change, to the second."""

    @property
    def shopify_id(self) -> str:
        """Its id."""

    @property
    def updated_at(self) -> datetime:
        """When it changed last."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is looked for: of which records, under which topic its hints stand, and whose silences it closes."""

    record_kind: str
    topic: str
    name: str
    cursor: str
    changed: Callable[[ShopifyClient, datetime], Iterator[Sequence[Changed]]]

    def hears(self, topic: str) -> bool:
        """Whether it looks for what a webhook of this topic would have told: customers for theirs, orders for the rest."""
        return topic.startswith("customers/") == (self.record_kind == CUSTOMER)


_ORDERS = _Kind(ORDER, "orders/changed", "orders", CURSOR, changed_orders)
_CUSTOMERS = _Kind(CUSTOMER, "customers/changed", "customers", "customers.catch_up", changed_customers)


def catch_up(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Orders changed since the last time, and over every interval in which a subscription was gone; counts."""
    return _caught_up(_ORDERS, systems, workplace, wake, first=systems.connection.created_at)


def catch_up_customers(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """The same of customers; the first time, what changed in the last three days."""
    first = max(systems.connection.created_at, datetime.now(UTC) - LOOK_BACK)
    return _caught_up(_CUSTOMERS, systems, workplace, wake, first=first)


def _caught_up(
    kind: _Kind, systems: Systems, workplace: Workplace, wake: Wake, *, first: datetime
) -> Mapping[str, int]:
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, kind.cursor)
        open_now = subscriptions.open_silences(connection, connection_id)
    silent = [silence for silence in open_now if kind.hears(silence.topic)]
    began = datetime.fromisoformat(cursor.watermark) if cursor else first
    since = min([began, *(silence.began_at for silence in silent)]) - OVERLAP
    counts, newest = _heard(kind, systems, workplace, wake, since=since)
    with workplace.engine.begin() as connection:
        cursors.advance(connection, connection_id, kind.cursor, max(newest, began).isoformat())
        subscriptions.caught_up(connection, [silence.id for silence in silent])
    return counts


def look_back(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """The last three days once more, and what was read within the second of its change; never what was before the
    connection."""
    since = max(datetime.now(UTC) - LOOK_BACK, systems.connection.created_at - OVERLAP)
    counts, _ = _heard(_ORDERS, systems, workplace, wake, since=since, why=_BACK)
    return counts


def hint(
    systems: Systems, workplace: Workplace, wake: Wake, orders: Sequence[ChangedOrder], *, why: str = SOURCE
) -> int:
    """Makes orders due that are older with us than is said here; how many were told for the first time."""
    return _hinted(_ORDERS, systems, workplace, wake, orders, why)


def _hinted(kind: _Kind, systems: Systems, workplace: Workplace, wake: Wake, page: Sequence[Changed], why: str) -> int:
    with workplace.engine.begin() as connection:
        woken = _hint(connection, kind, systems, workplace, page, why)
    for record_id in woken:
        wake(record_id)
    return len(woken)


def _heard(
    kind: _Kind, systems: Systems, workplace: Workplace, wake: Wake, *, since: datetime, why: str = SOURCE
) -> tuple[dict[str, int], datetime]:
    seen, hinted, newest = 0, 0, since
    for page in kind.changed(systems.shopify, since):
        seen += len(page)
        hinted += _hinted(kind, systems, workplace, wake, page, why)
        newest = max([newest, *(one.updated_at for one in page)])
    if hinted:
        log.info("caught_up", connection_id=systems.connection.id, kind=kind.record_kind, unheard=hinted)
    return {kind.name: seen, "unheard": hinted}, newest


def _hint(
    connection: Connection, kind: _Kind, systems: Systems, workplace: Workplace, page: Sequence[Changed], why: str
) -> Sequence[int]:
    """Keeps a hint for each that is newer than what we saw of it; ids of the records that are due now."""
    ids = [one.shopify_id for one in page]
    known = known_records.seen_versions(connection, systems.connection.id, kind.record_kind, ids)
    grace = timedelta(0) if why == _BACK else UNSURE
    unheard = [one for one in page if known.get(one.shopify_id, _NEVER) < one.updated_at - grace]
    if not unheard:
        return ()
    deliveries = [_delivery(one, kind, systems, workplace, why) for one in unheard]
    return inbox.accept(connection, deliveries, source=SOURCE).record_ids


def _delivery(one: Changed, kind: _Kind, systems: Systems, workplace: Workplace, why: str) -> Delivery:
    connection_id = systems.connection.id
    body = json.dumps({"id": int(one.shopify_id), "updated_at": one.updated_at.isoformat()}).encode()
    of = "" if kind.record_kind == ORDER else f"{kind.record_kind}-"
    delivery_id = f"{why}-{of}{one.shopify_id}-{one.updated_at.timestamp():.0f}"
    return Delivery(
        connection_id=connection_id,
        topic=kind.topic,
        delivery_id=delivery_id,
        event_id=None,
        triggered_at=one.updated_at,
        headers={},
        body=inbox.sealed_body(workplace.vault, connection_id, delivery_id, body),
        body_sha256=hashlib.sha256(body).digest(),
        record_kind=kind.record_kind,
        shopify_id=one.shopify_id,
    )


_NEVER = datetime.min.replace(tzinfo=UTC)
