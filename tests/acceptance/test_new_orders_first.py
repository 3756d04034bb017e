"""A new order is booked ahead of an import that goes on: by real processes, with an account that takes its time."""

from datetime import timedelta
from typing import Any

from connector.flows.history import Span, begin
from tests.clock import later, now
from tests.payloads import payment, rest_order
from tests.running import Product
from tests.waiting import eventually

_OLD, _FIRST, _NEW = 40, 7001, 5001
_SLOW_SECONDS = 1.0
# Sales orders of the import that NetSuite may still make before the new one: what was on its way, and what begins beside it.
_AHEAD = 12


def written(product: Product) -> list[str]:
    """External ids of the sales orders, in the order in which NetSuite made them."""
    return [str(order["external_id"]) for order in product.world.transactions("SalesOrd")]


def imported(product: Product) -> None:
    """Forty orders from before are on their way."""
    world = product.world
    for number in range(_FIRST, _FIRST + _OLD):
        order: dict[str, Any] = rest_order(number)
        world.shop.put_order(order, [payment(order)])
    systems = world.runtime.open_systems(world.connection.id)
    span = Span(now().replace(year=2000), later(timedelta(days=1)), is_open=True)
    begin(systems, world.runtime, span, actor="test", now=now(), tell=lambda _found, _new: None)


def test_a_new_order_is_booked_though_an_import_waits_for_a_slow_account(product: Product) -> None:
    product.start_web()
    product.start_worker()
    imported(product)
    product.world.account.faults.add(
        {"kind": "slow", "method": "POST", "path": "salesOrder", "seconds": _SLOW_SECONDS, "times": 1000}
    )
    eventually(lambda: len(written(product)) >= 3, within=60)
    before = len(written(product))
    assert product.sell(rest_order(_NEW)) == [200]
    place = eventually(
        lambda: [at for at, key in enumerate(written(product)) if key.endswith(f"-ORDER-{_NEW}")], within=60
    )
    assert place[0] <= before + _AHEAD
    assert len(written(product)) < _OLD
