"""Runs a job for every connection that is at work, out of turn."""

from datetime import datetime

from connector.flows import scheduled
from connector.flows.jobs import the_job
from connector.flows.systems import Wake
from connector.runtime import Runtime
from connector.store import connections


def nobody(_record_id: int) -> None:
    """Wakes nobody."""


def run_everywhere(runtime: Runtime, name: str, wake: Wake = nobody, *, now: datetime) -> dict[str, int]:
    """What the job did for all connections together."""
    with runtime.engine.begin() as connection:
        every = [stored for stored in connections.every(connection) if scheduled.is_at_work(stored)]
    total: dict[str, int] = {}
    for stored in every:
        ran = scheduled.run_by_hand(runtime, the_job(name), stored, wake, actor="test", now=now)
        total |= {key: total.get(key, 0) + count for key, count in ran.counts.items()}
    return total
