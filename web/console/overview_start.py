"""The first steps of a new installation, each with its state, until the first order is there."""

from dataclasses import dataclass

from sqlalchemy import Connection

from connector.store import event_list, order_filter, rule_versions
from connector.store.order_filter import OrderFilter
from connector.store.roles import Role
from web.console.site import Visit

_ADD = "add a connection: `ml-connector connection add FILE`"
_CHECK = "it is checked within the hour, or now: `ml-connector connection ping NAME`"
_SUBSCRIBE = "let Shopify tell us of orders: `ml-connector webhooks sync NAME`"
_LOOK_UP = "look up in NetSuite what the rules name: `ml-connector connection ping NAME`"
_ORDER = "place one in the shop, or import those that are there: `ml-connector history import NAME`"


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step. `how`: what to do, or what was done; `addresses`: to be given to Shopify, for an admin's eyes only."""

    title: str
    is_done: bool
    how: str
    addresses: tuple[str, ...] = ()


def first_steps(database: Connection, visit: Visit) -> tuple[FirstStep, ...]:
    """The steps with their state; none once an order is known."""
    ids = visit.chosen(None)
    if order_filter.chosen(database, OrderFilter(ids), limit=1):
        return ()
    stores = visit.stores
    checked = [stored.name for stored in stores if stored.checked_at is not None]
    named = [stored.name for stored in stores if _is_looked_up(database, stored.id, stored.rules_version)]
    heard = event_list.last_received(database, ids)
    account = ", ".join(stored.netsuite_account for stored in stores)
    shops = ", ".join(stored.shop for stored in stores)
    connect = _CHECK if stores else _ADD
    return (
        FirstStep("NetSuite", bool(checked), f"{account} answered" if checked else connect),
        FirstStep("Shopify", bool(checked), f"{shops} answered" if checked else connect),
        FirstStep("Webhooks", bool(heard), "deliveries come in" if heard else _SUBSCRIBE, _addresses(visit)),
        FirstStep("Mapping", bool(named), "the names in the rules are known in NetSuite" if named else _LOOK_UP),
        FirstStep("First order", False, _ORDER),
    )


def _addresses(visit: Visit) -> tuple[str, ...]:
    """Each holds the key of its connection."""
    if not visit.who.role.covers(Role.ADMIN):
        return ()
    return tuple(f"{visit.site.address}/webhooks/shopify/{stored.key}" for stored in visit.stores)


def _is_looked_up(database: Connection, connection_id: int, version: int) -> bool:
    kept = rule_versions.at(database, connection_id, version)
    return kept is not None and kept.looked_up is not None
