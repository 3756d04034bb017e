"""Tries a draft of rules on the examples and on a connection's newest orders, before it is put in force; writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from connector.flows.rehearsal import Comparison, Stage, compared, rehearsed
from connector.flows.rule_changes import Draft
from connector.flows.systems import Systems, Workplace
from connector.mapping.example_orders import examples
from connector.mapping.lines import skus
from connector.mapping.rule_names import resolved
from connector.mapping.rules import Rules
from connector.shopify.records import Order
from connector.store import census, items
from connector.store.connections import StoredConnection


@dataclass(frozen=True, slots=True)
class Trial:
    """One order under both rules. `is_example`: it ships with the product."""

    name: str
    is_example: bool
    comparison: Comparison


def trials(workplace: Workplace, stored: StoredConnection, made: Draft, *, last: int) -> list[Trial]:
    """Every example, then the connection's `last` newest orders as Shopify has them now, one query for each."""
    systems = workplace.open_unchecked(stored.id)
    after = resolved(made.rules, made.found.known)
    found = [Trial(item.name, True, _compared(item.order, systems, after, {})) for item in examples()]
    for order in _newest(systems, workplace.engine, last):
        known = _items(order, systems, workplace.engine, after)
        found.append(Trial(order.name, False, _compared(order, systems, after, known)))
    return found


def _compared(order: Order, systems: Systems, after: Rules, known: Mapping[str, str]) -> Comparison:
    stage = Stage(systems.connection.shop_id or 0, known)
    return compared(rehearsed(order, systems.rules, stage), rehearsed(order, after, stage))


def _newest(systems: Systems, engine: Engine, last: int) -> list[Order]:
    """Orders that were deleted meanwhile are left out."""
    with engine.begin() as connection:
        wanted = census.newest_orders(connection, systems.connection.id, limit=last)
    return [order for shopify_id in wanted if (order := systems.shopify.order(shopify_id)) is not None]


def _items(order: Order, systems: Systems, engine: Engine, after: Rules) -> dict[str, str]:
    """The items of an order as the mirror has them."""
    wanted = sorted(skus(order, systems.rules) | skus(order, after))
    with engine.begin() as connection:
        found = items.by_sku(connection, systems.connection.id, wanted)
    return {sku: str(candidates[0].netsuite_id) for sku, candidates in found.items()}
