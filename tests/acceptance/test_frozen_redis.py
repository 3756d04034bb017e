"""A Redis that neither answers nor refuses does not keep the receiver from answering."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.embedded.servers import Server
from connector.embedded.valkey import start_valkey
from tests.payloads import rest_order
from tests.running import Product
from tests.waiting import eventually

MANY = 40


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Valkey of this test alone."""
    with start_valkey(tmp_path_factory.mktemp("mortal"), durable=False) as server:
        yield server


@pytest.fixture
def redis_url(mortal: Server) -> str:
    """The product's Redis is the one that gets frozen."""
    return mortal.url


def test_webhooks_are_kept_while_redis_is_frozen_and_worked_off_when_it_thaws(
    product: Product, mortal: Server, tmp_path: Path
) -> None:
    product.start_web()
    assert product.sell(rest_order()) == [200]
    os.kill(mortal.pid, signal.SIGSTOP)
    try:
        answers = [product.sell(rest_order(6000 + number, sku="UNKNOWN")) for number in range(MANY)]
        assert answers == [[200]] * MANY
        assert product.get("/healthz").status_code == 200
        assert product.get("/metrics").status_code == 200
    finally:
        os.kill(mortal.pid, signal.SIGCONT)
    with product.world.engine.begin() as connection:
        assert connection.execute(text("select count(*) from events")).scalar_one() == MANY + 1
        # Lets the wait before another wake pass: the wakes of the frozen time are lost.
        connection.execute(text("update records set woken_at = now() - interval '1 hour'"))
    product.start_worker()
    undone = text("select count(*) from records where state in ('pending', 'working')")

    def is_done() -> bool:
        with product.world.engine.begin() as connection:
            return bool(connection.execute(undone).scalar_one() == 0)

    eventually(is_done, within=40)
    assert product.world.record(5001).state == "in_sync"
    assert product.world.record(6000).reason_subject == "sku:UNKNOWN"
