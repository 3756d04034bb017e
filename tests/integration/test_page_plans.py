"""Every page of the console is answered by indices, whatever the shop has grown to; read from Postgres' own plans."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from bench.log_fill import fill
from bench.pages import PATHS, address, console_client
from bench.plans import scanned
from bench.shop_fill import fill_shop
from connector.embedded.servers import Server
from connector.store.engine import make_engine
from tests.databases import Databases

# Enough for the planner to see that reading everything costs more.
ORDERS = ITEMS = 10_000
# Tables that are as large as what people made by hand are read whole.
SMALL = 100


@pytest.fixture(scope="module")
def engine(databases: Databases) -> Iterator[Engine]:
    """Two years of a small shop with its stock."""
    with databases.fresh() as url:
        made = make_engine(url)
        fill(made, orders=ORDERS)
        fill_shop(made, items=ITEMS)
        yield made
        made.dispose()


@pytest.fixture(scope="module")
def client(engine: Engine, valkey: Server) -> FlaskClient:
    """An admin at its console."""
    return console_client(engine, valkey.url)


@pytest.mark.parametrize("path", PATHS)
def test_no_page_reads_a_great_table_whole(engine: Engine, client: FlaskClient, path: str) -> None:
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    answer = client.get(address(path, ORDERS // 2))
    event.remove(engine, "before_cursor_execute", keep)
    assert answer.status_code in (200, 303), answer.text[:500]
    read_whole = {table: plan for statement, values in sent for table, plan in scanned(engine, statement, values)}
    assert sent
    assert set(read_whole) <= small_tables(engine), "\n".join(map(str, read_whole.values()))


def small_tables(engine: Engine) -> set[str]:
    """By the counts that the planner goes by."""
    with engine.begin() as connection:
        found = connection.execute(
            text("select relname from pg_class where relkind = 'r' and reltuples < :small"), {"small": SMALL}
        )
        return set(found.scalars())
