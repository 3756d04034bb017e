"""Every page of the console is answered by indices, whatever the shop has grown to; read from Postgres' own plans."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from bench.log_fill import fill
from bench.pages import FILES, PARTS, PATHS, address, console_client
from bench.plans import answered
from bench.shop_fill import fill_shop
from connector.embedded.servers import Server
from connector.store.engine import make_engine
from tests.databases import Databases

# Enough for the planner to see that reading everything costs more.
ORDERS = ITEMS = 10_000
# Tables that are as large as what people made by hand are read whole.
SMALL = 100
# Pages that ask Shopify or NetSuite, whose answers would be what is measured; files of one thing or one proof.
NOT_ASKED = {
    "order_fields", "order_plan", "order_sync", "order_adopt", "mapping_value", "mapping_locations",
    "mapping_test", "connections_approve",
    "connections_ping", "connections_webhooks", "mapping_toml", "reconcile_csv", "reconcile_differences_csv",
    "connections_certificate", "missing",
}  # fmt: skip


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


@pytest.mark.parametrize("path", [*PATHS, *PARTS, *FILES])
def test_no_page_reads_a_great_table_whole_or_an_index_in_vain(engine: Engine, client: FlaskClient, path: str) -> None:
    def ask() -> None:
        answer = client.get(address(path, ORDERS // 2, orders=ORDERS))
        # A file is read while it is written.
        assert answer.status_code in (200, 303), answer.text[:500]
        assert answer.data is not None

    found = answered(engine, ask)
    assert found
    small = small_tables(engine)
    for one in found:
        plan = "\n".join((one.statement, *one.plan))
        assert one.scanned <= small, plan
        # An index that is walked until something fits is no better than the table.
        assert not one.is_wasteful, plan


def test_every_page_part_and_great_file_is_among_them(client: FlaskClient) -> None:
    pages = client.application.url_map
    places = pages.bind("bench.example.com")
    asked = {places.match(address(path, 1).partition("?")[0])[0] for path in (*PATHS, *PARTS, *FILES)}
    served = {rule.endpoint for rule in pages.iter_rules() if rule.endpoint.startswith("console.")}
    acts = {rule.endpoint for rule in pages.iter_rules() if "POST" in (rule.methods or ())}
    assert {name.removeprefix("console.") for name in served - acts - asked} == NOT_ASKED


def small_tables(engine: Engine) -> set[str]:
    """By the counts that the planner goes by."""
    with engine.begin() as connection:
        found = connection.execute(
            text("select relname from pg_class where relkind = 'r' and reltuples < :small"), {"small": SMALL}
        )
        return set(found.scalars())
