"""Every list and every search is answered by indices, whatever the log has grown to; read from Postgres' own plans."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from bench.audit import QUESTIONS
from bench.log_fill import fill
from bench.plans import explained
from connector.store import event_list
from connector.store.engine import make_engine
from connector.store.event_list import EventFilter
from tests.databases import Databases

# Enough for the planner to see that reading everything costs more.
ORDERS = 10_000
# There are as many connections as shops, and as many jobs as somebody ever started.
SMALL = {"connections", "jobs"}


@pytest.fixture(scope="module")
def log(databases: Databases) -> Iterator[Engine]:
    """Two years of a small shop."""
    with databases.fresh() as url:
        engine = make_engine(url)
        fill(engine, orders=ORDERS)
        yield engine
        engine.dispose()


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_list_and_no_search_reads_a_whole_table_or_index(log: Engine, name: str) -> None:
    found = explained(log, lambda connection: QUESTIONS[name](connection, ORDERS // 2), analyze=True)
    assert found
    plans = "\n".join(line for one in found for line in one.plan)
    assert set().union(*(one.scanned for one in found)) <= SMALL, plans
    # An index that is walked until something fits is no better than the table.
    assert not any(one.is_wasteful for one in found), plans


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (EventFilter(state="in_sync"), "r.state = 'in_sync'"),
        (EventFilter(state="held"), "r.state = 'held'"),
        (EventFilter(state="parked"), "r.state = 'parked'"),
        (EventFilter(reason="not_mapped"), "r.reason_code = 'not_mapped'"),
        (EventFilter(state="in_sync", topic="orders/paid"), "r.state = 'in_sync' and e.topic = 'orders/paid'"),
        (EventFilter(connection_id=2, state="excluded"), "r.state = 'excluded' and e.connection_id = 2"),
    ],
)
@pytest.mark.parametrize("before", [None, ORDERS * 3])
def test_the_newest_deliveries_are_found_walked_to_or_asked_for(
    log: Engine, wanted: EventFilter, said: str, before: int | None
) -> None:
    by_hand = text(
        "select e.id from events e join records r on r.connection_id = e.connection_id and r.kind = e.record_kind "
        f"and r.shopify_id = e.shopify_id where {said} and e.id < :before order by e.received_at desc, e.id desc limit 51"
    )
    with log.begin() as connection:
        newest = connection.execute(by_hand, {"before": before or 2**40}).scalars().all()
        found = [event.id for event in event_list.found_events(connection, wanted, limit=51, before=before)]
        assert found == newest
        if before is None and found:
            assert event_list.newer(connection, wanted, than=found[20], limit=100) == 20
            assert event_list.newer(connection, wanted, than=found[20], limit=5) == 5


def test_a_question_without_an_index_would_be_noticed(log: Engine) -> None:
    (found,) = explained(log, lambda c: c.execute(text("select * from events where event_id = '7'")), analyze=False)
    assert found.scanned == {"events"}


def test_what_happened_to_an_order_is_one_query(log: Engine) -> None:
    found = explained(log, lambda connection: QUESTIONS["what happened to #n"](connection, 77), analyze=True)
    assert len(found) == 1
    assert found[0].milliseconds > 0
