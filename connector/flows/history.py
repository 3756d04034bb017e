"""Orders from before the connection: found by their date or name, and worked off behind everything else.

An order that a record knows is left alone, and one that stands in NetSuite under our external id is adopted by its pass. So an
import that was cut off is simply begun again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connector.errors import ConfigError, Conflict, ConnectorError, PermanentError
from connector.flows import catalog
from connector.flows.adoption_match import difference
from connector.flows.adoption_search import standing_orders, under_our_ids
from connector.flows.history_bulk import FROM as BULK_FROM
from connector.flows.history_bulk import BulkListing, Progress, left_over
from connector.flows.orders import order_plan
from connector.flows.planning import Plan
from connector.flows.sampling import Estimate, Trial, estimate, tried
from connector.flows.systems import Systems, Workplace, behind_everybody
from connector.limits import Lane
from connector.netsuite.foreign_documents import FoundDocument
from connector.shopify.changes import ListedOrder, PlacedOrder, placed_count, placed_order, placed_orders
from connector.store import jobs, known_records, operator_actions, records
from connector.store.jobs import JobState

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Which orders: placed in a stretch of time, or of these names. `is_open`: nobody said until when, so it ends now.

    `bulk_from`: from so many orders on a bulk operation lists them.
    """

    since: datetime
    until: datetime
    names: Sequence[str] = ()
    is_open: bool = False
    bulk_from: int = BULK_FROM


@dataclass(slots=True)
class Outlook:
    """What an import would do. `sums`: orders and money by day of the books and currency, of those that are new.

    `ours`: new ones that stand in NetSuite under our external id, though no record knows them: they are taken up as they
    are. `adopted`: those that another connector wrote, with the same total: their passes still compare what hangs on them;
    `doubtful`: what is to be said of the others it wrote, by name. `estimate`: what the rest needs, reckoned from `samples`,
    None where none of these could be tried.
    """

    found: int = 0
    known: int = 0
    ours: int = 0
    adopted: int = 0
    doubtful: dict[str, str] = field(default_factory=dict)
    sums: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    by_status: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, Trial]] = field(default_factory=list)
    estimate: Estimate | None = None

    @property
    def new(self) -> int:
        """Orders no record knows."""
        return self.found - self.known

    @property
    def made(self) -> int:
        """Orders that NetSuite does not have at all."""
        return self.new - self.ours - self.adopted - len(self.doubtful)


def outlook(systems: Systems, workplace: Workplace, span: Span, *, samples: int = SAMPLES) -> Outlook:
    """What an import would write, with dry runs of a few orders; nothing is written."""
    systems = behind_everybody(systems)
    found = Outlook()
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    chosen: list[PlacedOrder] = []
    zone = ZoneInfo(systems.rules.time_zone)
    for page in _pages(systems, span):
        new = _unknown(page, systems, workplace)
        found.found += len(page)
        found.known += len(page) - len(new)
        found.by_status.update(order.placed.financial_status for order in new)
        for order in (one.placed for one in new):
            day = order.created_at.astimezone(zone).date()
            sums[day.isoformat(), order.total.currency].append(order.total.amount)
        absent = _absent(new, found, systems)
        chosen += absent[: max(samples - len(chosen), 0)]
    found.sums = {key: (len(amounts), sum(amounts, Decimal(0))) for key, amounts in sorted(sums.items())}
    found.samples = [(one.name, tried(systems, workplace, partial(_plan, one, systems, workplace))) for one in chosen]
    found.estimate = estimate([trial for _, trial in found.samples], found.made, systems, workplace)
    return found


def begin(
    systems: Systems, workplace: Workplace, span: Span, *, actor: str, now: datetime, tell: Callable[[int, int], None]
) -> int:
    """Lists the orders and sets the import going; its job's id. `tell` hears how many were found and are new so far.

    A long stretch that a killed process was listing is gone on with. Raises Conflict when the import was stopped meanwhile,
    and what reading the orders raises; of a short stretch nothing is left then.
    """
    connection_id = systems.connection.id
    since, until = span.since.isoformat(), span.until.isoformat()
    left = None if span.names else left_over(systems, workplace, since, None if span.is_open else until)
    if left is not None:
        _Listed(systems, workplace, span, left[0], tell, left[1]).run(now)
        return left[0]
    chosen = {"since": since, "until": until, "names": list(span.names), "is_open": span.is_open}
    wish = {"chosen": chosen, "reason": "history", "actor": actor}
    with workplace.engine.begin() as connection:
        job_id = jobs.begin_listing(connection, connection_id, kind=jobs.HISTORY, wish=wish, now=now)
        details = {"job": job_id, **chosen}
        operator_actions.write_down(connection, connection_id, actor=actor, action="history import", details=details)
    _Listed(systems, workplace, span, job_id, tell).run(now)
    return job_id


@dataclass(slots=True)
class _Listed:
    """The listing of one import. `progress` is of a bulk operation, None where pages are read."""

    systems: Systems
    workplace: Workplace
    span: Span
    job_id: int
    tell: Callable[[int, int], None]
    progress: Progress | None = None
    found: int = 0
    new: int = 0

    def run(self, now: datetime) -> None:
        """Lists every order and sets the job going. One that failed is stopped, unless it can be gone on with."""
        try:
            self._list()
        except ConnectorError as error:
            if self.progress is None or isinstance(error, PermanentError):
                with self.workplace.engine.begin() as connection:
                    jobs.change(connection, self.job_id, JobState.STOPPED, now=now)
            raise

    def _list(self) -> None:
        for mirror in (catalog.ITEM_CATALOG, catalog.CUSTOMER_CATALOG):
            catalog.refresh(mirror, self.systems, self.workplace.engine, lane=Lane.HISTORY)
        if not (self._is_long() and self._in_bulk()):
            for page in _pages(self.systems, self.span):
                self._keep([order.placed for order in page], None)
        with self.workplace.engine.begin() as connection:
            _must_be_listing(connection, self.job_id)
            jobs.run(connection, self.job_id)

    def _is_long(self) -> bool:
        if self.span.names:
            return False
        span = self.span
        return self.progress is not None or placed_count(self.systems.shopify, span.since, span.until) >= span.bulk_from

    def _in_bulk(self) -> bool:
        """False where the operation failed: what it found is listed, and pages tell the rest."""
        between = (self.span.since, self.span.until)
        return BulkListing(self.systems, self.workplace, between, self._keep).run(self.progress)

    def _keep(self, page: Sequence[PlacedOrder], progress: Progress | None) -> None:
        with self.workplace.engine.begin() as connection:
            _must_be_listing(connection, self.job_id)
            orders = {order.order_id: order.name for order in page}
            self.new += jobs.list_unknown(connection, self.job_id, self.systems.connection.id, orders)
            if progress is not None:
                self.progress = progress
                jobs.keep_progress(connection, self.job_id, progress.to_json())
        self.found += len(page)
        self.tell(self.found, self.new)


def _must_be_listing(connection: Connection, job_id: int) -> None:
    if not jobs.is_listing(connection, job_id):
        raise Conflict(f"import {job_id} was stopped while it was listing, perhaps for another one")


def _pages(systems: Systems, span: Span) -> Iterator[Sequence[ListedOrder]]:
    if not span.names:
        yield from placed_orders(systems.shopify, span.since, span.until)
        return
    for name in span.names:
        found = placed_order(systems.shopify, name)
        if not found:
            raise ConfigError(f"the shop has no order {name}; it may be older than 60 days and need read_all_orders")
        yield found


def _unknown(page: Sequence[ListedOrder], systems: Systems, workplace: Workplace) -> list[ListedOrder]:
    ids = [order.placed.order_id for order in page]
    with workplace.engine.begin() as connection:
        known = known_records.known_ids(connection, systems.connection.id, records.ORDER, ids)
    return [order for order in page if order.placed.order_id not in known]


def _absent(new: Sequence[ListedOrder], found: Outlook, systems: Systems) -> list[PlacedOrder]:
    """Those of a page that NetSuite does not have; the others are counted. One or two questions a page.

    What hangs on a document is looked at by the order's own pass, which reads the order: so many reads are not worth it here.
    """
    standing = standing_orders(systems, {order.placed.order_id: order.placed.name for order in new})
    ours = under_our_ids(systems, [order.placed.order_id for order in new])
    absent = []
    for order in new:
        documents = standing[order.placed.order_id]
        if order.placed.order_id in ours:
            found.ours += 1
        elif not documents:
            absent.append(order.placed)
        elif doubt := _doubt(order, documents, systems):
            found.doubtful[order.placed.name] = doubt
        else:
            found.adopted += 1
    return absent


def _doubt(order: ListedOrder, documents: Sequence[FoundDocument], systems: Systems) -> str | None:
    """Why an order would be held that has these documents, as far as a list can tell."""
    if len(documents) > 1:
        return f"NetSuite has {', '.join(one.number for one in documents)}"
    sums = difference(documents[0], order.total, order.current_total, systems.rules)
    return sums and f"NetSuite's {documents[0].number} is {sums[0]}, Shopify's {sums[1]}"


def _plan(placed: PlacedOrder, systems: Systems, workplace: Workplace) -> Plan:
    order = systems.shopify.order(placed.order_id)
    if order is None:
        raise ConfigError(f"{placed.name} was deleted in Shopify meanwhile")
    return order_plan(order, systems, workplace)
