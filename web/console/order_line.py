"""The time line of an order: what came, each pass with its calls, what was written, what people said and did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.store.connections import StoredConnection
from connector.store.order_notes import Note
from connector.store.records import ORDER, RecordView
from connector.store.tables import SHOP_KINDS, EffectKind
from connector.store.timeline import Happening, What
from web.console.order_links import in_netsuite, in_shop, order_part
from web.console.site import Visit

SHOPIFY, NETSUITE, OURS = "shopify", "netsuite", "ours"


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call of a pass. `status`: 0 when no answer came; `ms`: milliseconds.

    `asked`: which record, or which tables of a query; `effect`: the external id of what it was to make, its request under
    `details`; `answer`: the words of one that refused, without people.
    """

    system: str
    method: str
    path: str
    status: int
    ms: int
    asked: str | None = None
    effect: str | None = None
    details: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `lane`: shopify, netsuite, or ours for a pass and for what people did.

    `what`: delivery, pass, effect or note; `about`: the order, or what the shop is told of it; `number`: of the pass;
    `page`: in the other system; `details`: the path of the whole request or delivery.
    """

    at: datetime | None
    lane: str
    what: str
    about: str
    title: str
    key: str
    state: str | None = None
    reason: str | None = None
    seconds: float | None = None
    number: int | None = None
    worker: str | None = None
    task_id: str | None = None
    rules_version: int | None = None
    calls: tuple[CallMade, ...] = ()
    amount: Decimal | None = None
    currency: str | None = None
    remote_id: str | None = None
    verified_at: datetime | None = None
    page: str | None = None
    details: str | None = None


def time_line(visit: Visit, order: RecordView, happened: Sequence[Happening], notes: Sequence[Note]) -> list[Entry]:
    """Everything, the newest first; what was planned and not sent comes before all."""
    stored = visit.store_of(order.connection_id)
    entries = [*_entries(visit, stored, order, happened), *(_noted(note) for note in notes)]
    undated = [entry for entry in entries if entry.at is None]
    dated = [(entry.at, number, entry) for number, entry in enumerate(entries) if entry.at is not None]
    return [*undated, *(entry for _, _, entry in sorted(dated, key=lambda one: one[:2], reverse=True))]


def _entries(
    visit: Visit, stored: StoredConnection, order: RecordView, happened: Sequence[Happening]
) -> Iterator[Entry]:
    passes: dict[str, int] = {}
    written = {one.row: one.key for one in happened if one.what is What.EFFECT}
    for one in happened:
        if one.what is What.DELIVERY:
            yield _delivery(one)
        elif one.what is What.ATTEMPT:
            passes[one.record_kind] = passes.get(one.record_kind, 0) + 1
            calls = tuple(_call(call, written, visit, order) for call in one.calls)
            yield _pass(one, passes[one.record_kind], calls)
        else:
            yield _effect(one, visit, stored, order)


def _delivery(one: Happening) -> Entry:
    is_netsuite = one.source == "netsuite"
    return Entry(
        one.at,
        NETSUITE if is_netsuite else SHOPIFY,
        "delivery",
        _about(one),
        one.said,
        one.key,
        details=f"/events/{one.row}",
    )


def _pass(one: Happening, number: int, calls: tuple[CallMade, ...]) -> Entry:
    worker, _, task_id = one.key.partition("/")
    seconds = (one.until - one.at).total_seconds() if one.until and one.at else None
    return Entry(
        one.at, OURS, "pass", _about(one), one.said, "", reason=one.reason, seconds=seconds, number=number, worker=worker,
        task_id=task_id or None, rules_version=one.rules_version, calls=calls,
    )  # fmt: skip


def _effect(one: Happening, visit: Visit, stored: StoredConnection, order: RecordView) -> Entry:
    kind = EffectKind(one.said)
    is_in_shop = kind in SHOP_KINDS
    page = None
    if one.remote_id:
        page = in_shop(stored, order) if is_in_shop else in_netsuite(stored, kind, one.remote_id)
    return Entry(
        one.at, SHOPIFY if is_in_shop else NETSUITE, "effect", _about(one), one.said.replace("_", " "), one.key,
        state=one.state, rules_version=one.rules_version, amount=one.amount, currency=one.currency,
        remote_id=one.remote_id, verified_at=one.verified_at, page=page,
        details=order_part(visit, order, f"/effects/{one.row}"),
    )  # fmt: skip


def _noted(note: Note) -> Entry:
    return Entry(note.at, OURS, "note", "the order", note.said, "", worker=note.who)


def _about(one: Happening) -> str:
    return "the order" if one.record_kind == ORDER else "what the shop is told"


def _call(call: Mapping[str, Any], written: Mapping[int, str], visit: Visit, order: RecordView) -> CallMade:
    """One for what belongs to another record, such as the buyer, leads nowhere."""
    effect = written.get(call.get("effect", 0))
    return CallMade(
        call["system"], call["method"], call["path"], call["status"], call["ms"], call.get("asked"), effect,
        order_part(visit, order, f"/effects/{call['effect']}") if effect is not None else None, call.get("answer"),
    )  # fmt: skip
