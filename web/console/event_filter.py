"""Which deliveries a page is about: asked in its address, kept in forms, said in words."""

from datetime import datetime

from pydantic import BaseModel

from connector.mapping.rule_values import Moment
from connector.store.event_list import EventFilter
from connector.store.tables import RecordState
from web.console.site import Visit


class Chosen(BaseModel):
    """A filter of deliveries. `since`, `until`: when they were received, UTC; `state`, `reason`, `sku` and `order` are of the
    record a delivery speaks of; `ids`: only these deliveries."""

    store: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    topic: str | None = None
    state: RecordState | None = None
    reason: str | None = None
    sku: str | None = None
    order: str | None = None
    delivery: str | None = None
    ids: tuple[int, ...] = ()


_NAMES = ("since", "until", "topic", "state", "reason", "sku", "order", "delivery", "ids")


def the_filter(visit: Visit, chosen: Chosen) -> EventFilter:
    """What is looked for, within the connections that are seen. Raises NotFound for another store."""
    return EventFilter(
        connection_id=visit.store(chosen.store).id if chosen.store else None,
        ids=chosen.ids,
        since=chosen.since,
        until=chosen.until,
        topic=chosen.topic,
        delivery_id=chosen.delivery,
        among=visit.chosen(chosen.store),
        state=chosen.state,
        reason=chosen.reason,
        sku=chosen.sku,
        order=chosen.order,
    )


def asked(chosen: Chosen) -> dict[str, str | list[str]]:
    """What is asked, for fields of a form and for an address; the store too."""
    values: dict[str, str | list[str]] = {"store": chosen.store} if chosen.store else {}
    for name in _NAMES:
        value = getattr(chosen, name)
        if isinstance(value, tuple):
            values |= {name: [str(one) for one in value]} if value else {}
        elif value is not None:
            values[name] = value.isoformat() if isinstance(value, datetime) else str(value)
    return values


def is_narrowed(chosen: Chosen) -> bool:
    """True when something besides the store is asked."""
    return bool(asked(chosen).keys() - {"store"})
