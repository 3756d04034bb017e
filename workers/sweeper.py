"""The thread of every worker that trusts Postgres alone: it finds undone work, and works by itself where Redis is away."""

import itertools
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from connector.flows import scheduled
from connector.flows.circuit import probe_halted
from connector.flows.job_feed import advance
from connector.flows.jobs import JOBS, the_job
from connector.flows.periodic import refresh_credentials
from connector.flows.process import process
from connector.flows.sweep import sweep
from connector.flows.throughput import count_passes
from connector.runtime import Runtime
from connector.store.clock import database_now
from workers.wakes import OwnCanary, Wakes

log = structlog.get_logger(__name__)

EVERY = 15.0
# How often due runs are asked for; beat does it twice as often.
TICK_EVERY = 30.0
# While a job goes on, its next records are sent as soon as some of the last have come to rest; nothing else is done then.
EVERY_WITH_JOB = 0.25
ALONE_AFTER = 60.0
# So long a look works by itself before it looks again: it says that it is alive, and finds what became due meanwhile.
WORK_FOR = 15.0
# A deploy gives a process thirty seconds.
LEAVE_WITHIN = 25.0


def send_due(runtime: Runtime, wakes: Wakes, *, now: datetime) -> int:
    """Asks for every run that is to begin, each by a message of its own; returns how many Redis took before one it did not.

    Then passes are counted for the overview: whatever becomes of that, the runs were asked for.
    """
    found = scheduled.due(runtime.engine, JOBS, now=now)
    scheduled.clean(runtime.engine, now=now)

    def publish(run: tuple[int, str]) -> bool:
        return wakes.publish("schedules.run", [*run], queue="maintenance", expires=TICK_EVERY * 2)

    asked = sum(1 for _ in itertools.takewhile(publish, found))
    count_passes(runtime.engine, now=now)
    return asked


class Sweeper:
    """Looks every fifteen seconds. `runtime` is the process's own, made when first asked for.

    `alone_after`: for so many seconds wakes must have failed before work is done without them, `work_for` so many in one
    look. `leave_within`: so many seconds a process may take to finish what it is at.
    """

    def __init__(
        self,
        runtime: Callable[[], Runtime],
        wakes: Wakes,
        canary: OwnCanary,
        *,
        alone_after: float = ALONE_AFTER,
        work_for: float = WORK_FOR,
        leave_within: float = LEAVE_WITHIN,
    ) -> None:
        self._runtime = runtime
        self._alone_after = alone_after
        self._work_for = work_for
        self._leave_within = leave_within
        self._ticked_at = float("-inf")
        self._wakes = wakes
        self._canary = canary
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._leaving_since: float | None = None
        # What is left of the work of the last look, and the runs that go on beside it.
        self._left: deque[int] = deque()
        self._runs: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def leave(self) -> None:
        """Begins nothing new. Never waits."""
        self._leaving_since = self._leaving_since or time.monotonic()
        self._stopping.set()

    def stop(self) -> None:
        """Ends it. A call that is on its way has as long as those of the pool; what is cut off then is found again."""
        self.leave()
        until = (self._leaving_since or 0.0) + self._leave_within
        for thread in (self._thread, self._runs):
            if thread is not None and thread.is_alive():
                thread.join(timeout=max(until - time.monotonic(), 1.0))

    def _run(self) -> None:
        """A sweep that fails is written down; the next one comes all the same."""
        looked_at, pause = float("-inf"), 0.0
        while not self._stopping.wait(pause):
            pause = EVERY
            try:
                if time.monotonic() - looked_at >= EVERY:
                    looked_at = time.monotonic()
                    self.look()
                pause = EVERY_WITH_JOB if self.feed() else max(EVERY - (time.monotonic() - looked_at), 0.0)
            except Exception:
                log.exception("sweep_failed")

    def feed(self) -> bool:
        """Sends the next records of the jobs that go on; True while there is one."""
        engine = self._runtime().engine
        return advance(engine, self._wakes.send, now=database_now(engine))

    def look(self) -> None:
        """Looks once: wakes what is due, or works on it where nobody hears."""
        runtime = self._runtime()
        now = database_now(runtime.engine)
        queued = self._wakes.queued()
        unheard = sweep(runtime.engine, self._wakes.send, now=now, queued=queued, ahead=self._wakes.send_ahead)
        probe_halted(runtime, self._wakes.send, now=now)
        self._canary.release()
        self._tick(now)
        if self._wakes.failing_for() > self._alone_after:
            self._run_beside()
            self._work(unheard)
        else:
            self._left.clear()
        if self._canary.is_deaf():
            self._leave()

    def _tick(self, now: datetime) -> None:
        """What beat sends, for the time that it is silent: a run that both send is begun once."""
        if time.monotonic() - self._ticked_at >= TICK_EVERY:
            self._ticked_at = time.monotonic()
            if not self._wakes.failing_for():
                self._wakes.publish("credentials.refresh", [], queue="maintenance", expires=TICK_EVERY * 2)
            send_due(self._runtime(), self._wakes, now=now)

    def _run_beside(self) -> None:
        """The runs of the schedules in a thread of their own: one that lasts minutes keeps no order waiting."""
        if self._runs is None or not self._runs.is_alive():
            self._runs = threading.Thread(target=self._run_due, name="runs without redis", daemon=True)
            self._runs.start()

    def _run_due(self) -> None:
        """What beat asks for and the runs of the schedules, one after the other, until Redis is back."""
        try:
            self._run_all()
        except Exception:
            log.exception("runs_failed")

    def _run_all(self) -> None:
        runtime = self._runtime()
        refresh_credentials(runtime, self._left.append, now=database_now(runtime.engine))
        for connection_id, name in scheduled.due(runtime.engine, JOBS, now=database_now(runtime.engine)):
            if self._stopping.is_set() or not self._wakes.failing_for():
                return
            now = database_now(runtime.engine)
            scheduled.run(runtime, the_job(name), connection_id, self._left.append, now=now)

    def _work(self, record_ids: Sequence[int]) -> None:
        """One record after the other and those that became due by it, until Redis is back or it is time to look again:
        the next look goes on with the rest."""
        log.warning("working_without_redis", records=len(record_ids))
        self._left += record_ids
        until = time.monotonic() + self._work_for
        while self._left and not self._stopping.is_set() and self._wakes.failing_for():
            record_id = self._left.popleft()
            try:
                outcome = process(record_id, self._runtime(), worker=f"sweeper@{socket.gethostname()}")
                self._left += outcome.wakes if outcome is not None else ()
            except Exception:
                log.exception("record_failed", record_id=record_id)
            if time.monotonic() >= until:
                return

    def _leave(self) -> None:
        """Ends this process the way a deploy does, so that the platform starts another one."""
        log.error("worker_deaf", leaves_within=self._leave_within)
        self.leave()
        os.kill(os.getpid(), signal.SIGTERM)
        last = threading.Timer(self._leave_within, os._exit, args=(70,))
        last.daemon = True
        last.start()
