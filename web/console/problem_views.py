"""What the pages of problems show: a cause with its advice and its care, the records that wait for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

from connector.flows.advice import advice
from connector.store.problem_care import Care
from connector.store.problems import Cause, Group
from connector.store.records import LEASABLE, ORDER, ORDER_STATUS, RecordView
from web.console.places import order_path
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in one currency."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One cause.

    `title`, `advice`, `where`: what is the matter, what to do, and in which system; `count` records wait, `parked` of them
    were given up after days; `money` is of its orders; `first_at`: since when the first is not in step; `last_at`:
    when one of them changed last (of what is resolved: when the first was held and the last came to rest); `next_at`: when
    the next is tried again.
    """

    store: str
    code: str
    subject: str
    title: str
    advice: str
    where: str
    count: int
    parked: int
    money: tuple[Amount, ...]
    first_at: datetime
    last_at: datetime
    next_at: datetime | None
    assigned_to: str | None
    snoozed_until: datetime | None
    path: str


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """One record that waits. `direction`: what of it waits; `path`: its page, None where it has none.

    `next_at`: when it is tried again; `changed_at`: its last change, at rest when it came to rest.
    """

    kind: str
    name: str
    direction: str
    state: str
    reason: str | None
    amount: Amount | None
    created_at: datetime
    since: datetime
    changed_at: datetime
    next_at: datetime | None
    path: str | None


_DIRECTIONS: Mapping[str, str] = {
    ORDER: "order to NetSuite",
    ORDER_STATUS: "news to the shop",
    "customer": "customer to NetSuite",
    "customer_merge": "merged customers",
    "customer_status": "customer to the shop",
    "company_status": "company to the shop",
    "draft_order": "draft order to the shop",
}


def problem_path(store: str, code: str, subject: str, *, tab: str = "open") -> str:
    """The page of a cause: what waits for it, or its records of another tab. What is put aside waits."""
    path = f"/problems/{quote(store, safe='')}/{quote(code, safe='')}"
    asked = ({"subject": subject} if subject else {}) | ({"tab": tab} if tab in ("retrying", "resolved") else {})
    return f"{path}?{urlencode(asked)}" if asked else path


def is_aside(said: Care, now: datetime) -> bool:
    """True while nobody wants to see it."""
    return said.snoozed_until is not None and said.snoozed_until > now


def problem_row(visit: Visit, group: Group, care: Mapping[Cause, Care], *, tab: str = "open") -> ProblemRow:
    """One cause as it is shown in a tab."""
    cause, said = group.cause, care.get(group.cause, Care())
    store = visit.store_of(cause.connection_id).name
    advised = advice(cause.code, cause.subject, is_given_up=group.parked == group.count)
    return ProblemRow(
        store=store,
        code=cause.code,
        subject=cause.subject,
        title=advised.title,
        advice=advised.sentence,
        where=advised.where,
        count=group.count,
        parked=group.parked,
        money=amounts(group.money),
        first_at=group.first_at,
        last_at=group.last_at,
        next_at=group.next_at,
        assigned_to=said.assigned_to,
        snoozed_until=said.snoozed_until if is_aside(said, visit.now) else None,
        path=problem_path(store, cause.code, cause.subject, tab=tab),
    )


def amounts(money: Mapping[str, Decimal]) -> tuple[Amount, ...]:
    """By currency, the largest first."""
    return tuple(Amount(name, amount) for name, amount in sorted(money.items(), key=lambda one: -one[1]))


def waiting_record(store: str, record: RecordView) -> WaitingRecord:
    """One record as it is shown."""
    is_of_order = record.kind in (ORDER, ORDER_STATUS)
    has_money = record.total is not None and record.currency is not None
    return WaitingRecord(
        kind=record.kind,
        name=record.name or record.shopify_id,
        direction=_DIRECTIONS.get(record.kind, record.kind.replace("_", " ")),
        state=record.state,
        reason=record.reason,
        amount=Amount(record.currency or "", record.total or Decimal(0)) if has_money else None,
        created_at=record.created_at,
        since=record.open_since,
        changed_at=record.changed_at,
        next_at=record.next_attempt_at if record.state in LEASABLE else None,
        path=order_path(record.name, record.shopify_id, store) if is_of_order else None,
    )


def names(records: Sequence[RecordView]) -> tuple[str, ...]:
    """What people call them."""
    return tuple(dict.fromkeys(record.name or record.shopify_id for record in records))
