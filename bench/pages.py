"""How long each page of the console, and each part that an open page asks again, takes with a million orders and ten million
deliveries, in the server, without network."""

import gc
import hashlib
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
from bench.shop_fill import ITEMS, VAULT, fill_shop
from bench.stage import setup_line
from connector.counters import Counters
from connector.embedded.valkey import start_valkey
from connector.flows.acting import Who
from connector.flows.alerting import Teller
from connector.runtime import Runtime, redis_client
from connector.store.engine import make_engine
from connector.store.roles import Role
from web.console.paging import cursor
from web.console.site import Site
from web.console.whole import whole_console
from web.files import serve_files

_ASKED = 30
# Milliseconds within which 95 of 100 answers of a page are to come.
_BAR = 150
# `n` is an order's number, another one each time.
PATHS = (
    "/", "/orders", "/orders?state=held", "/orders?state=excluded", "/orders?q=%23{n}", "/orders?q={netsuite}",
    "/orders?q=%23{n}&after={after}", "/orders?q=somebody@example.com&after={after}",
    "/orders?q=somebody@example.com", "/orders?since={yesterday}&until={yesterday}", "/orders?since={last_year}",
    "/orders?until={last_year}", "/orders?reason=not_mapped", "/orders?reason=not_mapped&until={last_year}",
    "/orders?reason=closed_period", "/orders?subject=sku:MUG-1", "/orders?subject=sku:MUG-1&until={last_year}",
    "/orders?differs=true", "/orders?differs=true&since={last_year}",
    "/orders?differs=true&state=ignored&reason=ignored", "/orders?store=shop-2&state=held",
    "/orders?until={last_year}&state=held", "/orders?until={last_year}&state=in_sync", "/orders?heard_since={yesterday}",
    "/orders?heard_until={last_year}&state=in_sync",
    "/orders?in_step_since={yesterday}", "/orders?in_step_since={yesterday}&until={last_year}",
    "/orders/{shopify}", "/orders/{shopify}/money", "/orders/{shopify}/effects/{effect}", "/orders/{shopify}/ignore",
    "/problems", "/problems?tab=retrying", "/problems?tab=snoozed", "/problems?tab=resolved",
    "/problems/shop-1/not_mapped?subject=sku:MUG-1", "/problems/shop-1/not_mapped/again?subject=sku:MUG-1",
    "/problems/shop-1/not_mapped?subject=sku:MUG-1&tab=retrying", "/problems/shop-1/not_mapped?subject=sku:MUG-1&tab=resolved",
    "/problems/shop-1/not_mapped/map?subject=sku:MUG-1&value=MUG-2",
    "/events", "/events?topic=orders/paid", "/events?state=held", "/events?order=%23{n}", "/events/{n}",
    "/events?since={yesterday}&until={now}", "/events?until={last_year}", "/events?topic=orders/paid&until={last_year}",
    "/events?state=held&until={last_year}", "/events?reason=not_mapped", "/events?reason=closed_period", "/events?sku=MUG-1",
    "/events?sku=NOBODYS", "/events?delivery={delivery}", "/events?delivery=nobodys",
    "/events/{n}/revealed", "/events/replay?store=shop-1&since={yesterday}", "/inventory", "/inventory?show=drift",
    "/inventory?q=SKU-09", "/inventory/SKU-000100", "/inventory-push", "/mapping", "/mapping/shop-1/example",
    "/mapping/shop-1/draft", "/mapping/shop-1/history", "/reconcile", "/connections", "/connections/new", "/connections/shop-1",
    "/connections/shop-1/setup", "/connections/shop-1/rotate", "/connections/shop-1/rotate/client-secret",
    "/connections/shop-1/remove", "/schedules", "/jobs", "/jobs/1", "/jobs/2", "/alerts", "/users", "/system",
    "/audit", "/audit?actor=otto", "/audit?actor=ada", "/audit?actor=nobody", "/audit?action=rules+changed",
    "/audit?action=nothing", "/audit?actor=otto&action=rules+changed", "/audit?until={last_year}", "/audit?store=shop-2",
)  # fmt: skip
# What an open page asks every five seconds; the overview and an order ask for themselves.
PARTS = (
    "/orders/{shopify}/news?than=0", "/orders/news?than={n}", "/orders/news?than={last}",
    "/orders/news?than={last}&state=held",
    "/orders/news?than={last}&reason=not_mapped", "/orders/news?than={last}&differs=true",
    "/orders/news?than={last}&since={last_year}", "/orders/news?than={last}&in_step_since={yesterday}",
    "/events/news?newest={last}0", "/events/news?newest={last}0&state=held",
    "/events/news?newest={last}0&sku=MUG-1", "/problems/news?seen={now}", "/problems/news?store=shop-1&seen={now}",
    "/inventory-news?store=shop-1", "/reconcile/news?store=shop-1", "/jobs/rows", "/jobs/1/progress", "/jobs/2/progress",
    "/connections/shop-1/arrival",
)  # fmt: skip
# No pages: a file of everything is read for as long as it is written.
FILES = ("/orders.csv", "/audit.csv", "/inventory.csv")


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
            # As in web.wsgi.
            gc.collect()
            gc.freeze()
            rng = random.Random(1)
            over = [path for path in (*PATHS, *PARTS) if _ask(client, path, rng) > _BAR]
            for path in FILES:
                _fetch(client, path)
            engine.dispose()
    asked = len(PATHS) + len(PARTS)
    if over:
        raise SystemExit(f"{len(over)} of {asked} pages and parts are over {_BAR} ms: {' '.join(over)}")
    print(f"  all {asked} pages and parts are within {_BAR} ms")


def console_client(engine: Engine, redis_url: str) -> FlaskClient:
    """An admin at the console over a filled database."""
    redis = redis_client(redis_url, socket_timeout=0.5)
    runtime = Runtime(engine, redis, VAULT, Counters(redis))
    address = "https://bench.example.com"
    site = Site(runtime, _Nobody(), _Admin(), Teller(None, address), address, lambda: datetime.now(UTC))
    app = Flask("bench", static_folder=None)
    app.secret_key = "bench"  # noqa: S105  nobody signs in
    app.jinja_env.globals["csrf_token"] = lambda: "bench"
    serve_files(app)
    whole_console(site).mount(app)
    return app.test_client()


def address(path: str, number: int, *, orders: int = ORDERS) -> str:
    """One of PATHS, PARTS or FILES, of an order; `orders`: how many there are."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    days = {"yesterday": now.date() - timedelta(days=1), "last_year": now.date() - timedelta(days=365)}
    ids = {"n": number, "shopify": FIRST_ID + number, "netsuite": SALES_ORDER + number, "effect": number * 2}
    delivery = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
    return path.format(**ids, **days, now=f"{now.isoformat()}Z", last=orders, delivery=delivery, after=cursor([number]))


def _fetch(client: FlaskClient, path: str) -> None:
    began = time.perf_counter()
    size = len(client.get(path).data)
    print(f"  {path:<28} {time.perf_counter() - began:7.1f} s for {size / 1e6:.1f} MB")


def _ask(client: FlaskClient, path: str, rng: random.Random) -> float:
    """The time within which 95 of 100 answers came, in milliseconds."""
    took, statuses = [], set()
    # The first answer compiles the page, once in the life of a process.
    client.get(address(path, 1))
    for _ in range(_ASKED):
        asked = address(path, rng.randint(1, ORDERS))
        began = time.perf_counter()
        statuses.add(client.get(asked).status_code)
        took.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(took, n=20)
    said = "" if statuses <= {200, 302, 303} else f"   answered {sorted(statuses)}"
    over = f"   over {_BAR}" if cuts[18] > _BAR else ""
    print(f"  {path:<28} p50 {cuts[9]:7.1f} ms   p95 {cuts[18]:7.1f} ms   worst {max(took):7.1f} ms{over}{said}")
    return cuts[18]
