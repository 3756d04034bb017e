"""The first steps of a new installation, each with its state and where it is done, until the first order is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from sqlalchemy import Connection

from connector.store import last_deliveries, order_filter, rule_versions
from connector.store.connections import StoredConnection
from connector.store.order_filter import OrderFilter
from connector.store.roles import Role
from web.console.site import Visit

_ADD = "add a connection, here or by `ml-connector connection add FILE`"
_CHECK = "it is asked who it is within the hour, or now, by a test or `ml-connector connection ping NAME`"
_ORDER = "place one in the shop, or import those that are there: `ml-connector history import NAME`"


@dataclass(frozen=True, slots=True)
class Way:
    """A page of the console on which a step is done."""

    word: str
    path: str


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step, done once it is for every store.

    `how`: what to do, or what was done; `addresses`: to be given to Shopify, for an admin's eyes only; `ways`: where it is
    done, of those pages that the person may open.
    """

    title: str
    is_done: bool
    how: str
    addresses: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class _OfStores:
    """A step that each store takes. `page`: below its connection, for an operator."""

    title: str
    if_done: str
    otherwise: str
    word: str
    page: str


_SUBSCRIBE = _OfStores(
    "Webhooks", "deliveries come in",
    "let Shopify tell us of orders: make the subscriptions, here or by `ml-connector shopify webhooks sync NAME`",
    "Subscriptions", "/webhooks",
)  # fmt: skip
_LOOK_UP = _OfStores(
    "Mapping", "the names in the rules are known in NetSuite",
    "a test, or `ml-connector connection ping NAME`, looks up in NetSuite what the rules name",
    "Test", "/ping",
)  # fmt: skip


def first_steps(database: Connection, visit: Visit) -> tuple[FirstStep, ...]:
    """The steps with their state; none once an order is known."""
    ids, stores = visit.chosen(None), visit.stores
    if order_filter.chosen(database, OrderFilter(ids), limit=1):
        return ()
    checked = {stored.id for stored in stores if stored.checked_at is not None}
    named = {stored.id for stored in stores if _is_looked_up(database, stored.id, stored.rules_version)}
    return (
        _asked(visit, "NetSuite", checked, [(stored, stored.netsuite_account) for stored in stores]),
        _asked(visit, "Shopify", checked, [(stored, stored.shop) for stored in stores]),
        replace(_of_stores(visit, _SUBSCRIBE, last_deliveries.of_shops(database, ids)), addresses=_addresses(visit)),
        _of_stores(visit, _LOOK_UP, named),
        FirstStep("First order", False, _ORDER, ways=_ways(visit, stores, "Set up", "/setup")),
    )


def _asked(
    visit: Visit, title: str, checked: Collection[int], names: Sequence[tuple[StoredConnection, str]]
) -> FirstStep:
    """Whether the system answered for every store, by its own name there."""
    if not names:
        return FirstStep(title, False, _ADD, ways=_adding(visit))
    answered = list(dict.fromkeys(name for stored, name in names if stored.id in checked))
    left = [(stored, name) for stored, name in names if stored.id not in checked]
    said = [f"{', '.join(answered)} answered"] if answered else []
    said += [f"{', '.join(dict.fromkeys(name for _, name in left))} did not yet: {_CHECK}"] if left else []
    return FirstStep(
        title, not left, "; ".join(said), ways=_ways(visit, [stored for stored, _ in left], "Test", "/ping")
    )


def _of_stores(visit: Visit, step: _OfStores, done: Collection[int]) -> FirstStep:
    """Whether it is done for every store; those it is not done for are named where there are several."""
    left = [stored for stored in visit.stores if stored.id not in done]
    if visit.stores and not left:
        return FirstStep(step.title, True, step.if_done)
    of = f"{', '.join(stored.name for stored in left)}: " if len(visit.stores) > 1 else ""
    return FirstStep(step.title, False, of + step.otherwise, ways=_ways(visit, left, step.word, step.page))


def _adding(visit: Visit) -> tuple[Way, ...]:
    """Who sees only some stores adds none."""
    is_allowed = visit.who.role.covers(Role.ADMIN) and visit.who.connection_ids is None
    return (Way("Add a connection", "/connections/new"),) if is_allowed else ()


def _ways(visit: Visit, stores: Sequence[StoredConnection], word: str, page: str) -> tuple[Way, ...]:
    """A page of each store, named where there are several; all of them are for operators."""
    if not visit.who.role.covers(Role.OPERATOR):
        return ()
    several = len(visit.stores) > 1
    return tuple(
        Way(f"{word} {stored.name}" if several else word, f"/connections/{quote(stored.name, safe='')}{page}")
        for stored in stores
    )


def _addresses(visit: Visit) -> tuple[str, ...]:
    """Each holds the key of its connection."""
    if not visit.who.role.covers(Role.ADMIN):
        return ()
    return tuple(f"{visit.site.address}/webhooks/shopify/{stored.key}" for stored in visit.stores)


def _is_looked_up(database: Connection, connection_id: int, version: int) -> bool:
    kept = rule_versions.at(database, connection_id, version)
    return kept is not None and kept.looked_up is not None
