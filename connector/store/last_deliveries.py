"""When a topic, or a shop, was heard of last: one look into an index for each topic, however many deliveries there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, column, func, select, text, true, values
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from connector.store.tables import events

# What this product sends itself, to show that the way in is open: no word of the shop.
TEST_TOPIC = "connector/test"
# A topic comes from one source. NetSuite may have told of a million changes since the shop's last word: walking back over them
# would take long, while topics are few.
_OF_SHOPS = text(
    """
    with recursive topics (connection_id, topic) as (
        select c.id, (select e.topic from events e where e.connection_id = c.id order by e.topic limit 1)
        from unnest(:ids) c (id)
        union all
        select t.connection_id, (
            select e.topic from events e where e.connection_id = t.connection_id and e.topic > t.topic
            order by e.topic limit 1
        )
        from topics t where t.topic is not null
    )
    select t.connection_id, max(newest.received_at) as received_at
    from topics t
    cross join lateral (
        select e.received_at, e.source from events e where e.connection_id = t.connection_id and e.topic = t.topic
        order by e.received_at desc, e.id desc limit 1
    ) newest
    where newest.source = 'webhook' and t.topic <> :test
    group by t.connection_id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def by_topic(connection: Connection, connection_id: int, topics: Sequence[str]) -> dict[str, datetime]:
    """The newest delivery of each topic; a topic of which none is kept is left out."""
    if not topics:
        return {}
    wanted = values(column("topic", Text), name="wanted").data([(topic,) for topic in topics])
    newest = (
        select(func.max(events.c.received_at).label("received_at"))
        .where(events.c.connection_id == connection_id, events.c.topic == wanted.c.topic)
        .correlate(wanted)
        .lateral("newest")
    )
    found = connection.execute(select(wanted.c.topic, newest.c.received_at).select_from(wanted.join(newest, true())))
    return {row.topic: row.received_at for row in found if row.received_at is not None}


def newest(connection: Connection, connection_id: int) -> datetime | None:
    """The newest delivery of any topic, of either system."""
    query = select(func.max(events.c.received_at)).where(events.c.connection_id == connection_id)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def of_shops(connection: Connection, connection_ids: Sequence[int]) -> dict[int, datetime]:
    """When Shopify itself delivered last, by connection; one that it never did for is left out."""
    found = connection.execute(_OF_SHOPS, {"ids": list(connection_ids), "test": TEST_TOPIC})
    return {row.connection_id: row.received_at for row in found}
