"""Whatever people set going over many orders at once, and whatever gets lost on the way: each payment stands once in NetSuite."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select, update

from connector.flows import replay
from connector.flows.history import Span, begin
from connector.flows.job_feed import advance
from connector.store.event_list import EventFilter
from connector.store.tables import records
from tests.clock import later, now
from tests.hearing import heard
from tests.payloads import payment, rest_order
from tests.world import World

ORDERS = range(5001, 5007)
DAYS = Span(now() - timedelta(days=365), later(timedelta(days=1)))
# More than any order needs here: each round is a look of a sweeper.
ROUNDS = 20


def test_replays_and_an_import_beside_lost_answers_double_no_money(world: World) -> None:
    # NetSuite's own refusal would hide what we double.
    world.account.change({"external_id_unique": False})
    for number in ORDERS:
        order = rest_order(number, created_at=now().isoformat())
        world.shop.put_order(order, [payment(order)])
        heard(world, "orders/create", order, event_id=f"e-{number}")
    for path in ("salesOrder", "customerDeposit", "customer"):
        world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": path, "times": 2, "after": 1})
    for _ in range(3):
        replay.start(world.runtime, EventFilter(), because="the books look wrong", actor="ada")
    systems = world.runtime.open_systems(world.connection.id)
    begin(systems, world.runtime, DAYS, actor="ada", now=now(), tell=lambda _found, _new: None)
    rounds = 0
    while undone(world) or advance(world.engine, lambda _record_id: None, now=now()):
        rounds += 1
        assert rounds < ROUNDS, [world.record(number) for number in ORDERS]
        work_on_everything_twice_at_once(world)
    orders, deposits = Counter(of_order(world, "SalesOrd")), Counter(of_order(world, "CustDep"))
    assert set(orders.values()) == {1}
    assert len(orders) == len(deposits) == len(ORDERS)
    assert set(deposits.values()) == {1}
    assert {world.record(number).state for number in ORDERS} == {"in_sync"}
    # The answers were lost: else nothing was tried.
    assert sum(call.status == 0 for call in world.account.calls) >= 4


def work_on_everything_twice_at_once(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(update(records).where(records.c.state == "pending").values(next_attempt_at=func.now()))
        due = list(connection.execute(select(records.c.id).where(records.c.state == "pending")).scalars())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(world.work, [*due, *due]))


def undone(world: World) -> int:
    with world.engine.begin() as connection:
        query = select(func.count()).where(records.c.state.in_(("pending", "working")), records.c.kind != "canary")
        return int(connection.execute(query).scalar_one())


def of_order(world: World, kind: str) -> list[str]:
    """The order or payment that each document of a kind is of, by its external id."""
    return [item["external_id"] for item in world.transactions(kind)]
