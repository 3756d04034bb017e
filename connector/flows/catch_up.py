"""What no webhook told: orders that Shopify changed and we have not seen so become due. Without webhooks we are only slower."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from connector.flows.describing import UNSURE
from connector.flows.systems import Systems, Wake, Workplace
from connector.shopify.changes import ChangedOrder, changed_orders
from connector.store import cursors, inbox, known_records, subscriptions
from connector.store.inbox import Delivery
from connector.store.records import ORDER

log = structlog.get_logger(__name__)

CURSOR = "orders.catch_up"
SOURCE = "poll"
TOPIC = "orders/changed"
# Shopify's search lags behind its orders by seconds, and a webhook of the last minutes may still be on its way.
OVERLAP = timedelta(minutes=10)
LOOK_BACK = timedelta(days=3)
# A second change within the second of the one that we read shows nowhere: the daily look has such orders read once more.
_BACK = "look-back"


def catch_up(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Orders changed since the last time, and over every interval in which a subscription was gone; counts."""
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, CURSOR)
        silent = subscriptions.open_silences(connection, connection_id)
    began = datetime.fromisoformat(cursor.watermark) if cursor else systems.connection.created_at
    since = min([began, *(silence.began_at for silence in silent)]) - OVERLAP
    counts, newest = _heard(systems, workplace, wake, since=since)
    with workplace.engine.begin() as connection:
        cursors.advance(connection, connection_id, CURSOR, max(newest, began).isoformat())
        subscriptions.caught_up(connection, [silence.id for silence in silent])
    return counts


def look_back(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """The last three days once more, and what was read within the second of its change; never what was before the
    connection."""
    since = max(datetime.now(UTC) - LOOK_BACK, systems.connection.created_at - OVERLAP)
    counts, _ = _heard(systems, workplace, wake, since=since, why=_BACK)
    return counts


def hint(
    systems: Systems, workplace: Workplace, wake: Wake, orders: Sequence[ChangedOrder], *, why: str = SOURCE
) -> int:
    """Makes orders due that are older with us than is said here; how many were told for the first time."""
    with workplace.engine.begin() as connection:
        woken = _hint(connection, systems, workplace, orders, why)
    for record_id in woken:
        wake(record_id)
    return len(woken)


def _heard(
    systems: Systems, workplace: Workplace, wake: Wake, *, since: datetime, why: str = SOURCE
) -> tuple[dict[str, int], datetime]:
    seen, hinted, newest = 0, 0, since
    for page in changed_orders(systems.shopify, since):
        seen += len(page)
        hinted += hint(systems, workplace, wake, page, why=why)
        newest = max([newest, *(order.updated_at for order in page)])
    if hinted:
        log.info("caught_up", connection_id=systems.connection.id, orders=hinted)
    return {"orders": seen, "unheard": hinted}, newest


def _hint(
    connection: Connection, systems: Systems, workplace: Workplace, page: Sequence[ChangedOrder], why: str
) -> Sequence[int]:
    """Keeps a hint for each order that is newer than what we saw of it; ids of the records that are due now."""
    known = known_records.seen_versions(connection, systems.connection.id, ORDER, [order.order_id for order in page])
    grace = timedelta(0) if why == _BACK else UNSURE
    unheard = [order for order in page if known.get(order.order_id, _NEVER) < order.updated_at - grace]
    if not unheard:
        return ()
    deliveries = [_delivery(order, systems, workplace, why) for order in unheard]
    return inbox.accept(connection, deliveries, source=SOURCE).record_ids


def _delivery(order: ChangedOrder, systems: Systems, workplace: Workplace, why: str) -> Delivery:
    connection_id = systems.connection.id
    body = json.dumps({"id": int(order.order_id), "updated_at": order.updated_at.isoformat()}).encode()
    delivery_id = f"{why}-{order.order_id}-{order.updated_at.timestamp():.0f}"
    return Delivery(
        connection_id=connection_id,
        topic=TOPIC,
        delivery_id=delivery_id,
        event_id=None,
        triggered_at=order.updated_at,
        headers={},
        body=inbox.sealed_body(workplace.vault, connection_id, delivery_id, body),
        body_sha256=hashlib.sha256(body).digest(),
        record_kind=ORDER,
        shopify_id=order.order_id,
    )


_NEVER = datetime.min.replace(tzinfo=UTC)
