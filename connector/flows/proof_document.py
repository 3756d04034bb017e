"""A proof as JSON: what `reconcile --json` prints, and what is kept of it for the console."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from connector.flows.ledger_money import Difference, MoneyRow
from connector.flows.ledger_orders import Place
from connector.flows.proving import Proof
from connector.mapping.money import rounded
from connector.store.proofs import Days

MONEY = ("captured", "refunded", "net")
# Of a list that is longer than this the rest is only counted: nobody reads more, and a proof is to be opened at once.
MOST = 1_000


def document(found: Proof) -> dict[str, Any]:
    """All of it, with dates and amounts as Python has them."""
    return {
        "since": found.window.since, "until": found.window.until, "time_zone": found.time_zone,
        "explained": found.is_explained, "orders": len(found.orders),
        "places": {place.value: count for place, count in found.counts.items()},
        "not_written": [
            {"order": one.order.placed.name, "id": one.order.placed.order_id, "place": one.place.value, "why": one.why}
            for one in found.orders if one.place is not Place.WRITTEN
        ],
        "findings": [asdict(one) for one in found.findings],
        "gaps": [asdict(one) for one in found.gaps],
        "money": [_money_row(row) for row in found.rows],
        "differences": [
            asdict(one) | {"day": str(one.day), "cause": one.cause.value, "explained": one.cause.is_explained}
            for one in found.differences
        ],
    }  # fmt: skip


def kept_document(found: Proof) -> dict[str, Any]:
    """The same as plain JSON; `left_out` counts what long lists are cut by."""
    whole: dict[str, Any] = orjson.loads(orjson.dumps(document(found), default=str))
    lists = ("not_written", "findings", "gaps", "differences")
    cut = {name: whole[name][:MOST] for name in lists}
    return whole | cut | {"left_out": {name: len(whole[name]) - len(cut[name]) for name in lists}}


def days_of(found: Proof) -> Days:
    """The days of the books that a proof is about."""
    last = found.window.until - timedelta(microseconds=1)
    return Days(_day(found.window.since, found), _day(last, found))


def amounts(row: MoneyRow) -> list[Decimal]:
    """Captured, refunded and net: of Shopify, then of NetSuite."""
    return [exact(getattr(side, name), row) for side in (row.shopify, row.netsuite) for name in MONEY]


def exact(amount: Decimal, of: MoneyRow | Difference) -> Decimal:
    """With as many digits as its currency has."""
    return rounded(amount, of.currency)


def _money_row(row: MoneyRow) -> Mapping[str, Any]:
    both: Sequence[Decimal] = amounts(row)
    sides = {name: dict(zip(MONEY, both[at : at + 3], strict=True)) for at, name in ((0, "shopify"), (3, "netsuite"))}
    difference = exact(row.difference, row)
    return {"day": str(row.day), "currency": row.currency, "gateway": row.gateway, **sides, "difference": difference}


def _day(moment: datetime, found: Proof) -> date:
    return moment.astimezone(ZoneInfo(found.time_zone)).date()
