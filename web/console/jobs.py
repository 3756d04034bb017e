"""/jobs: replays and imports that a person set going: how far, how fast, how long still; pause, go on, stop."""

from dataclasses import dataclass
from datetime import datetime

from connector.flows import job_feed
from connector.store import job_progress
from connector.store.job_progress import Progress
from connector.store.jobs import JobState
from connector.store.roles import Role
from web.console.asking import Asked, Form
from web.console.paging import ROWS, Rows, id_of, page
from web.console.refusals import NotFound
from web.console.screens import Console, Done
from web.console.site import Visit

_ACTS = {
    "pause": (JobState.PAUSED, "is paused; what it has sent already goes on"),
    "resume": (JobState.RUNNING, "goes on"),
    "stop": (JobState.STOPPED, "is stopped; what it has sent already goes on"),
}


class JobsAsked(Asked):
    """The list of jobs. `after`: where the page begins."""

    after: str | None = None


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job.

    Of `total` records `sent` were made due and `at_rest` came to rest, `held` and `parked` of them wait for a person.
    `chosen`: by which filter, in words; `per_minute`: records that came to rest, on average since it began, None before
    the first; `seconds_left`: by that average, None unless it is running.
    """

    id: int
    store: str
    kind: str
    state: str
    chosen: str
    because: str
    by: str
    began_at: datetime
    ended_at: datetime | None
    total: int
    sent: int
    at_rest: int
    held: int
    parked: int
    per_minute: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class JobsPage:
    """Jobs, newest first, as they stood at `read_at`. `may_act`: who reads may pause, resume and stop them."""

    jobs: Rows[JobRow]
    read_at: datetime
    may_act: bool


@dataclass(frozen=True, slots=True)
class JobPage:
    """One job as it stood at `read_at`."""

    job: JobRow
    read_at: datetime
    may_act: bool


def jobs_screen(console: Console) -> None:
    """Registers the list, the page of one job, their live parts and the acts."""
    console.screen("jobs", "/jobs", JobsAsked, JobsPage)(_jobs)
    console.part("jobs_rows", "/jobs/rows", JobsAsked)(_jobs)
    console.screen("jobs_one", "/jobs/<int:job_id>", Asked, JobPage)(_job)
    console.part("jobs_progress", "/jobs/<int:job_id>/progress", Asked)(_job)

    @console.act("jobs_change", "/jobs/<int:job_id>/<act>", Form)
    def change(visit: Visit, _form: Form, job_id: int, act: str) -> Done:
        """Pause, resume or stop a job: `act` is one of the three words."""
        if act not in _ACTS:
            raise NotFound(f"a job cannot be asked to {act}")
        _found(visit, job_id)
        state, said = _ACTS[act]
        job_feed.change(visit.site.runtime, job_id, state, actor=visit.who.name, now=visit.now)
        return Done(f"Job {job_id} {said}.", f"/jobs/{job_id}")


def _jobs(visit: Visit, asked: JobsAsked) -> JobsPage:
    """Replays and imports, newest first."""
    with visit.engine.begin() as database:
        found = job_progress.listed(database, visit.chosen(asked.store), limit=ROWS + 1, before=id_of(asked.after))
    rows = [_row(visit, job) for job in found]
    return JobsPage(page(rows, lambda row: (row.id,)), visit.now, _may_act(visit))


def _job(visit: Visit, _asked: Asked, job_id: int) -> JobPage:
    """One replay or import: who wanted it and why, how far it is."""
    return JobPage(_row(visit, _found(visit, job_id)), visit.now, _may_act(visit))


def _found(visit: Visit, job_id: int) -> Progress:
    with visit.engine.begin() as database:
        job = job_progress.of_job(database, job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    visit.store_of(job.connection_id)
    return job


def _may_act(visit: Visit) -> bool:
    return visit.who.role.covers(Role.OPERATOR)


def _row(visit: Visit, job: Progress) -> JobRow:
    seconds = ((job.ended_at or visit.now) - job.made_at).total_seconds()
    per_second = job.at_rest / seconds if job.at_rest and seconds > 0 else None
    is_running = job.state is JobState.RUNNING and per_second is not None
    return JobRow(
        id=job.id,
        store=visit.store_of(job.connection_id).name,
        kind=job.kind,
        state=job.state,
        chosen=", ".join(
            f"{name.replace('_', ' ')} {_said(value)}" for name, value in job.chosen.items() if name != "connection_id"
        ),
        because=job.reason,
        by=job.actor,
        began_at=job.made_at,
        ended_at=job.ended_at,
        total=job.total,
        sent=job.sent,
        at_rest=job.at_rest,
        held=job.held,
        parked=job.parked,
        per_minute=per_second and round(per_second * 60, 1),
        seconds_left=(job.total - job.at_rest) / per_second if is_running and per_second else None,
    )


def _said(value: object) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
