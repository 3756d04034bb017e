"""/connections: every connection with its state and its ends; one of them whole, with the addresses to paste."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.flows import overview
from connector.flows.endings import Ending
from connector.flows.netsuite_events import JOBS_OF
from connector.flows.overview import Overview
from connector.flows.webhook_test import TOPIC
from connector.shopify.subscriptions import COMPLIANCE, NEEDED
from connector.store import last_deliveries, operator_actions, subscriptions
from connector.store.operator_actions import ActFilter
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.screens import Console
from web.console.site import Visit, environment

_ACTS = 10
_NETSUITE_TOPICS = [f"netsuite/{record_type}" for record_type in JOBS_OF]


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One side's log-in: its kind and when its parts end; None where they do not, or where it is not known."""

    side: str
    auth: str
    token_ends_at: datetime | None
    refresh_ends_at: datetime | None
    certificate_ends_at: datetime | None
    rotated_at: datetime


@dataclass(frozen=True, slots=True)
class EndingRow:
    """One end that is near. `urgency`: early, soon, urgent, ended."""

    side: str
    what: str
    ends_at: datetime
    urgency: str
    advice: str


@dataclass(frozen=True, slots=True)
class ConnectionCard:
    """One connection. `state`: working, paused or halted; `environment`: PRODUCTION or SANDBOX."""

    name: str
    environment: str
    state: str
    because: str | None
    halted_at: datetime | None
    next_probe_at: datetime | None
    shop: str
    api_version: str
    netsuite_account: str
    credentials: tuple[CredentialRow, ...]
    endings: tuple[EndingRow, ...]
    last_delivery_at: datetime | None
    rules_version: int


@dataclass(frozen=True, slots=True)
class ConnectionsPage:
    """Every connection that is seen, by name."""

    rows: tuple[ConnectionCard, ...]
    may_add: bool


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One webhook topic we need. `seen_at`: when the subscription we made was last there, None for one that we did not
    make; `delivered_at`: its newest delivery."""

    topic: str
    seen_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectionAct:
    """What a person did to it."""

    at: datetime
    actor: str
    action: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection whole. `approved`: the pair of shop and account that may be written to."""

    card: ConnectionCard
    shop_id: int | None
    shopify_api_url: str
    netsuite_api_url: str
    concurrency: int
    shares_account_with: tuple[str, ...]
    approved: Mapping[str, Any] | None
    checked_at: datetime | None
    webhook_url: str
    netsuite_events_url: str
    netsuite_event_at: datetime | None
    topics: tuple[TopicRow, ...]
    acts: tuple[ConnectionAct, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The newest delivery of a connection."""

    store: str
    delivered_at: datetime | None
    now: datetime


def connections_screen(console: Console) -> None:
    """Registers both screens and the part that waits for a delivery."""

    @console.screen("connections", "/connections", Asked, ConnectionsPage)
    def read(visit: Visit, asked: Asked) -> ConnectionsPage:
        """Every connection: whether it works, and what ends."""
        stores = [visit.store(asked.store)] if asked.store else visit.stores
        cards = tuple(_card(visit, stored.name) for stored in stores)
        return ConnectionsPage(cards, visit.who.role.covers(Role.ADMIN) and visit.who.connection_ids is None)

    @console.screen("connections_one", "/connections/<store>", Asked, ConnectionPage)
    def one(visit: Visit, _asked: Asked, store: str) -> ConnectionPage:
        """One connection: state, log-ins, addresses, topics and what was done to it."""
        return _page(visit, store)

    @console.part("connections_arrival", "/connections/<store>/arrival", Asked)
    def arrival(visit: Visit, _asked: Asked, store: str) -> Arrival:
        stored = visit.store(store)
        with visit.engine.begin() as database:
            return Arrival(store, last_deliveries.newest(database, stored.id), visit.now)


def _overview(visit: Visit, name: str) -> Overview:
    stored = visit.store(name)
    with visit.engine.begin() as database:
        return overview.overview(database, visit.site.runtime.vault, stored, now=visit.now)


def _card(visit: Visit, name: str) -> ConnectionCard:
    found = _overview(visit, name)
    stored = found.stored
    with visit.engine.begin() as database:
        delivered = last_deliveries.newest(database, stored.id)
    return ConnectionCard(
        name=stored.name,
        environment=environment(stored),
        state=overview.state(stored),
        because=overview.because(stored),
        halted_at=stored.halted_at,
        next_probe_at=stored.probe_at if stored.halt_code else None,
        shop=stored.shop,
        api_version=stored.shopify_api_version,
        netsuite_account=stored.netsuite_account,
        credentials=tuple(
            CredentialRow(**{name: getattr(life, name) for name in CredentialRow.__dataclass_fields__})
            for life in found.lives
        ),
        endings=tuple(_ending(one) for one in found.endings),
        last_delivery_at=delivered,
        rules_version=stored.rules_version,
    )


def _ending(one: Ending) -> EndingRow:
    return EndingRow(one.side, one.what, one.ends_at, one.urgency.value, one.advice)


def _page(visit: Visit, name: str) -> ConnectionPage:
    found = _overview(visit, name)
    stored = found.stored
    topics = (*(wanted.topic for wanted in NEEDED), *COMPLIANCE, TOPIC)
    with visit.engine.begin() as database:
        made = subscriptions.made(database, stored.id)
        delivered = last_deliveries.by_topic(database, stored.id, [*topics, *_NETSUITE_TOPICS])
        acts = operator_actions.listed(database, ActFilter([stored.id]), limit=_ACTS)
    return ConnectionPage(
        card=_card(visit, name),
        shop_id=stored.shop_id,
        shopify_api_url=stored.shopify_api_url,
        netsuite_api_url=stored.netsuite_api_url,
        concurrency=stored.netsuite_concurrency,
        # Of another store only those are named that are seen.
        shares_account_with=tuple(one.name for one in visit.stores if one.name in found.shares_account_with),
        approved=stored.approved,
        checked_at=stored.checked_at,
        webhook_url=overview.webhook_url(stored, visit.site.address),
        netsuite_events_url=overview.events_url(stored, visit.site.address),
        netsuite_event_at=max((delivered[name] for name in _NETSUITE_TOPICS if name in delivered), default=None),
        topics=tuple(
            TopicRow(topic, made[topic].seen_at if topic in made else None, delivered.get(topic)) for topic in topics
        ),
        acts=tuple(ConnectionAct(act.at, act.actor, act.action, act.details) for act in acts),
    )
