"""Jobs over many records: fed to the workers a few at a time, so that a new order never waits behind a whole job."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from connector.errors import ConfigError
from connector.flows.systems import Workplace
from connector.store import jobs, operator_actions, records
from connector.store.jobs import JobState

# So many of a job's records are on their way at once.
AT_ONCE = 40


def advance(engine: Engine, wake: Callable[[int], object], *, now: datetime) -> bool:
    """Makes the next records of each running job due, and ends those that are through; True while one goes on."""
    sent: list[int] = []
    is_running = False
    with engine.begin() as connection:
        for job_id in jobs.running(connection):
            room = AT_ONCE - jobs.undone(connection, job_id)
            taken = jobs.take(connection, job_id, limit=room, now=now) if room > 0 else []
            for record_id in taken:
                records.mark_dirty(connection, record_id)
            sent += taken
            if room == AT_ONCE and not taken:
                jobs.finish(connection, job_id, now=now)
            else:
                is_running = True
    for record_id in sent:
        wake(record_id)
    return is_running


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
