"""POST /webhooks/netsuite/<connection key>: a script in NetSuite says which record changed; the jobs that read it run soon.

Signed with a secret of its own over time, nonce and raw body. A nonce that came before is answered 200: whoever repeats an
event because our first answer was lost has been served, and a replay sets nothing off.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Request, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connector.counters import Counters
from connector.flows.netsuite_events import JOBS_OF, TakenIn, take_in
from connector.netsuite.events import MAX_BODY, NONCE, SIGNATURE, TIMESTAMP, ChangedRecord, Seal
from connector.store import inbox
from connector.store.credentials import NETSUITE
from connector.store.inbox import Delivery
from connector.vault import Vault
from web.arrivals import (
    REFUSE_FRESH_SECONDS,
    SECRETS_FRESH_SECONDS,
    Acquaintances,
    Known,
    Refused,
    raw_body,
    unstored,
)
from web.wake import Wakes

log = structlog.get_logger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Events:
    """Takes events in. Safe for threads. `trusted_proxies`: how many proxies of the operator's own stand in front."""

    def __init__(
        self, engine: Engine, vault: Vault, wakes: Wakes, counters: Counters, *, trusted_proxies: int = 0
    ) -> None:
        # The event and what it sets off are one transaction, on an engine of single statements too.
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")
        self._vault = vault
        self._wakes = wakes
        self._trusted_proxies = trusted_proxies
        self._known = Acquaintances(engine, vault, NETSUITE)
        self.counters = counters

    def receive(self, key: str, incoming: Request) -> str:
        """Keeps one event; `accepted`, or `duplicate` for a nonce that came before. Raises Refused."""
        self._must_be_allowed(self._connection(key, fresh=SECRETS_FRESH_SECONDS), incoming)
        body = raw_body(incoming, most=MAX_BODY)
        seal = Seal(*(incoming.headers.get(name, "") for name in (TIMESTAMP, NONCE, SIGNATURE)))
        known = self._signed_by(key, seal, body)
        if not seal.is_timely(datetime.now(UTC)):
            raise Refused(401, "bad_time")
        try:
            changed = ChangedRecord.from_body(body)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "not_an_event") from error
        taken_in = self._kept(_delivery(self._vault, known.connection_id, changed, seal, body), changed)
        outcome = "accepted" if taken_in.is_new else "duplicate"
        self.counters.add("webhooks", topic=_label(changed.type), outcome=outcome)
        for name in taken_in.asked:
            self._wakes.put_run(known.connection_id, name)
        return outcome

    def _kept(self, delivery: Delivery, changed: ChangedRecord) -> TakenIn:
        """Repeated once on a new connection when the old one had gone stale: what was kept already counts once."""
        try:
            try:
                return self._take_in(delivery, changed)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._take_in(delivery, changed)
        except SQLAlchemyError as error:
            raise unstored(error) from error

    def _take_in(self, delivery: Delivery, changed: ChangedRecord) -> TakenIn:
        with self._engine.begin() as connection:
            return take_in(connection, delivery, changed.type)

    def _signed_by(self, key: str, seal: Seal, body: bytes) -> Known:
        """The connection of the URL, once one of its secrets fits. Raises Refused."""
        for fresh in (SECRETS_FRESH_SECONDS, REFUSE_FRESH_SECONDS):
            known = self._connection(key, fresh=fresh)
            if seal.is_good(body, known.settings["event_secrets"]):
                return known
        raise Refused(401, "bad_signature")

    def _connection(self, key: str, *, fresh: float) -> Known:
        """The connection of the URL, one with an event secret. Raises Refused.

        One that has none is read again before it is turned away, for its first secret may be a moment old.
        """
        for freshness in (fresh, REFUSE_FRESH_SECONDS):
            known = self._known.connection(key, fresh=freshness)
            if known.settings.get("event_secrets"):
                return known
        raise Refused(404, "unknown_connection")

    def _must_be_allowed(self, known: Known, incoming: Request) -> None:
        """Raises Refused for an address that is not on the connection's list, where it has one."""
        allowed = known.settings.get("event_addresses", ())
        if not allowed:
            return
        came_from = sender(incoming, trusted_proxies=self._trusted_proxies)
        if came_from is None or not any(came_from in ipaddress.ip_network(network) for network in allowed):
            raise Refused(403, "address_not_allowed")


def events_blueprint(events: Events) -> Blueprint:
    """The one route of NetSuite's events."""
    blueprint = Blueprint("netsuite_events", __name__)

    @blueprint.post("/webhooks/netsuite/<key>")
    def netsuite(key: str) -> Response:
        try:
            events.receive(key, request)
        except Refused as refused:
            events.counters.add("webhooks", topic="netsuite", outcome=refused.outcome)
            log.warning("event_refused", status=refused.status, outcome=refused.outcome)
            return Response(status=refused.status)
        return Response(status=200)

    return blueprint


def sender(incoming: Request, *, trusted_proxies: int) -> Address | None:
    """Who sent a request. Each trusted proxy wrote the address before it at the end of X-Forwarded-For; what stands
    further in front anybody may have written. None when it did not come through as many proxies."""
    written = ",".join(incoming.headers.getlist("X-Forwarded-For"))
    hops = [hop.strip() for hop in written.split(",")] if written else []
    hops.append(incoming.remote_addr or "")
    return _address(hops, trusted_proxies)


def _address(hops: Sequence[str], trusted_proxies: int) -> Address | None:
    if len(hops) <= trusted_proxies:
        return None
    try:
        address = ipaddress.ip_address(hops[-1 - trusted_proxies])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _delivery(vault: Vault, connection_id: int, changed: ChangedRecord, seal: Seal, body: bytes) -> Delivery:
    # Apart from Shopify's delivery ids, which share the table.
    delivery_id = f"netsuite-{seal.nonce}"
    return Delivery(
        connection_id=connection_id,
        topic=f"netsuite/{changed.type}",
        delivery_id=delivery_id,
        event_id=None,
        triggered_at=seal.sent_at,
        headers={TIMESTAMP: seal.timestamp, NONCE: seal.nonce, SIGNATURE: seal.signature},
        body=inbox.sealed_body(vault, connection_id, delivery_id, body),
        body_sha256=hashlib.sha256(body).digest(),
        record_kind=None,
        shopify_id=None,
    )


def _label(record_type: str) -> str:
    """The record type as a metric's label: one that sets something off, or `other`."""
    return f"netsuite/{record_type if record_type in JOBS_OF else 'other'}"
