"""Since when a record is not in step, and since when it is for us to work on: what is tried meanwhile moves neither.

Both are kept on the record and only mean something while it is open. No index holds them: a webhook may set both.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func

from connector.store.tables import RecordState, records

# Nothing is left to do, whatever was open before.
AT_REST = (RecordState.IN_SYNC, RecordState.IGNORED, RecordState.EXCLUDED)
_DUE = (RecordState.PENDING, RecordState.WORKING)


def becomes_due() -> dict[str, Any]:
    """The values of a record that is made due: kept of one that was open, or due, before. `inbox` says the same."""
    is_due = and_(records.c.state.in_(_DUE), ~records.c.waits_for_job)
    return {
        "open_since": case((records.c.state.in_(AT_REST), func.now()), else_=records.c.open_since),
        "due_since": case((is_due, records.c.due_since), else_=func.now()),
    }


def settles(state: RecordState, moved_on: ColumnElement[bool], *, now: datetime) -> dict[str, Any]:
    """The values after a pass that ended so. What came meanwhile (`moved_on`) came at the record's last change."""
    came: dict[str, Any] = {"due_since": case((moved_on, records.c.changed_at), else_=records.c.due_since)}
    if state in AT_REST:
        came["open_since"] = case((moved_on, records.c.changed_at), else_=records.c.open_since)
    if state is RecordState.IN_SYNC:
        came["in_step_at"] = now
    return came
