"""A worker that is killed in the middle of an adoption leaves nothing half adopted, and nothing is made a second time."""

import signal
from pathlib import Path

from sqlalchemy import Engine, text

from connector.cli.serve import celery_argv
from tests import factories
from tests.adopting import deposited, foreign, opened, standing
from tests.payloads import rest_order
from tests.running import product_in
from tests.waiting import eventually


def test_a_worker_killed_between_the_mark_and_its_record_adopts_the_same_order(
    database: Engine, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    cut_over = {"mark": True, "placed_before": "2026-11-21T00:00:00Z"}
    with (
        opened(database, redis_url, adoption=cut_over) as world,
        product_in(world, database_url, redis_url, tmp_path) as product,
    ):
        order_id = foreign(world, 5001)
        deposit_id = deposited(world, order_id)
        product.start_web()
        armed = {**product.env, "CONNECTOR_CRASH_AT": "before-adoption"}
        worker = product.supervisor.start("worker", celery_argv("worker"), env=armed)
        assert product.sell(rest_order(5001)) == [200]
        assert worker.child.wait(30) == -signal.SIGKILL
        # Marked in NetSuite already, and nothing of it is known here.
        (order,) = world.transactions("SalesOrd")
        assert order["external_id"] == f"SHOPIFY-{factories.SHOP_ID}-ORDER-5001"
        assert standing(world, "sales_order") == []
        with world.engine.begin() as connection:
            # Lets the lease and the wait before another wake pass.
            connection.execute(text("update records set lease_until = now(), woken_at = now() - interval '1 hour'"))
        product.start_worker("successor")
        eventually(lambda: world.record(5001).state == "in_sync", within=30)
        assert (standing(world, "sales_order"), standing(world, "customer_deposit")) == ([order_id], [deposit_id])
        assert [item["type"] for item in world.transactions()] == ["SalesOrd", "CustDep"]
