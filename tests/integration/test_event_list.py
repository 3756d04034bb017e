"""The newest deliveries of what many records have in common are the newest, whichever records changed last."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from connector.store.event_list import EventFilter, found_events
from connector.store.tables import events, records
from tests.clock import now
from tests.world import World

HELD = 130
LIMIT = 20


def told(world: World, *, at_work: int) -> None:
    """So many orders held for one SKU, one told a minute after the other; the oldest of them were changed again since."""
    first = now() - timedelta(days=1)
    with world.engine.begin() as connection:
        for number in range(HELD):
            heard_at = first + timedelta(minutes=number)
            common = {"connection_id": world.connection.id, "shopify_id": str(number)}
            changed_at = now() if number < at_work else heard_at
            connection.execute(
                insert(records).values(
                    kind="order", state="held", reason_code="not_mapped", reason_subject="sku:GHOST",
                    changed_at=changed_at, **common,
                )
            )  # fmt: skip
            connection.execute(
                insert(events).values(
                    source="webhook", topic="orders/create", delivery_id=f"d-{number}", headers={}, body=b"",
                    body_sha256=b"", record_kind="order", received_at=heard_at, **common,
                )
            )  # fmt: skip


@pytest.mark.parametrize("at_work", [0, 115])
def test_a_page_of_a_sku_has_the_newest_of_all(world: World, at_work: int) -> None:
    told(world, at_work=at_work)
    wanted = EventFilter(sku="GHOST")
    with world.engine.begin() as connection:
        page = found_events(connection, wanted, limit=LIMIT)
        behind = found_events(connection, wanted, limit=LIMIT, before=page[-1].id)
        every = connection.execute(select(events.c.id).order_by(events.c.received_at.desc())).scalars().all()
    assert [event.id for event in page] == list(every[:LIMIT])
    assert [event.id for event in behind] == list(every[LIMIT : LIMIT * 2])
