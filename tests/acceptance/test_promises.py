"""Each promise of the README, with real processes: web, worker, PostgreSQL, Valkey and both sandboxes over HTTP."""

import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from sqlalchemy import text

from connector.embedded.postgres import remove_postgres
from connector.store.inbox import opened_body
from tests.payloads import rest_order
from tests.running import Product
from tests.waiting import eventually

CANARY = "Zebedee-Canary"


def has_order(product: Product) -> bool:
    return product.world.record(5001).state == "in_sync"


def test_the_same_webhook_three_times_at_once_makes_one_order(product: Product) -> None:
    product.start_web()
    product.start_worker()
    assert product.sell(rest_order(), copies=3) == [200, 200, 200]
    eventually(lambda: has_order(product), within=30)
    assert [item["type"] for item in product.world.transactions()] == ["SalesOrd", "CustDep"]


def test_a_worker_killed_between_the_write_and_its_record_makes_one_order(product: Product) -> None:
    world = product.world
    product.start_web()
    world.account.faults.add({"kind": "commit_then_slow", "method": "POST", "path": "salesOrder", "seconds": 30})
    worker = product.start_worker()
    assert product.sell(rest_order()) == [200]
    # The order stands in NetSuite; its answer is still on the way when the worker dies.
    eventually(lambda: world.transactions("SalesOrd"), within=30)
    os.kill(worker.child.pid, signal.SIGKILL)
    worker.child.wait()
    with world.engine.begin() as connection:
        states = connection.execute(text("select state from effects where kind = 'sales_order'")).scalars().all()
        assert states == ["sent"]
        # Lets the lease and the wait before another wake pass.
        connection.execute(text("update records set lease_until = now(), woken_at = now() - interval '1 hour'"))
    product.start_worker("successor")
    eventually(lambda: has_order(product), within=30)
    assert [item["type"] for item in world.transactions()] == ["SalesOrd", "CustDep"]
    assert "GET salesOrder/eid 200" in world.calls()


def test_an_answer_lost_on_the_wire_makes_one_order(product: Product) -> None:
    product.start_web()
    product.world.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": "salesOrder"})
    product.start_worker()
    product.sell(rest_order())
    eventually(lambda: has_order(product), within=30)
    assert [item["type"] for item in product.world.transactions()] == ["SalesOrd", "CustDep"]


def test_what_arrived_while_no_worker_ran_is_done_when_one_starts(product: Product, redis_url: str) -> None:
    product.start_web()
    product.sell(rest_order())
    with Redis.from_url(redis_url) as redis:
        # Even the wake is lost: Postgres alone knows of the order.
        eventually(lambda: redis.llen("orders"))
        redis.flushall()
    with product.world.engine.begin() as connection:
        connection.execute(text("update records set woken_at = now() - interval '1 hour'"))
    product.start_worker()
    eventually(lambda: has_order(product), within=30)


def test_no_customers_name_is_found_in_logs_redis_or_plain_rows(product: Product, redis_url: str) -> None:
    product.start_web()
    product.start_worker()
    with Redis.from_url(redis_url) as redis, redis.monitor() as monitor:
        order = rest_order()
        order["customer"]["first_name"] = CANARY
        order["shipping_address"]["name"] = order["shipping_address"]["address1"] = CANARY
        order["email"] = order["customer"]["email"] = f"{CANARY}@example.com"
        product.sell(order)
        product.sell(rest_order(5002, sku="UNKNOWN", customer=order["customer"], email=order["email"]))
        eventually(lambda: has_order(product) and product.world.record(5002).state == "held", within=30)
        product.get("/metrics")
        redis.echo("end of the test")
        seen = ""
        while "end of the test" not in (command := json.dumps(monitor.next_command(), default=str)):
            seen += command
    with product.world.engine.begin() as connection:
        tables = ("events", "records", "effects", "attempts", "customers", "items", "cursors")
        seen += "".join(str(connection.execute(text(f"select * from {table}")).all()) for table in tables)
    logs = "".join(path.read_text("utf-8") for path in product.logs.glob("*.log"))
    assert "record_processed" in logs
    assert "SHOPIFY-548380009-ORDER-5001" in seen
    assert CANARY.lower() not in (seen + logs + product.get("/metrics").text).lower()


def test_a_stopped_worker_finishes_what_it_does(product: Product) -> None:
    product.start_web()
    product.world.account.faults.add({"kind": "slow", "method": "POST", "path": "salesOrder", "seconds": 1.5})
    worker = product.start_worker()
    product.sell(rest_order())
    eventually(lambda: "POST customer 204" in product.world.calls(), within=30)
    worker.child.send_signal(signal.SIGTERM)
    worker.child.wait(30)
    assert has_order(product)


def test_the_health_pages_tell_a_running_product_from_a_halting_one(product: Product) -> None:
    product.start_web()
    assert product.get("/healthz").status_code == 200
    assert product.get("/readyz").status_code == 503
    product.start_worker()
    eventually(lambda: product.get("/readyz").status_code == 200, within=30)
    product.sell(rest_order())
    eventually(lambda: has_order(product), within=30)
    eventually(lambda: 'netsuite_calls_total{path="POST salesOrder",status="204"} 1.0' in product.get("/metrics").text)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder for a served instance; as root its PostgreSQL may keep its files elsewhere."""
    yield tmp_path
    remove_postgres(tmp_path / "data" / "postgres")


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_served_instance_leaves_no_process_behind(data: Path, by: signal.Signals) -> None:
    served, port = _serve(data)
    family = psutil.Process(served.pid).children(recursive=True)
    assert len(family) >= 5
    served.send_signal(by)
    served.wait(40)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    assert port


def test_a_second_start_goes_on_with_the_same_data(data: Path) -> None:
    served, port = _serve(data)
    try:
        made = _cli("connection", "add", str(_connection_file(data)), "--json", data=data)
        shown = _cli("connection", "show", "us-store", "--json", data=data)
        assert json.loads(made)["webhook_url"] == json.loads(shown)["webhook_url"]
        assert json.loads(made)["webhook_url"].startswith(f"http://127.0.0.1:{port}/webhooks/shopify/")
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(40)
    again, _ = _serve(data)
    try:
        assert json.loads(_cli("connection", "show", "us-store", "--json", data=data))["name"] == "us-store"
    finally:
        again.send_signal(signal.SIGTERM)
        assert again.wait(40) == 0


@pytest.mark.timeout(400)
def test_the_demo_agrees_in_every_number() -> None:
    done = subprocess.run(
        [_program(), "demo", "--orders", "40", "--json"], capture_output=True, text=True, timeout=390, check=False
    )
    result = json.loads(done.stdout)
    assert result["problems"] == []
    assert (done.returncode, result["agrees"]) == (0, True), done.stderr
    assert result["in_netsuite"] > 30
    # The call budget of each single act is asserted elsewhere; a short day is full of them, and of readings of stock.
    assert result["netsuite_calls_per_order"] < 10
    for sides in (result["stock"]["units"], *(result["parcels"][name] for name in ("shipped", "tracking_numbers"))):
        assert sides["shopify"] == sides["netsuite"] > 0
    assert result["parcels"]["taken_back"] == 1
    assert result["stock"]["changes"] > 48
    assert result["stock"]["lowest"] > 0
    for figures in result["money"].values():
        assert set(figures) == {"orders", "deposits", "refunds", "net"}
        assert all(sides["shopify"] == sides["netsuite"] for sides in figures.values())
    seldom = {name for name in ("paid", "edited", "cancelled", "shipped", "refunded") if not result["happened"][name]}
    assert seldom == set()
    for tokens in result["tokens"].values():
        assert tokens["issued"] >= 1
        assert tokens["used_after_end"] == 0


def test_bodies_are_kept_sealed_and_byte_exact(product: Product) -> None:
    product.start_web()
    product.sell(rest_order(note="naïve café"))
    with product.world.engine.begin() as connection:
        row = connection.execute(text("select connection_id, delivery_id, body, body_sha256 from events")).one()
    vault = product.world.runtime.vault
    plain = opened_body(vault, row.connection_id, row.delivery_id, bytes(row.body))
    assert json.loads(plain)["note"] == "naïve café"
    # Sealed bytes look like noise: nothing is left in them that could be packed.
    assert len(zlib.compress(bytes(row.body))) >= len(row.body)


def _serve(directory: Path) -> tuple[subprocess.Popen[bytes], int]:
    """`ml-connector serve` on a data directory, up and answering."""
    from connector.cli.serve import is_answering
    from connector.embedded.servers import free_port

    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with (directory / "serve.log").open("ab") as log:
        served = subprocess.Popen(
            [_program(), "serve", "--data", str(directory / "data"), "--port", str(port)],
            stdout=log,
            stderr=log,
            env=env,
            start_new_session=True,
        )
    eventually(lambda: is_answering(port), within=60)
    return served, port


def _cli(*arguments: str, data: Path) -> str:
    argv = [_program(), *arguments, "--data", str(data / "data")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _program() -> str:
    return str(Path(sys.executable).with_name("ml-connector"))


def _connection_file(directory: Path) -> Path:
    from tests.world import key_pair

    (directory / "netsuite.pem").write_text(key_pair()[0])
    file = directory / "connection.toml"
    file.write_text(
        'name = "us-store"\n[shopify]\nshop = "acme.myshopify.com"\nwebhook_secrets = ["s"]\naccess_token = "shpat_x"\n'
        '[netsuite]\naccount = "1234567_SB1"\nclient_id = "c"\ncertificate_id = "k"\nprivate_key_file = "netsuite.pem"\n'
    )
    return file
