"""Webhooks of the last hour that were refused, in words: they are kept nowhere, only counted."""

from dataclasses import dataclass

from sqlalchemy import Connection

from connector.store import refused_webhooks
from web.console.site import Visit

_WHY = {
    "bad_signature": "wrong signature",
    "unknown_connection": "an address that is no connection's",
    "too_large": "too large",
    "not_plain_json": "packed, or not called JSON",
    "not_json": "no JSON inside",
    "not_storable": "a value that cannot be kept",
    "database_away": "the database was away",
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Webhooks that were refused in the last hour. `store`: whose address they came to, None for no connection's."""

    store: str | None
    why: str
    count: int


def refused_rows(database: Connection, visit: Visit, store: str | None = None) -> tuple[RefusedRow, ...]:
    """Of the stores that are seen, or of one; whoever sees every store sees also what came to no connection's address."""
    sees_all = store is None and visit.who.connection_ids is None
    found = refused_webhooks.of_last_hour(database, visit.chosen(store), with_unknown=sees_all)
    return tuple(
        RefusedRow(
            None if one.connection_id is None else visit.store_of(one.connection_id).name,
            _WHY.get(one.outcome, one.outcome.replace("_", " ")),
            one.count,
        )
        for one in found
    )


def refused_sentence(rows: tuple[RefusedRow, ...]) -> str:
    """`12 refused in the last hour, wrong signature`."""
    return "; ".join(f"{row.count:,} refused in the last hour, {row.why}" for row in rows)
