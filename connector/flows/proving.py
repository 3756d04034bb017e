"""The proof over a window of orders: each of Shopify's in exactly one place, NetSuite's documents and money beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connector.flows.ledger import Ledger, Window, read_ledger
from connector.flows.ledger_entries import book_entries, shop_entries
from connector.flows.ledger_money import Difference, MoneyRow, differences, money_rows
from connector.flows.ledger_names import Gap, Run, Said, gaps, missing, to_ask
from connector.flows.ledger_orders import Finding, Place, Placed, findings, placed
from connector.flows.systems import Systems, Workplace
from connector.mapping.rules import Rules
from connector.shopify.changes import PlacedOrder, orders_named
from connector.store import ledger as store

DAYS = 30


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it. `rows`: all days on which either side moved money of these orders. `unlisted`: orders that Shopify
    has and left out of its list, found by gaps in the names."""

    window: Window
    time_zone: str
    orders: Sequence[Placed]
    findings: Sequence[Finding]
    gaps: Sequence[Gap]
    rows: Sequence[MoneyRow]
    differences: Sequence[Difference]
    unlisted: Sequence[PlacedOrder] = ()

    @property
    def counts(self) -> Mapping[Place, int]:
        """How many orders are in each place; together they are all."""
        found = Counter(one.place for one in self.orders)
        return {place: found[place] for place in Place}

    @property
    def unexplained(self) -> Sequence[Difference]:
        """The differences nobody can explain."""
        return [one for one in self.differences if not one.cause.is_explained]

    @property
    def unexplained_gaps(self) -> Sequence[Gap]:
        """Names that an order may bear of which we know nothing."""
        return [one for one in self.gaps if not one.is_explained]

    @property
    def is_explained(self) -> bool:
        """True when nothing is lost, doubled or unknown, and each difference has its cause."""
        return not self.findings and not self.unexplained and not self.unexplained_gaps


def window(rules: Rules, *, since: date | None, until: date | None, now: datetime) -> Window:
    """From the first moment of `since` to that of `until`, days of the books; the last 30 days up to now."""
    zone = ZoneInfo(rules.time_zone)
    first = since or now.astimezone(zone).date() - timedelta(days=DAYS)
    end = now if until is None else datetime.combine(until, time(), zone).astimezone(UTC)
    return Window(datetime.combine(first, time(), zone).astimezone(UTC), min(end, now), now)


def proof(systems: Systems, workplace: Workplace, chosen: Window) -> Proof:
    """Reads both sides and compares them; writes nothing."""
    stored = systems.connection
    ledger = read_ledger(systems, workplace, chosen, is_at_work=stored.enabled and stored.halt_code is None)
    orders = placed(ledger)
    shop = shop_entries(ledger)
    books = book_entries(ledger, shop)
    runs = missing(order.placed.name for order in ledger.orders.values())
    said = _said(runs, ledger, systems, workplace)
    return Proof(
        window=chosen,
        time_zone=systems.rules.time_zone,
        orders=orders,
        findings=findings(ledger, orders),
        gaps=gaps(runs, said),
        rows=money_rows(shop, books),
        differences=differences(ledger, orders, shop, books),
        unlisted=said.unlisted,
    )


def _said(runs: Sequence[Run], ledger: Ledger, systems: Systems, workplace: Workplace) -> Said:
    """What we know of the names that are left out, and what Shopify says of those that we do not know."""
    names = [name for run in runs for name in run.names]
    with workplace.engine.begin() as connection:
        known = store.orders_of_names(connection, systems.connection.id, names)
    asked = to_ask(runs, known)
    found = orders_named(systems.shopify, asked)
    answers = {name: found.get(name) for name in asked}
    return Said(known, answers, ledger.window.since, ledger.window.until)
