"""After a push or a comparison, what every level then stands like is noted: a list of what differs is read from it.

Postgres alone is asked, besides for the names of the shop's locations. Also a push that waits for a person is noted, for
what it would have done is what that person looks at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from connector.errors import NeedsDecision
from connector.flows.stock_drift import Standing, standings
from connector.flows.stock_places import StockPlace, stock_places
from connector.flows.systems import Systems, Wake, Workplace
from connector.store import stock_findings
from connector.store.stock_findings import FindingKind, StockCounts, StockFinding

Run = Callable[[Systems, Workplace, Wake], Mapping[str, int]]


def noted(run: Run) -> Run:
    """A job that is followed by a note of how the stock stands."""

    def both(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
        try:
            counts = run(systems, workplace, wake)
        except NeedsDecision:
            note(systems, workplace)
            raise
        note(systems, workplace)
        return counts

    return both


def note(systems: Systems, workplace: Workplace) -> None:
    """Compares every level by what is known, and keeps what is to be looked at."""
    places = stock_places(systems)
    with workplace.engine.begin() as connection:
        if not places:
            stock_findings.forget(connection, systems.connection.id)
            return
        noting = _Noting(connection, systems, places)
        # Read to its end first: while rows are copied nothing else is asked on the same connection.
        found = list(noting.findings())
        stock_findings.keep_findings(connection, systems.connection.id, found)
        stock_findings.keep_counts(connection, systems.connection.id, noting.counts())


class _Noting:
    """One comparison, counted while its findings are written."""

    def __init__(self, connection: Connection, systems: Systems, places: Sequence[StockPlace]) -> None:
        self._connection = connection
        self._systems = systems
        self._places = places
        self._compared = self._on_sale = self._emptied = 0
        self._by_kind = dict.fromkeys(FindingKind, 0)

    def findings(self) -> Iterator[StockFinding]:
        """What is to be looked at."""
        for place in self._places:
            rules = self._systems.rules.inventory
            for one in standings(self._connection, self._systems.connection.id, place, rules):
                self._compared += 1
                self._on_sale += 1 if one.problem is None and one.row.seen_at is not None and one.row.shop else 0
                self._emptied += 1 if one.is_pushed and one.row.shop and not one.wanted else 0
                for kind in kinds(one):
                    self._by_kind[kind] += 1
                    yield StockFinding(kind, one.row.sku, one.row.item, place.location)

    def counts(self) -> StockCounts:
        """How many levels there were of what. `on_sale`: of those that a push can change, as its guard counts them."""
        return StockCounts(
            places={place.name: place.location for place in self._places},
            compared=self._compared,
            on_sale=self._on_sale,
            different=self._by_kind[FindingKind.DRIFT],
            emptied=self._emptied,
            problems=self._by_kind[FindingKind.PROBLEM],
        )


def kinds(one: Standing) -> list[FindingKind]:
    """The lists an item belongs on: what a push would change, what a person must mend, what was frozen."""
    if one.is_frozen:
        return [FindingKind.FROZEN]
    found = [FindingKind.DRIFT] if one.is_different else []
    return [*found, FindingKind.PROBLEM] if one.said is not None else found
