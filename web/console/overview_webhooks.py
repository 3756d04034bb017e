"""How the webhooks of each shop come in: as late as its alert of silence allows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.flows import alert_rules
from connector.flows.alert_rules import AlertKind
from connector.store import last_deliveries
from connector.store.connections import StoredConnection
from web.console.overview_part import GOOD, WARN, Part, connection_path
from web.console.refused_webhooks import RefusedRow, refused_rows, refused_sentence
from web.console.rendering import span
from web.console.site import Visit

_NAME = "Webhooks"


def webhook_parts(database: Connection, visit: Visit) -> Iterator[Part]:
    """One part for each store, named by it where there are several; what was refused of it, or of nobody, stands there too."""
    heard = last_deliveries.of_shops(database, visit.chosen(None))
    refused = refused_rows(database, visit)
    if not visit.stores:
        yield Part(_NAME, WARN, "silent", "no connection yet", None, "/connections")
    for stored in visit.stores:
        name = _NAME if len(visit.stores) == 1 else f"{_NAME} of {stored.name}"
        part = _part(database, name, stored, heard.get(stored.id), visit.now)
        of_store = tuple(row for row in refused if row.store == stored.name)
        # Those that come to no connection's address may be a silent shop's, which has the address of an old connection.
        of_nobody = tuple(row for row in refused if row.store is None and part.tone != GOOD)
        yield _with_refused(part, of_store, of_nobody)


def _part(database: Connection, name: str, stored: StoredConnection, at: datetime | None, now: datetime) -> Part:
    path = connection_path(stored)
    if at is None:
        return Part(name, WARN, "silent", f"none has come for {stored.name}; make its subscriptions", None, path)
    limit = _silence(database, stored)
    if limit is not None and now - at > limit:
        said = f"none has come for {stored.name} for {span((now - at).total_seconds())}; look at its subscriptions"
        return Part(name, WARN, "silent", said, at, path)
    return Part(name, GOOD, "come in", "the newest delivery of the shop", at, path)


def _with_refused(part: Part, of_store: tuple[RefusedRow, ...], of_nobody: tuple[RefusedRow, ...]) -> Part:
    if not of_store + of_nobody:
        return part
    refused = refused_sentence(of_store + of_nobody)
    if part.tone != GOOD:
        return replace(part, said=f"{part.said}; {refused}")
    return replace(part, tone=WARN, word="refused in part", said=refused, details="/events")


def _silence(database: Connection, stored: StoredConnection) -> timedelta | None:
    """How long a shop may be silent; None where nobody wants to know."""
    rules = {rule.kind: rule for rule in alert_rules.rules(database, stored.id)}
    rule = rules[AlertKind.WEBHOOK_SILENCE]
    return timedelta(hours=float(rule.threshold)) if rule.enabled else None
