"""The lease of a record: one worker at a time, renewed while its worker lives, free soon after it died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import event, func, insert, select, text, update

from connector.flows.leasing import Leases
from connector.store import records
from connector.store.mirror_tables import scheduled_runs
from connector.store.records import LEASE, Lease
from connector.store.tables import records as table
from tests.clock import later, now
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import World


def claimed(world: World) -> Lease:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        lease = records.claim(connection, record_id, owner="test", now=now())
    assert lease is not None
    return lease


def let_end(world: World) -> None:
    """All leases end now."""
    with world.engine.begin() as connection:
        connection.execute(update(table).where(table.c.lease_until.is_not(None)).values(lease_until=func.now()))


def seconds_left(world: World) -> float:
    """Of the only lease; 0 where there is none."""
    with world.engine.begin() as connection:
        left = connection.execute(select(table.c.lease_until - func.now())).scalar_one()
    return left.total_seconds() if isinstance(left, timedelta) else 0.0


def test_a_worker_that_lost_its_lease_writes_nothing_more(world: World) -> None:
    record_id = world.sell(rest_order())
    with world.engine.begin() as connection:
        old = records.claim(connection, record_id, owner="paused", now=now())
        assert old is not None
        new = records.claim(connection, record_id, owner="successor", now=later(LEASE * 2))
        assert new is not None
        assert not records.holds(connection, old)
        assert records.holds(connection, new)


def test_a_living_worker_keeps_its_record_however_long_netsuite_takes(world: World) -> None:
    world.runtime.leases = Leases(world.engine, every=0.05)
    record_id = world.sell(rest_order())
    world.account.faults.add({"kind": "slow", "method": "POST", "path": "salesOrder", "seconds": 1.0})
    with ThreadPoolExecutor(1) as pool:
        passing = pool.submit(world.work, record_id)
        eventually(lambda: seconds_left(world) > 0)
        let_end(world)
        eventually(lambda: seconds_left(world) > LEASE.total_seconds() - 5)
        assert not passing.done()
        assert world.work(record_id) is None
        assert passing.result(timeout=20) is not None
    assert (world.record(5001).state, seconds_left(world)) == ("in_sync", 0.0)
    assert len(world.transactions("SalesOrd")) == 1


def test_a_pass_that_hangs_is_let_go(world: World) -> None:
    lease = claimed(world)
    rounds: list[list[int]] = []

    @event.listens_for(world.engine, "before_cursor_execute")
    def heard(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if "as mine (id, fence)" in statement:
            rounds.append(values["ids"])

    with Leases(world.engine, every=0.02, longest=0.2).kept(lease):
        eventually(lambda: rounds and rounds[-1] == [])
    assert rounds[0] == [lease.record_id]


def test_a_lost_lease_is_not_renewed(world: World) -> None:
    old = claimed(world)
    with world.engine.begin() as connection:
        assert records.claim(connection, old.record_id, owner="successor", now=later(LEASE * 2)) is not None
    let_end(world)
    with world.engine.begin() as connection:
        records.renew(connection, [(old.record_id, old.fence)])
    assert seconds_left(world) <= 0


def test_renewing_waits_for_nobody(world: World) -> None:
    lease = claimed(world)
    let_end(world)
    with world.engine.begin() as working, world.engine.begin() as renewing:
        assert records.holds(working, lease)
        renewing.execute(text("set local lock_timeout = '200ms'"))
        records.renew(renewing, [(lease.record_id, lease.fence)])
    assert seconds_left(world) <= 0
    with world.engine.begin() as connection:
        records.renew(connection, [(lease.record_id, lease.fence)])
    assert seconds_left(world) > 0


def test_the_lease_of_a_run_is_renewed_while_its_process_lives(world: World) -> None:
    with world.engine.begin() as connection:
        run_id = connection.execute(
            insert(scheduled_runs)
            .values(connection_id=world.connection.id, name="orders.poll", started_at=now(), lease_until=now())
            .returning(scheduled_runs.c.id)
        ).scalar_one()

    def is_renewed() -> bool:
        with world.engine.begin() as connection:
            return bool(
                connection.execute(select(scheduled_runs.c.lease_until > later(timedelta(minutes=4)))).scalar_one()
            )

    with Leases(world.engine, runs_every=0.05).of_run(run_id):
        eventually(is_renewed)
