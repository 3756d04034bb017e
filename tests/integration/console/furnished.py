"""A shop that has something on every screen, without a browser or a worker: what it heard came through the receiver."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any

from sqlalchemy import Engine, update

from connector.store import problems
from connector.store.connection_tables import connections
from connector.store.problems import Cause
from tests.beside import beside
from tests.browser.addresses import Seen
from tests.clock import now
from tests.office import Office, opened_office
from tests.payloads import payment, rest_order
from tests.stocking import mugs_differ, stock_rules
from tests.visiting import Visitor, opened_console
from tests.world import World, opened_world

_MARKED = {"main a": "a", "datalist option": "option"}


@contextmanager
def opened_shop(engine: Engine, redis_url: str) -> Iterator[tuple[World, Visitor]]:
    """The shop, and an operator at its console."""
    with (
        opened_world(engine, redis_url, rules=stock_rules(buffer=2)) as world,
        opened_office(world, redis_url) as office,
        opened_console(world) as visitor,
    ):
        _sell(office)
        mugs_differ(world)
        with engine.begin() as connection:
            connection.execute(update(connections).values(created_at=now() - timedelta(days=60)))
        beside(world.runtime, world.connection)
        yield world, visitor


def seen_at(visitor: Visitor, at: str, seen: Seen) -> Sequence[str]:
    """What the attributes of a page say."""
    text = visitor.get(at).text
    found = re.findall(rf'<{_MARKED[seen.part]}\b[^>]*?\s{seen.attribute}="([^"]*)"', text)
    return [unescape(value) for value in found]


def _sell(office: Office) -> None:
    """One order comes into step, one waits for its SKU, one for its gateway, and one is tried again."""
    unknown = rest_order(5203)
    _bought(office, rest_order(5201))
    _bought(office, rest_order(5202, sku="NOBODY-KNOWS"))
    _bought(office, unknown, payment(unknown, gateway="paypal"))
    _bought(office, rest_order(5204, sku="NOT-YET"))
    with office.engine.begin() as connection:
        problems.release(connection, Cause(office.world.connection.id, "not_mapped", "sku:NOT-YET"))


def _bought(office: Office, order: dict[str, Any], *payments: dict[str, Any]) -> None:
    office.world.shop.put_order(order, list(payments) or [payment(order)])
    office.ask("orders/create", order)
