"""What deliveries led to: the record each speaks of as it stands now, and the first delivery that said the same. Read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, true

from connector.store.tables import events, records


@dataclass(frozen=True, slots=True)
class Led:
    """Where the record of one delivery stands; all None but `duplicate_of` where it speaks of none.

    `duplicate_of`: the first delivery of the same event or bytes about the same record, None for that one itself.
    """

    name: str | None
    state: str | None
    reason_code: str | None
    duplicate_of: int | None


def outcomes(connection: Connection, event_ids: Sequence[int]) -> Mapping[int, Led]:
    """What each of a page of deliveries led to."""
    earlier = events.alias("earlier")
    says_the_same = or_(
        and_(earlier.c.event_id == events.c.event_id, earlier.c.topic == events.c.topic),
        earlier.c.body_sha256 == events.c.body_sha256,
    )
    first = (
        select(func.min(earlier.c.id).label("id"))
        .where(
            earlier.c.connection_id == events.c.connection_id,
            earlier.c.record_kind == events.c.record_kind,
            earlier.c.shopify_id == events.c.shopify_id,
            earlier.c.id < events.c.id,
            says_the_same,
        )
        .correlate(events)
        .lateral("first")
    )
    is_of_it = and_(
        records.c.connection_id == events.c.connection_id,
        records.c.kind == events.c.record_kind,
        records.c.shopify_id == events.c.shopify_id,
    )
    found = connection.execute(
        select(events.c.id, records.c.name, records.c.state, records.c.reason_code, first.c.id.label("duplicate_of"))
        .select_from(events.outerjoin(records, is_of_it).join(first, true()))
        .where(events.c.id.in_(list(event_ids)))
    )
    return {row.id: Led(row.name, row.state, row.reason_code, row.duplicate_of) for row in found}


def connection_of(connection: Connection, event_id: int) -> int | None:
    """The connection a delivery came to; None where there is no such delivery."""
    return connection.execute(select(events.c.connection_id).where(events.c.id == event_id)).scalar_one_or_none()
