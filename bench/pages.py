"""How long each page of the console takes with a million orders and ten million deliveries, in the server, without network."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from flask import Flask, Request
from flask.testing import FlaskClient
from sqlalchemy import Engine

from bench.audit import ORDERS, database
from bench.log_fill import FIRST_ID, SALES_ORDER, fill
from bench.shop_fill import ITEMS, fill_shop
from bench.stage import setup_line
from connector.config import Key
from connector.counters import Counters
from connector.embedded.valkey import start_valkey
from connector.flows.acting import Who
from connector.flows.alerting import Teller
from connector.runtime import Runtime, redis_client
from connector.store.engine import make_engine
from connector.store.roles import Role
from connector.vault import Vault
from web.console.site import Site
from web.console.whole import whole_console
from web.files import serve_files

_ASKED = 30
# `n` is an order's number, another one each time.
PATHS = (
    "/", "/orders", "/orders?state=held", "/orders?state=excluded", "/orders?q=%23{n}", "/orders?q={netsuite}",
    "/orders/{shopify}", "/orders/{shopify}/money", "/orders/{shopify}/effects/{effect}", "/orders/{shopify}/ignore",
    "/problems", "/problems?tab=retrying", "/problems?tab=resolved", "/problems/shop-1/not_mapped?subject=sku:MUG-1",
    "/problems/shop-1/not_mapped/again?subject=sku:MUG-1", "/problems/shop-1/not_mapped/map?subject=sku:MUG-1&value=MUG-2",
    "/events", "/events?topic=orders/paid", "/events?state=held", "/events?order=%23{n}", "/events/{n}",
    "/events/{n}/revealed", "/events/replay?store=shop-1&since={yesterday}", "/inventory", "/inventory?show=drift",
    "/inventory?q=SKU-09", "/inventory/SKU-000100", "/mapping", "/mapping/shop-1/example", "/mapping/shop-1/draft",
    "/mapping/shop-1/history", "/reconcile", "/connections", "/connections/new", "/connections/shop-1",
    "/connections/shop-1/setup", "/connections/shop-1/rotate", "/connections/shop-1/rotate/client-secret",
    "/connections/shop-1/remove", "/schedules", "/jobs", "/alerts", "/audit", "/users", "/system",
)  # fmt: skip


class _Admin:
    """A gate that lets everybody in: signing in is measured with the receiver's neighbours, not here."""

    def who(self, _request: Request) -> Who:
        """An admin of everything."""
        return Who("bench", Role.ADMIN)

    watching = who


class _Nobody:
    """Hears no wake."""

    def put(self, _record_ids: object) -> None:
        """Nothing."""

    def put_run(self, _connection_id: int, _name: str) -> None:
        """Nothing."""


def pages(*, runs: int, seconds: float) -> None:
    """Fills, then asks each page of different orders; prints the median, the 95th of a hundred and the worst."""
    del runs, seconds
    with database() as filled, TemporaryDirectory(dir="/var/tmp") as directory:
        began = time.monotonic()
        fill(filled, orders=ORDERS)
        fill_shop(filled)
        print(
            f"pages: {setup_line()}; {ORDERS:,} orders, {ORDERS * 10:,} deliveries, {ITEMS:,} items with stock, "
            f"filled in {time.monotonic() - began:.0f} s"
        )
        with start_valkey(Path(directory), durable=False) as valkey:
            engine = make_engine(filled.url.render_as_string(hide_password=False), pool_size=4, statement_timeout=10)
            client = console_client(engine, valkey.url)
            rng = random.Random(1)
            for path in PATHS:
                _ask(client, path, rng)
            engine.dispose()


def console_client(engine: Engine, redis_url: str) -> FlaskClient:
    """An admin at the console over a filled database."""
    redis = redis_client(redis_url, socket_timeout=0.5)
    runtime = Runtime(engine, redis, Vault((Key("bench", b"b" * 32),)), Counters(redis))
    address = "https://bench.example.com"
    site = Site(runtime, _Nobody(), _Admin(), Teller(None, address), address, lambda: datetime.now(UTC))
    app = Flask("bench", static_folder=None)
    app.secret_key = "bench"  # noqa: S105  nobody signs in
    app.jinja_env.globals["csrf_token"] = lambda: "bench"
    serve_files(app)
    whole_console(site).mount(app)
    return app.test_client()


def address(path: str, number: int) -> str:
    """One of PATHS, of an order."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    ids = {"n": number, "shopify": FIRST_ID + number, "netsuite": SALES_ORDER + number, "effect": number * 2}
    return path.format(**ids, yesterday=yesterday)


def _ask(client: FlaskClient, path: str, rng: random.Random) -> None:
    took, statuses = [], set()
    for _ in range(_ASKED):
        asked = address(path, rng.randint(1, ORDERS))
        began = time.perf_counter()
        statuses.add(client.get(asked).status_code)
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=20)
    said = "" if statuses <= {200, 302, 303} else f"   answered {sorted(statuses)}"
    over = "   over 150" if cuts[18] > 150 else ""
    print(f"  {path:<28} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms   worst {max(took):7.1f} ms{over}{said}")
