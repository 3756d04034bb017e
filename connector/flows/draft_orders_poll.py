"""The run that reads which sales orders are marked for the shop, and looks after those that are drafts there."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.flows.changes import Changes, Row, Rows
from connector.flows.systems import Systems, Workplace
from connector.flows.watermarks import START, moment
from connector.limits import Lane
from connector.mapping import external_ids
from connector.netsuite.states import CLOSED
from connector.netsuite.suiteql import marked_orders, orders_standing
from connector.store import cursors, entered_effects, wanted
from connector.store.records import DRAFT_ORDER

_CURSOR = "draft_orders"
# The time of change of each order that the last run saw.
_SEEN = "draft_orders.seen"
_MINUTE = timedelta(minutes=1)
# Drafts that are looked after in one question; NetSuite's lists end at a thousand.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: the mark's field, and the sales orders that are drafts in the shop."""

    systems: Systems
    field: str
    open_ids: Sequence[str]

    def rows(self, reading: Changes) -> list[Row]:
        """What is marked and changed, and all that are drafts, where they are still to be found."""
        found = [row for rows in reading.pages(self._page) for row in rows]
        for start in range(_AT_ONCE, len(self.open_ids), _AT_ONCE):
            query = orders_standing(self.field, self.open_ids[start : start + _AT_ONCE], self._ours)
            found += self.systems.netsuite.suiteql(*query, lane=reading.lane)
        return list({row["id"]: row for row in found}.values())

    @property
    def _ours(self) -> str:
        return external_ids.sales_order(self.systems.shop_id, "")

    def _page(self, last: Row | None, since: str | None) -> Rows:
        after = "0" if last is None else last["id"]
        query = marked_orders(self.field, self.open_ids[:_AT_ONCE], self._ours, after, since or START)
        return self.systems.netsuite.suiteql(*query, lane=Lane.STOCK)


@dataclass(frozen=True, slots=True)
class _Before:
    """What the last run saw: each order's time of change, and the earliest moment that it did not see to its end."""

    seen: Mapping[str, str]
    at: datetime

    def is_due(self, row: Row, open_ids: set[str]) -> bool:
        """False for what was seen, unless it may have changed once more in the minute of that change.

        A closed order that is no draft never becomes one.
        """
        modified = row["modified_at"]
        is_new = self.seen.get(row["id"]) != modified or moment(modified) + _MINUTE >= self.at
        return is_new and (row["id"] in open_ids or row.get("status") not in CLOSED)


def poll(systems: Systems, workplace: Workplace, wake: Callable[[int], object]) -> Mapping[str, int]:
    """Has each marked sales order that changed looked at, and each draft whose sales order is gone; counts."""
    field, connection_id = systems.rules.draft_orders.field, systems.connection.id
    if field is None:
        return {"read": 0, "asked": 0}
    reading = Changes.begin(_CURSOR, systems, workplace.engine)
    before, open_ids = _known(systems, workplace, reading)
    rows = _Question(systems, field, sorted(open_ids)).rows(reading)
    due = [row["id"] for row in rows if before.is_due(row, open_ids)] + sorted(open_ids - {row["id"] for row in rows})
    with workplace.engine.begin() as connection:
        record_ids = wanted.want(connection, connection_id, DRAFT_ORDER, due)
        seen = {row["id"]: row["modified_at"] for row in rows}
        cursors.advance(connection, connection_id, _SEEN, json.dumps(seen))
    reading.end()
    for record_id in record_ids:
        wake(record_id)
    return {"read": len(rows), "asked": len(record_ids)}


def _known(systems: Systems, workplace: Workplace, reading: Changes) -> tuple[_Before, set[str]]:
    with workplace.engine.begin() as connection:
        cursor = cursors.read(connection, systems.connection.id, _SEEN)
        keys = entered_effects.open_drafts(connection, systems.connection.id)
    prefix = external_ids.draft_order(systems.shop_id, "")
    seen = {} if cursor is None else json.loads(cursor.watermark)
    return _Before(seen, moment(reading.watermark)), {key.removeprefix(prefix) for key in keys}
