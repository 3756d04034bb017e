"""Every list and every search is answered by indices, whatever the log has grown to; read from Postgres' own plans."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from bench.audit import QUESTIONS
from bench.log_fill import fill
from bench.plans import explained
from connector.store.engine import make_engine
from tests.databases import Databases

# Enough for the planner to see that reading everything costs more.
ORDERS = 10_000
# There are as many connections as shops, and as many jobs as somebody ever started.
SMALL = {"connections", "jobs"}
IN_VAIN = 100


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
    assert max(one.in_vain for one in found) <= IN_VAIN, plans


def test_a_question_without_an_index_would_be_noticed(log: Engine) -> None:
    (found,) = explained(log, lambda c: c.execute(text("select * from events where event_id = '7'")), analyze=False)
    assert found.scanned == {"events"}


def test_what_happened_to_an_order_is_one_query(log: Engine) -> None:
    found = explained(log, lambda connection: QUESTIONS["what happened to #n"](connection, 77), analyze=True)
    assert len(found) == 1
    assert found[0].milliseconds > 0
