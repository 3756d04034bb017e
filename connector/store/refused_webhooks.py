"""How many webhooks were refused, by ten minutes, connection and why: a few rows, however many somebody sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, func, or_, select, text

from connector.store.console_tables import refused_webhooks

_SLOT_SECONDS = 600
_KEPT = timedelta(days=2)

# In the order of the key, so that two processes that count the same do not wait for each other crosswise.
_ADD = text(
    """
    insert into refused_webhooks (slot, connection_id, outcome, count)
    select to_timestamp(floor(extract(epoch from now()) / :slot) * :slot), t.connection_id, t.outcome, t.count
    from unnest(cast(:ids as bigint[]), cast(:outcomes as text[]), cast(:counts as bigint[]))
        as t (connection_id, outcome, count)
    order by 2, 3
    on conflict (slot, coalesce(connection_id, 0), outcome)
        do update set count = refused_webhooks.count + excluded.count
    """
)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Webhooks that were refused for one reason. `connection_id`: whose address they came to, None for no connection's."""

    connection_id: int | None
    outcome: str
    count: int


def add(connection: Connection, counts: Mapping[tuple[int | None, str], int]) -> None:
    """Counts some more, by connection and reason, and forgets what is old."""
    values = {
        "slot": _SLOT_SECONDS,
        "ids": [connection_id for connection_id, _ in counts],
        "outcomes": [outcome for _, outcome in counts],
        "counts": list(counts.values()),
    }
    connection.execute(_ADD, values)
    connection.execute(refused_webhooks.delete().where(refused_webhooks.c.slot < func.now() - _KEPT))


def of_last_hour(
    connection: Connection, connection_ids: Sequence[int], *, with_unknown: bool = False
) -> list[Refusals]:
    """What was refused in the last hour, right to ten minutes; `with_unknown`: also what came to no connection's address."""
    table = refused_webhooks.c
    is_seen = table.connection_id.in_(list(connection_ids))
    is_wanted = or_(is_seen, table.connection_id.is_(None)) if with_unknown else is_seen
    query = (
        select(table.connection_id, table.outcome, func.sum(table.count).label("count"))
        .where(table.slot > func.now() - timedelta(hours=1), is_wanted)
        .group_by(table.connection_id, table.outcome)
        .order_by(table.connection_id, table.outcome)
    )
    return [Refusals(row[0], row[1], int(row[2])) for row in connection.execute(query)]
