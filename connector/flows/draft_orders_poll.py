"""The run that reads which sales orders are marked for the shop, and looks after those that are drafts there."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.mapping import external_ids
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import marked_orders
from connector.store import cursors, entered_effects, wanted
from connector.store.records import DRAFT_ORDER
from connector.store.tables import EffectKind

_CURSOR = "draft_orders"
# NetSuite keeps change times to the minute, and saves may still be running: read a little again.
_OVERLAP = timedelta(minutes=10)
_MINUTE = timedelta(minutes=1)
_CLOCK = "%Y-%m-%d %H:%M:%S"
_FIRST = "2000-01-01 00:00:00"
# Drafts that are looked after in one question.
_KNOWN = 500
_GIVEN_UP = ("C", "H")

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Read:
    """How far the last run came: NetSuite's clock then, and the time of change of each order it saw."""

    at: str
    seen: Mapping[str, str]

    def since(self) -> str:
        """Where to read on."""
        return self.at if self.at == _FIRST else (_moment(self.at) - _OVERLAP).strftime(_CLOCK)

    def is_new(self, row: Mapping[str, str]) -> bool:
        """False for what was seen, unless it may have changed once more in the minute of that change."""
        modified = row["modified_at"]
        return self.seen.get(row["id"]) != modified or _moment(modified) + _MINUTE >= _moment(self.at)


def poll(systems: Systems, workplace: Workplace, wake: Callable[[int], object]) -> Mapping[str, int]:
    """Has each marked sales order that changed looked at, and each draft whose sales order is gone; counts."""
    field, connection_id = systems.rules.draft_orders.field, systems.connection.id
    if field is None:
        return {"read": 0, "asked": 0}
    with workplace.engine.begin() as connection:
        cursor = cursors.read(connection, connection_id, _CURSOR)
        known = entered_effects.standing_of_kind(connection, connection_id, EffectKind.DRAFT_ORDER, limit=_KNOWN)
    before = _Read(_FIRST, {}) if cursor is None else _Read(**json.loads(cursor.watermark))
    prefix = external_ids.draft_order(systems.shop_id, "")
    open_ids = {effect.natural_key.removeprefix(prefix) for effect in known}
    rows = _rows(systems, field, sorted(open_ids), before.since())
    due = [row["id"] for row in rows if _is_due(row, open_ids, before)] + sorted(open_ids - {row["id"] for row in rows})
    with workplace.engine.begin() as connection:
        record_ids = wanted.want(connection, connection_id, DRAFT_ORDER, due)
        if rows:
            after = {"at": rows[0]["now_at"], "seen": {row["id"]: row["modified_at"] for row in rows}}
            cursors.advance(connection, connection_id, _CURSOR, json.dumps(after))
    for record_id in record_ids:
        wake(record_id)
    return {"read": len(rows), "asked": len(record_ids)}


def _is_due(row: Mapping[str, str], open_ids: set[str], before: _Read) -> bool:
    """A closed order that is no draft never becomes one."""
    return before.is_new(row) and (row["id"] in open_ids or row.get("status") not in _GIVEN_UP)


def _rows(systems: Systems, field: str, known: Sequence[str], since: str) -> Rows:
    ours, rows, last = external_ids.sales_order(systems.shop_id, ""), list[Mapping[str, str]](), "0"
    while True:
        query, parameters = marked_orders(field, known, ours, last, since)
        page = systems.netsuite.suiteql(query, parameters, lane=Lane.STOCK)
        rows += page
        if len(page) < PAGE:
            return rows
        last = page[-1]["id"]


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _CLOCK)  # noqa: DTZ007  NetSuite's own clock, compared with itself only
