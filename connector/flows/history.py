"""Orders from before the connection: found by their date or name, and worked off behind everything else.

An order that a record knows is left alone, and one that stands in NetSuite under our external id is adopted by its pass. So an
import that was cut off is simply begun again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.errors import ConfigError, Conflict, ConnectorError
from connector.flows import catalog
from connector.flows.orders import order_plan
from connector.flows.systems import Systems, Workplace, behind_everybody
from connector.limits import RESERVE, Lane
from connector.shopify.changes import PlacedOrder, placed_order, placed_orders
from connector.store import jobs, known_records, operator_actions, records
from connector.store.jobs import JobState

# Seconds of a NetSuite write where nothing was measured.
_A_CALL = 1.0
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Span:
    """Which orders: placed in a stretch of time, or of these names."""

    since: datetime
    until: datetime
    names: Sequence[str] = ()


@dataclass(slots=True)
class Outlook:
    """What an import would do. `sums`: orders and money by day of the books and currency, of those that are new."""

    found: int = 0
    known: int = 0
    sums: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    by_status: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, int | str]] = field(default_factory=list)
    slots: int = 1

    @property
    def new(self) -> int:
        """Orders no record knows."""
        return self.found - self.known

    @property
    def calls(self) -> int | None:
        """NetSuite writes, reckoned from the samples; None where none could be planned."""
        counts = [count for _, count in self.samples if isinstance(count, int)]
        return round(sum(counts) / len(counts) * self.new) if counts else None

    @property
    def minutes(self) -> float | None:
        """How long they take with every slot that history may use."""
        return None if self.calls is None else self.calls * _A_CALL / self.slots / 60


def outlook(systems: Systems, workplace: Workplace, span: Span) -> Outlook:
    """What an import would write, with dry runs of a few orders; nothing is written."""
    systems = behind_everybody(systems)
    found = Outlook(slots=max(systems.connection.netsuite_concurrency - RESERVE[Lane.HISTORY], 1))
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    chosen: list[PlacedOrder] = []
    zone = ZoneInfo(systems.rules.time_zone)
    for page in _pages(systems, span):
        new = _unknown(page, systems, workplace)
        found.found += len(page)
        found.known += len(page) - len(new)
        found.by_status.update(order.financial_status for order in new)
        for order in new:
            day = order.created_at.astimezone(zone).date()
            sums[day.isoformat(), order.total.currency].append(order.total.amount)
        chosen += new[: max(_SAMPLES - len(chosen), 0)]
    found.sums = {key: (len(amounts), sum(amounts, Decimal(0))) for key, amounts in sorted(sums.items())}
    found.samples = [(order.name, _writes(order, systems, workplace)) for order in chosen]
    return found


def begin(
    systems: Systems, workplace: Workplace, span: Span, *, actor: str, now: datetime, tell: Callable[[int, int], None]
) -> int:
    """Lists the orders and sets the import going; its job's id. `tell` hears how many were found and are new so far.

    Raises Conflict when the import was stopped meanwhile, and what reading the orders raises; nothing is left of it then.
    """
    connection_id = systems.connection.id
    chosen = {"since": span.since.isoformat(), "until": span.until.isoformat(), "names": list(span.names)}
    wish = {"chosen": chosen, "reason": "history", "actor": actor}
    with workplace.engine.begin() as connection:
        job_id = jobs.begin_listing(connection, connection_id, kind=jobs.HISTORY, wish=wish, now=now)
        details = {"job": job_id, **chosen}
        operator_actions.write_down(connection, connection_id, actor=actor, action="history import", details=details)
    try:
        _list(systems, workplace, span, job_id, tell)
    except ConnectorError:
        with workplace.engine.begin() as connection:
            jobs.change(connection, job_id, JobState.STOPPED, now=now)
        raise
    return job_id


def _list(systems: Systems, workplace: Workplace, span: Span, job_id: int, tell: Callable[[int, int], None]) -> None:
    for mirror in (catalog.ITEM_CATALOG, catalog.CUSTOMER_CATALOG):
        catalog.refresh(mirror, systems, workplace.engine, lane=Lane.HISTORY)
    found = new = 0
    for page in _pages(systems, span):
        with workplace.engine.begin() as connection:
            _must_be_listing(connection, job_id)
            ids = [order.order_id for order in page]
            new += jobs.list_unknown(connection, job_id, systems.connection.id, ids)
        found += len(page)
        tell(found, new)
    with workplace.engine.begin() as connection:
        _must_be_listing(connection, job_id)
        jobs.run(connection, job_id)


def _must_be_listing(connection: Connection, job_id: int) -> None:
    if not jobs.is_listing(connection, job_id):
        raise Conflict(f"import {job_id} was stopped while it was listing, perhaps for another one")


def _pages(systems: Systems, span: Span) -> Iterator[Sequence[PlacedOrder]]:
    if not span.names:
        yield from placed_orders(systems.shopify, span.since, span.until)
        return
    for name in span.names:
        found = placed_order(systems.shopify, name)
        if not found:
            raise ConfigError(f"the shop has no order {name}; it may be older than 60 days and need read_all_orders")
        yield found


def _unknown(page: Sequence[PlacedOrder], systems: Systems, workplace: Workplace) -> list[PlacedOrder]:
    ids = [order.order_id for order in page]
    with workplace.engine.begin() as connection:
        known = known_records.known_ids(connection, systems.connection.id, records.ORDER, ids)
    return [order for order in page if order.order_id not in known]


def _writes(placed: PlacedOrder, systems: Systems, workplace: Workplace) -> int | str:
    """How many writes an order needs, or why none are made."""
    try:
        order = systems.shopify.order(placed.order_id)
        planned = None if order is None else order_plan(order, systems, workplace)
    except ConnectorError as error:
        return str(error)
    if planned is None:
        return "was deleted meanwhile"
    if planned.exclusion is not None:
        return planned.exclusion.reason
    return len(planned.effects)
