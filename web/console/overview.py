"""/: how everything stands: the parts, the orders, the flows of a day, what is left of both budgets, why orders wait."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from sqlalchemy import Connection

from connector.budgets import Budgets, budgets
from connector.flows.advice import advice
from connector.store import into_step, order_census
from connector.store.into_step import Took
from connector.store.order_census import Open
from connector.store.tables import RecordState
from web.console.asking import Asked
from web.console.overview_flows import Flow, flows
from web.console.overview_health import parts
from web.console.overview_part import Part
from web.console.overview_start import FirstStep, first_steps
from web.console.screens import Console
from web.console.site import Visit

ATTENTION = (RecordState.HELD, RecordState.PARKED)
PROGRESS = (RecordState.PENDING, RecordState.WORKING)
_CAUSES = 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sum:
    """Money in one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Figure:
    """Some orders. `is_more`: there are more than were counted; `since`: the longest so; `list`: the path of these orders."""

    name: str
    count: int
    is_more: bool
    money: tuple[Sum, ...]
    since: datetime | None
    list: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What can be asked of one system right now. `used` and `most` are None where that is not known."""

    system: str
    of: str
    used: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some orders wait for a person; `title` says it in words, `list` is where they stand."""

    store: str
    title: str
    reason_code: str
    reason_subject: str | None
    count: int
    money: tuple[Sum, ...]
    since: datetime
    list: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """How everything stands. `steps`: what is still to be done, until the first order is there.

    `took`: how long the orders were not in step that came into it in the last 24 hours.
    """

    parts: tuple[Part, ...]
    steps: tuple[FirstStep, ...]
    figures: tuple[Figure, ...]
    flows: tuple[Flow, ...]
    took: Took
    budgets: tuple[Budget, ...]
    causes: tuple[Cause, ...]


def overview_screen(console: Console) -> None:
    """Registers the screen."""

    @console.screen("overview", "/", Asked, OverviewPage)
    def read(visit: Visit, asked: Asked) -> OverviewPage:
        """How everything stands."""
        ids = visit.chosen(asked.store)
        left = budgets(
            visit.site.runtime.redis,
            shops=[stored.shop for stored in visit.stores],
            accounts=list(dict.fromkeys(stored.netsuite_account for stored in visit.stores)),
            now=visit.now.timestamp(),
        )
        with visit.engine.begin() as database:
            found = order_census.open_orders(database, ids)
            return OverviewPage(
                parts=parts(database, visit, is_redis_there=left is not None),
                steps=first_steps(database, visit),
                figures=_figures(database, ids, found, visit.now, asked.store),
                flows=flows(database, ids, visit.now),
                took=into_step.took(database, ids, since=visit.now - _DAY),
                budgets=tuple(_budgets(visit, left)),
                causes=_causes(visit, found),
            )


def _figures(
    database: Connection, ids: Sequence[int], found: Sequence[Open], now: datetime, store: str | None
) -> tuple[Figure, ...]:
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = [one for one in order_census.of_day(database, ids, since=day) if one.state == RecordState.IN_SYNC]
    count = sum(one.count for one in today)
    money = _money((one.currency, one.total) for one in today)
    query: dict[str, object] = {"state": [RecordState.IN_SYNC.value], "heard_since": f"{day:%Y-%m-%d}"}
    return (
        _came_into_step(database, ids, day, store),
        Figure("came today, in sync", count, count >= order_census.MOST, money, None, _orders(query, store)),
        _figure("in progress", PROGRESS, found, store),
        _figure("need attention", ATTENTION, found, store),
        _figure("open in all", order_census.OPEN, found, store),
    )


def _came_into_step(database: Connection, ids: Sequence[int], day: datetime, store: str | None) -> Figure:
    """Whenever they came."""
    found = into_step.counted(database, ids, since=day)
    count, money = sum(one.count for one in found), _money((one.currency, one.total) for one in found)
    by_store: dict[int, int] = defaultdict(int)
    for one in found:
        by_store[one.connection_id] += one.count
    is_more = any(of_store >= into_step.MOST for of_store in by_store.values())
    query: dict[str, object] = {"in_step_since": f"{day:%Y-%m-%d}"}
    return Figure("came into step today", count, is_more, money, None, _orders(query, store))


def _figure(name: str, states: Sequence[RecordState], found: Sequence[Open], store: str | None) -> Figure:
    those = [one for one in found if one.state in states]
    by_state: dict[tuple[int, str], int] = defaultdict(int)
    for one in those:
        by_state[one.connection_id, one.state] += one.count
    return Figure(
        name=name,
        count=sum(one.count for one in those),
        is_more=any(count >= order_census.MOST for count in by_state.values()),
        money=_money((one.currency, one.total) for one in those),
        since=min((one.since for one in those), default=None),
        list=_orders({"state": [state.value for state in states]}, store),
    )


def _budgets(visit: Visit, known: Budgets | None) -> Iterable[Budget]:
    for stored in visit.stores:
        points = known.points.get(stored.shop) if known else None
        left, most = points or (None, None)
        used = None if left is None or most is None else most - left
        yield Budget("Shopify", stored.shop, used, most)
    for account, most in {stored.netsuite_account: stored.netsuite_concurrency for stored in visit.stores}.items():
        yield Budget("NetSuite", account, known.slots.get(account) if known else None, float(most))


def _causes(visit: Visit, found: Sequence[Open]) -> tuple[Cause, ...]:
    """The most frequent first."""
    by_cause: dict[tuple[int, str, str | None], list[Open]] = defaultdict(list)
    for one in found:
        if one.state in ATTENTION:
            by_cause[one.connection_id, one.reason_code or one.state, one.reason_subject].append(one)
    causes = []
    for (connection_id, code, subject), several in by_cause.items():
        store = visit.store_of(connection_id).name
        query: dict[str, object] = {"reason": [code], "state": [state.value for state in ATTENTION], "store": [store]}
        query |= {"subject": [subject]} if subject else {}
        money = _money((one.currency, one.total) for one in several)
        since, count = min(one.since for one in several), sum(one.count for one in several)
        title = advice(code, subject or "").title
        causes.append(Cause(store, title, code, subject, count, money, since, _orders(query, None)))
    return tuple(sorted(causes, key=lambda cause: -cause.count)[:_CAUSES])


def _money(amounts: Iterable[tuple[str | None, Decimal]]) -> tuple[Sum, ...]:
    by_currency: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        if currency is not None:
            by_currency[currency] += amount
    return tuple(Sum(amount, currency) for currency, amount in sorted(by_currency.items()))


def _orders(query: dict[str, object], store: str | None) -> str:
    return "/orders?" + urlencode(query | ({"store": store} if store else {}), doseq=True)
