"""Which things of a shop have a record, and of which change in the shop it knows. Read only."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from connector.store.records import LEASABLE, UNTIL_SENT
from connector.store.tables import records


def known_ids(connection: Connection, connection_id: int, kind: str, shopify_ids: Sequence[str]) -> set[str]:
    """Those of the ids that a record knows and that are not merely waiting for a job."""
    found = connection.execute(
        select(records.c.shopify_id).where(
            records.c.connection_id == connection_id,
            records.c.kind == kind,
            records.c.shopify_id.in_(list(shopify_ids)),
            records.c.next_attempt_at < UNTIL_SENT,
        )
    )
    return set(found.scalars())


def seen_versions(
    connection: Connection, connection_id: int, kind: str, shopify_ids: Sequence[str]
) -> dict[str, datetime]:
    """Of which change in Shopify we know, by id; what is undone anyway is known of for ever."""
    found = connection.execute(
        select(records.c.shopify_id, records.c.seen_version, records.c.state).where(
            records.c.connection_id == connection_id,
            records.c.kind == kind,
            records.c.shopify_id.in_(list(shopify_ids)),
        )
    )
    for_ever = datetime.max.replace(tzinfo=UTC)
    versions = {row.shopify_id: for_ever if row.state in LEASABLE else row.seen_version for row in found}
    return {shopify_id: version for shopify_id, version in versions.items() if version is not None}


def lane_of(connection: Connection, record_id: int) -> str:
    """Whether a record is new, replayed or of an import."""
    return str(connection.execute(select(records.c.lane).where(records.c.id == record_id)).scalar_one())
