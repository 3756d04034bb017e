"""POST /webhooks/shopify/<connection key>: verify over the raw bytes, keep, answer. Nothing else happens in the request."""

import hashlib
from collections.abc import Sequence

import structlog
from flask import Blueprint, Request, Response, request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connector.counters import Counters
from connector.crash import Moment, crash_at
from connector.shopify.webhooks import KEPT_HEADERS, MAX_BODY, SIGNATURE, is_signed, notice
from connector.store import inbox
from connector.store.credentials import SHOPIFY
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
from web.commit import GroupCommit
from web.turned_away import TurnedAway
from web.wake import Wakes

log = structlog.get_logger(__name__)

# Shopify waits five seconds in all.
_COMMIT_SECONDS = 4.0

# Topics that may become a label; anything else a sender signs is counted as "other".
_TOPICS = frozenset(
    f"{kind}/{what}"
    for kind, whats in {
        "orders": "create updated paid cancelled fulfilled partially_fulfilled edited delete",
        "order_transactions": "create",
        "refunds": "create",
        "fulfillments": "create update",
        "customers": "create update delete enable disable merge data_request redact",
        "shop": "redact update",
        "app": "uninstalled scopes_update",
        "products": "create update",
        "inventory_items": "create update delete",
        "inventory_levels": "connect update disconnect",
        "locations": "create update activate deactivate delete",
        "bulk_operations": "finish",
    }.items()
    for what in whats.split()
)

# The headers that are kept, by their name in the environment: looked up there without a search through all.
_KEPT = {
    (name.upper().replace("-", "_") if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"): name
    for name in KEPT_HEADERS
}


class Receiver:
    """Takes deliveries in. Safe for threads. `turned_away` counts what it refuses, where somebody can look at it."""

    def __init__(
        self, engine: Engine, vault: Vault, wakes: Wakes, counters: Counters, turned_away: TurnedAway | None = None
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._wakes = wakes
        self.counters = counters
        self._turned_away = turned_away
        self._known = Acquaintances(engine, vault, SHOPIFY)
        self._commits: GroupCommit[Delivery, bool] = GroupCommit(self._store)

    def receive(self, key: str, incoming: Request) -> str:
        """Keeps one delivery; `accepted`, or `duplicate` for a delivery id that came before. Raises Refused."""
        body = raw_body(incoming, most=MAX_BODY)
        known = self._signed_by(key, body, incoming.headers.get(SIGNATURE))
        delivery = self._delivery(known, incoming, body)
        try:
            is_new = self._commits.submit(delivery, timeout=_COMMIT_SECONDS)
        except (SQLAlchemyError, TimeoutError) as error:
            raise unstored(error) from error
        outcome = "accepted" if is_new else "duplicate"
        self.counters.add("webhooks", topic=topic_label(delivery.topic), outcome=outcome)
        return outcome

    def count_refused(self, key: str, refused: Refused) -> None:
        """Counts a delivery that was refused, for the metrics and for the console."""
        self.counters.add("webhooks", topic="", outcome=refused.outcome)
        if self._turned_away is not None:
            self._turned_away.add(self._known.id_of(key), refused.outcome)

    def _store(self, batch: Sequence[Delivery]) -> list[bool]:
        """One transaction for the batch (it is one statement); the wakes leave after its commit."""
        crash_at(Moment.BEFORE_INBOX_COMMIT)
        accepted = self._accepted(batch)
        crash_at(Moment.BEFORE_200)
        self._wakes.put(accepted.record_ids)
        fresh = set(accepted.new)
        answers = []
        for delivery in batch:
            place = (delivery.connection_id, delivery.delivery_id)
            answers.append(place in fresh)
            fresh.discard(place)
        return answers

    def _accepted(self, batch: Sequence[Delivery]) -> inbox.Accepted:
        """Repeated once on a new connection when the old one had gone stale: what was kept already counts once."""
        try:
            with self._engine.begin() as connection:
                return inbox.accept(connection, batch)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with self._engine.begin() as connection:
            return inbox.accept(connection, batch)

    def _delivery(self, known: Known, incoming: Request, body: bytes) -> Delivery:
        environ = incoming.environ
        try:
            headers = {name: environ[variable] for variable, name in _KEPT.items() if variable in environ}
            said = notice(headers, body)
        except ValueError as error:
            raise Refused(400, "not_json") from error
        return Delivery(
            connection_id=known.connection_id,
            topic=said.topic,
            delivery_id=said.delivery_id,
            event_id=said.event_id,
            triggered_at=said.triggered_at,
            headers=headers,
            body=inbox.sealed_body(self._vault, known.connection_id, said.delivery_id, body),
            body_sha256=hashlib.sha256(body).digest(),
            record_kind=said.kind,
            shopify_id=said.shopify_id,
        )

    def _signed_by(self, key: str, body: bytes, signature: str | None) -> Known:
        """The connection of the URL, once one of its secrets fits. Raises Refused.

        A secret that was added a moment ago is looked for before a delivery is turned away, at most once a second.
        """
        for fresh in (SECRETS_FRESH_SECONDS, REFUSE_FRESH_SECONDS):
            known = self._known.connection(key, fresh=fresh)
            if is_signed(body, signature, tuple(known.settings.get("webhook_secrets", ()))):
                return known
        raise Refused(401, "bad_signature")


def receiver_blueprint(receiver: Receiver) -> Blueprint:
    """The one route of Shopify's webhooks."""
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.post("/webhooks/shopify/<key>")
    def shopify(key: str) -> Response:
        try:
            receiver.receive(key, request)
        except Refused as refused:
            receiver.count_refused(key, refused)
            log.warning("webhook_refused", status=refused.status, outcome=refused.outcome)
            return Response(status=refused.status)
        return Response(status=200)

    return blueprint


def topic_label(topic: str) -> str:
    """The topic as a metric's label: one of those we know, or `other`."""
    return topic if topic in _TOPICS else "other"
