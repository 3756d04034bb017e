"""What happened to an order, and lists of deliveries and orders, with ten million deliveries in a real PostgreSQL."""

import hashlib
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, Engine, text

from bench.log_fill import FIRST_ID, SALES_ORDER, fill
from bench.plans import Explained, explained
from bench.stage import setup_line
from connector.embedded.postgres import remove_postgres, start_postgres
from connector.store import (
    census,
    event_list,
    event_outcomes,
    held,
    into_step,
    job_progress,
    last_deliveries,
    order_census,
    order_documents,
    order_filter,
    order_list,
    problems,
    records,
    retention,
    schema,
    throughput,
    timeline,
)
from connector.store.engine import make_engine
from connector.store.event_list import EventFilter
from connector.store.order_filter import OrderFilter
from connector.store.problems import Cause
from connector.store.tables import RecordState

ORDERS = 1_000_000
# Different ones, so that what one question read does not answer the next.
_ASKED = 20

_FIRST = "what happened to #n"

Question = Callable[[Connection, int], object]


def _events(**wanted: object) -> Question:
    return lambda connection, _: event_list.found_events(connection, EventFilter(**wanted), limit=50)  # type: ignore[arg-type]  # as named below


def _events_of(name: str, value: Callable[[int], object]) -> Question:
    return lambda connection, n: event_list.found_events(connection, EventFilter(**{name: value(n)}), limit=50)  # type: ignore[arg-type]  # as named below


def _orders(*states: RecordState) -> Question:
    return lambda connection, n: order_list.listed(connection, states=states or tuple(RecordState), limit=50, before=n)


def _filtered(**wanted: object) -> Question:
    chosen = OrderFilter((1, 2), **wanted)  # type: ignore[arg-type]  # as named below
    return lambda connection, n: order_filter.chosen(connection, chosen, limit=51, before=n)


def _of_days(connection: Connection, _: int) -> object:
    since = datetime.now(UTC) - timedelta(days=1)
    wanted = OrderFilter((1, 2), (RecordState.HELD, RecordState.PARKED), since=since, until=since + timedelta(days=2))
    return order_filter.chosen(connection, wanted, limit=51)


def _newer(connection: Connection, n: int) -> object:
    return order_filter.newer(connection, OrderFilter((1, 2)), than=n, limit=100)


def _documents(connection: Connection, n: int) -> object:
    return order_documents.of_records(connection, range(n, n + 50))


def _find(term: Callable[[int], str]) -> Question:
    return lambda connection, n: order_list.found(connection, term(n), email_hashes={}, limit=50)


def _by_email(connection: Connection, n: int) -> object:
    hashed = hashlib.sha256(str(n % 300_000).encode()).digest()
    return order_list.found(connection, "somebody@example.com", email_hashes={1: hashed, 2: hashed}, limit=50)


def _forget(connection: Connection, _: int) -> object:
    before = datetime.now(UTC) - timedelta(days=89)
    return retention.forget_batch(connection, 1, before=before, after=None, limit=500)


_BOTH = (1, 2)


def _problem(n: int) -> Cause:
    return Cause(1, "not_mapped", f"sku:MUG-{n % 40}") if n % 2 else Cause(1, "rejected", "")


# Each is asked of one order, by its number.
QUESTIONS: Mapping[str, Question] = {
    _FIRST: lambda connection, n: timeline.happened(connection, f"#{n}"),
    "what happened, by Shopify id": lambda connection, n: timeline.happened(connection, str(FIRST_ID + n)),
    "events": _events(),
    "events, next page": lambda connection, n: event_list.found_events(connection, EventFilter(), limit=50, before=n * 10),
    "events --connection": _events(connection_id=2),
    "events --topic": _events(topic="orders/create"),
    "events --topic, none of it": _events(topic="carts/update"),
    "events --since": _events_of("since", lambda n: datetime.now(UTC) - timedelta(days=730 - 730 * n / ORDERS)),
    "events --until": _events_of("until", lambda n: datetime.now(UTC) - timedelta(days=730 - 730 * n / ORDERS)),
    "events --order": _events_of("order", lambda n: f"#{n}"),
    "events --sku": _events_of("sku", lambda n: f"MUG-{n % 40}"),
    **{f"events --state {state}": _events(state=state) for state in RecordState},
    "events --reason": _events(reason="rejected"),
    "one order by Shopify id": lambda connection, n: records.by_shopify_id(connection, str(FIRST_ID + n)),
    "one order by name": lambda connection, n: records.by_name(connection, str(n)),
    "orders": _orders(),
    **{f"orders --state {state}": _orders(state) for state in (RecordState.IN_SYNC, RecordState.HELD, RecordState.PARKED)},
    "orders, filtered": _filtered(),
    "orders, a reason": _filtered(reason="not_mapped"),
    "orders, a reason and a state": _filtered(reason="rejected", states=(RecordState.PARKED,)),
    "orders held for a SKU": _filtered(subject="sku:MUG-1"),
    "orders of some days": _of_days,
    "open orders by cause": lambda connection, _: order_census.open_orders(connection, (1, 2)),
    "orders of today": lambda connection, _: order_census.of_day(connection, (1, 2), since=datetime.now(UTC)),
    "orders that came into step": lambda connection, _: into_step.counted(
        connection, (1, 2), since=datetime.now(UTC) - timedelta(days=1)
    ),
    "passes of a day": lambda connection, _: throughput.by_hour(
        connection, (1, 2), since=datetime.now(UTC) - timedelta(days=1)
    ),
    "when the canary was put out": lambda connection, _: census.canary_since(connection),
    "newest deliveries of both shops": lambda connection, _: last_deliveries.of_shops(connection, (1, 2)),
    "orders that came since": _newer,
    "documents of 50 orders": _documents,
    "orders by name": _find(lambda n: f"#{n}"),
    "orders by Shopify id": _find(lambda n: str(FIRST_ID + n)),
    "orders by NetSuite number": _find(lambda n: f"SO{n}"),
    "orders by NetSuite id": _find(lambda n: str(SALES_ORDER + n)),
    "orders by external id": _find(lambda n: f"SHOPIFY-1-ORDER-{FIRST_ID + n}"),
    "orders by e-mail": _by_email,
    "what held records wait for": lambda connection, _n: held.waiting(connection, 1, limit=50),
    "the newest delivery": lambda connection, _n: last_deliveries.newest(connection, 1),
    "the newest delivery of each topic": lambda connection, _n: last_deliveries.by_topic(
        connection, 1, ["orders/create", "orders/updated", "carts/update"]
    ),
    "forgetting 500": _forget,
    "problems": lambda connection, _: problems.open_groups(connection, _BOTH),
    "problems, retrying": lambda connection, _: problems.retried_groups(connection, _BOTH),
    "problems, resolved": lambda connection, _: problems.resolved_groups(connection, _BOTH),
    "one problem": lambda connection, n: problems.group_of(connection, _problem(n)),
    "one problem's orders": lambda connection, n: problems.waiting(connection, _problem(n), limit=50),
    "one problem's orders, next page": lambda connection, n: problems.waiting(connection, _problem(n), limit=50, before=n),
    "events of one store": _events(among=(2,)),
    "events by delivery id": _events_of("delivery_id", lambda n: hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()),
    "what events led to": lambda connection, n: event_outcomes.outcomes(connection, range(n * 10 - 50, n * 10)),
    "jobs": lambda connection, _: job_progress.listed(connection, _BOTH, limit=50),
}  # fmt: skip


def main(*, runs: int, seconds: float) -> None:
    """Fills, then asks each question of different orders; prints the plan of the first and the times of all."""
    del runs, seconds
    with database() as engine:
        began = time.monotonic()
        fill(engine, orders=ORDERS)
        with engine.begin() as connection:
            size = connection.execute(text("select pg_size_pretty(pg_database_size(current_database()))")).scalar_one()
            events = connection.execute(text("select count(*) from events")).scalar_one()
        print(
            f"audit: {setup_line()}; {events:,} events, {ORDERS:,} records, {size}, filled in {time.monotonic() - began:.0f} s"
        )
        _print_plan(explained(engine, lambda connection: QUESTIONS[_FIRST](connection, 1001), analyze=True))
        rng = random.Random(1)
        for name, ask in QUESTIONS.items():
            asked = [_timed(engine, ask, rng.randint(1, ORDERS)) for _ in range(_ASKED)]
            print(f"  {name:<30} p50 {median(asked):7.1f} ms   worst {max(asked):7.1f} ms")


def _timed(engine: Engine, ask: Question, number: int) -> float:
    """Milliseconds with everything that Python adds; what it changed is taken back."""
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        began = time.perf_counter()
        ask(connection, number)
        return (time.perf_counter() - began) * 1000


def _print_plan(found: list[Explained]) -> None:
    for one in found:
        for line in one.plan:
            print(f"      {line}")


@contextmanager
def database() -> Iterator[Engine]:
    """An empty, migrated PostgreSQL that is thrown away; it need not outlive a crash."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="ml-connector-bench-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        stack.callback(remove_postgres, directory / "postgres")
        postgres = stack.enter_context(start_postgres(directory / "postgres", durable=False))
        schema.upgrade(postgres.url)
        engine = make_engine(postgres.url, statement_timeout=0)
        stack.callback(engine.dispose)
        yield engine
