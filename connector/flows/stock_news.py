"""What webhooks say of stock and items, taken into the mirrors in batches: bodies are opened, nothing is asked.

Ids of events are given before they are committed, so that a lower one may appear later: each time the last minutes are
read again. A quantity that is not newer than what is known changes nothing. Shopify's bodies tell time to the second: what
came first within it is seen by the time that the delivery tells.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, func, select

from connector.flows.systems import Systems, Workplace
from connector.store import cursors, inbox, levels, shop_items
from connector.store.levels import SeenLevel
from connector.store.shop_items import ItemNews
from connector.store.tables import events

log = structlog.get_logger(__name__)

NEWS = "stock_news"
# An insert that takes longer than this is cut off by the receiver's own time limit.
_OVERLAP = timedelta(minutes=2)
_A_SECOND = timedelta(seconds=1)
_BATCH = 1000
_LEVELS = ("inventory_levels/update", "inventory_levels/connect")
_GONE = "inventory_levels/disconnect"
_ITEMS = ("inventory_items/create", "inventory_items/update")
_DELETED = "inventory_items/delete"
_PRODUCTS = ("products/create", "products/update")
_TOPICS = (*_LEVELS, _GONE, *_ITEMS, _DELETED, *_PRODUCTS)


@dataclass(frozen=True, slots=True)
class _Event:
    id: int
    topic: str
    at: datetime
    is_exact: bool
    body: Mapping[str, Any] = field(repr=False)


def learn_from_events(systems: Systems, workplace: Workplace) -> int:
    """Takes what new events say of levels and items into `levels` and `shop_items`; how many rows changed."""
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, NEWS)
        start = int(cursor.watermark) if cursor else 0
        settled = _settled(connection, start)
    changed, last = 0, start
    while True:
        with workplace.engine.begin() as connection:
            found = list(_events(connection, workplace, connection_id, last))
            changed += levels.tell(connection, connection_id, [one for event in found for one in _levels(event)])
            changed += shop_items.learn(connection, connection_id, [one for event in found for one in _items(event)])
        if len(found) < _BATCH:
            break
        last = found[-1].id
    with workplace.engine.begin() as connection:
        cursors.advance(connection, connection_id, NEWS, str(settled))
    return changed


def _settled(connection: Connection, start: int) -> int:
    """The newest event, of whichever connection, before which none can still appear: found from the newest one backwards."""
    now = connection.execute(select(func.now())).scalar_one()
    newest = connection.execute(
        select(func.max(events.c.id)).where(events.c.id > start, events.c.received_at < now - _OVERLAP)
    ).scalar()
    return start if newest is None else int(newest)


def _events(connection: Connection, workplace: Workplace, connection_id: int, last: int) -> Iterator[_Event]:
    rows = connection.execute(
        select(events.c.id, events.c.topic, events.c.delivery_id, events.c.body, events.c.triggered_at,
               events.c.received_at)
        .where(
            events.c.connection_id == connection_id, events.c.id > last, events.c.topic.in_(_TOPICS),
            events.c.redacted_at.is_(None),
        )
        .order_by(events.c.id)
        .limit(_BATCH)
    )  # fmt: skip
    for row in rows:
        body = orjson.loads(inbox.opened_body(workplace.vault, connection_id, row.delivery_id, bytes(row.body)))
        at, is_exact = _when(_moment(body.get("updated_at")), row.triggered_at or row.received_at)
        yield _Event(row.id, row.topic, at, is_exact, body)


def _when(told: datetime | None, triggered: datetime) -> tuple[datetime, bool]:
    """When what an event tells was so, and whether that is exact: what was told later may have been triggered sooner."""
    if told is None or told <= triggered < told + _A_SECOND:
        return triggered, True
    return told, told.microsecond != 0


def _levels(event: _Event) -> Iterator[SeenLevel]:
    if event.topic not in (*_LEVELS, _GONE):
        return
    item, location = _number(event.body.get("inventory_item_id")), _number(event.body.get("location_id"))
    available = event.body.get("available") if event.topic in _LEVELS else None
    if item is None or location is None or not (available is None or type(available) is int):
        log.warning("stock_event_unread", event_id=event.id, topic=event.topic)
        return
    yield SeenLevel(item, location, available, event.at, event.is_exact)


def _items(event: _Event) -> Iterator[ItemNews]:
    """A product tells its variants, where its body has them; items that it no longer has tell it themselves."""
    number = _number(event.body.get("id"))
    if event.topic in _PRODUCTS:
        for variant in event.body.get("variants") or ():
            item = _number(variant.get("inventory_item_id"))
            if item is not None and "sku" in variant:
                yield ItemNews(item, event.at, variant["sku"] or "", variant=_number(variant.get("id")))
    elif number is not None and event.topic == _DELETED:
        yield ItemNews(number, event.at, is_deleted=True)
    elif number is not None and event.topic in _ITEMS:
        sku = (event.body["sku"] or "") if "sku" in event.body else None
        yield ItemNews(number, event.at, sku, event.body.get("tracked"))


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None
