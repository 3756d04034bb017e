"""Jobs over many records: fed to the workers a few at a time, so that a new order never waits behind a whole job."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector.errors import ConfigError
from connector.flows.systems import Workplace
from connector.store import due, jobs, operator_actions
from connector.store.jobs import JobState

# So many records of all jobs are worked on or tried within a minute. A worker has ten threads: whatever these wait for,
# most of the threads are left to new orders, whose wakes stand in the same queue.
AT_ONCE = 4
# So many of one job have not come to rest, with those that wait for another try: while a system is away a job stands still.
UNDONE_AT_MOST = 40
_SOON = timedelta(minutes=1)


def advance(engine: Engine, wake: Callable[[int], object], *, now: datetime) -> bool:
    """Makes the next records of the running jobs due, and ends those that are through; True while one goes on."""
    sent: list[int] = []
    with engine.begin() as connection:
        room = AT_ONCE - jobs.at_work(connection, until=now + _SOON)
        for job_id in jobs.running(connection):
            undone = jobs.undone(connection, job_id)
            limit = min(room, UNDONE_AT_MOST - undone)
            taken = jobs.take(connection, job_id, limit=limit, now=now) if limit > 0 else []
            for record_id in taken:
                due.mark_dirty(connection, record_id)
            sent += taken
            room -= len(taken)
            if not undone and not taken and not jobs.is_left(connection, job_id):
                jobs.finish(connection, job_id, now=now)
        goes_on = jobs.goes_on(connection)
    for record_id in sent:
        wake(record_id)
    return goes_on


def change(workplace: Workplace, job_id: int, state: JobState, *, actor: str, now: datetime) -> None:
    """Pauses, resumes or stops a job. Raises ConfigError when there is none, or it has ended."""
    with workplace.engine.begin() as connection:
        job = jobs.by_id(connection, job_id)
        if job is None:
            raise ConfigError(f"there is no job {job_id}")
        if not jobs.change(connection, job_id, state, now=now):
            raise ConfigError(f"job {job_id} is {job.state} and cannot be {state} any more")
        operator_actions.write_down(
            connection, job.connection_id, actor=actor, action=f"job {state}", details={"job": job_id}
        )
