"""The tasks. Arguments are ids; each task opens what it needs and calls one function."""

import socket
from typing import Any

from celery import Task

from connector.flows import scheduled
from connector.flows.jobs import JOBS, the_job
from connector.flows.periodic import refresh_credentials
from connector.flows.process import process as process_record
from connector.store.clock import database_now
from workers.app import app, process, wake, wake_schedule
from workers.sweeper import send_due

# Longer waits stand in Postgres: Redis would run a long countdown twice.
LONGEST_COUNTDOWN = 60.0


@app.task(bind=True, name="orders.sync", max_retries=None)
def sync_order(self: Task, record_id: int) -> str:
    """One pass over one order; a short wait is a retry of this task, a long one the record's next attempt."""
    outcome = process_record(record_id, process.runtime(), worker=_worker(self))
    if outcome is None:
        return "nothing to do"
    for other in outcome.wakes:
        wake(other)
    if outcome.again_in is not None and outcome.again_in <= LONGEST_COUNTDOWN:
        raise self.retry(countdown=outcome.again_in)
    return outcome.state


@app.task(name="schedules.tick")
def schedules_tick() -> int:
    """Asks for every run that is to begin, so that none keeps another waiting; beat alone sends this."""
    scheduled.heard_of_beat(process.runtime().engine)
    return send_due(process.runtime(), process.wakes, now=database_now(process.runtime().engine))


@app.task(name="schedules.run")
def schedules_run(connection_id: int, name: str) -> str:
    """One run of one connection, where it is due; then those it asked for."""
    runtime = process.runtime()
    ran = scheduled.run(runtime, the_job(name), connection_id, wake, now=database_now(process.runtime().engine))
    for wanted in scheduled.wanted(runtime.engine, connection_id, JOBS) if ran else ():
        wake_schedule(connection_id, wanted)
    return ran.outcome if ran else "nothing to do"


@app.task(name="credentials.refresh")
def credentials_refresh() -> int:
    """Renews tokens that end soon, and looks whether halted connections can go on."""
    return refresh_credentials(process.runtime(), wake, now=database_now(process.runtime().engine))


@app.task(name="canary.own")
def canary_own(its_id: str) -> bool:
    """This process heard Redis; True when the message was its own."""
    return process.canary.came(its_id)


def _worker(task: Any) -> str:
    return f"{task.request.hostname or socket.gethostname()}/{task.request.id}"
