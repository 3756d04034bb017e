"""The Celery app, its process-wide runtime, and the sweeper thread that every worker runs."""

import threading
from datetime import UTC, datetime
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutdown
from kombu.exceptions import OperationalError

from connector import logs
from connector.config import Settings
from connector.flows.circuit import probe_halted
from connector.flows.sweep import sweep
from connector.runtime import Runtime, build

log = structlog.get_logger(__name__)

SWEEP_EVERY = 15.0

app = Celery("ml-connector", include=["workers.tasks", "workers.schedule"])
app.config_from_object("celeryconfig")


class Process:
    """What one worker process keeps: its runtime, made when first asked for, and its sweeper."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runtime: Runtime | None = None
        self._stopping = threading.Event()
        self._sweeper: threading.Thread | None = None

    def runtime(self) -> Runtime:
        """The runtime of this process."""
        with self._lock:
            if self._runtime is None:
                self._runtime = build(Settings.from_env(), pool_size=app.conf.worker_concurrency or 10)
            return self._runtime

    def start_sweeper(self) -> None:
        """Starts the thread that looks for undone work; it trusts Postgres alone."""
        self._sweeper = threading.Thread(target=self._sweep_for_ever, name="sweeper", daemon=True)
        self._sweeper.start()

    def stop(self) -> None:
        """Ends the sweeper, then the runtime."""
        self._stopping.set()
        if self._sweeper is not None:
            self._sweeper.join(timeout=5)
        if self._runtime is not None:
            self._runtime.close()

    def _sweep_for_ever(self) -> None:
        """A sweep that fails is written down; the next one comes all the same."""
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = SWEEP_EVERY
            try:
                sweep(self.runtime().engine, wake, now=datetime.now(UTC))
                probe_halted(self.runtime(), wake, now=datetime.now(UTC))
            except Exception:
                log.exception("sweep_failed")


process = Process()


def wake(record_id: int) -> None:
    """Asks the workers to look at a record; lost wakes are found by the sweeper."""
    try:
        app.send_task("orders.sync", args=[record_id], queue="orders", retry=False, ignore_result=True)
    except OperationalError:
        log.warning("wake_lost", record_id=record_id)


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    logs.configure(Settings.from_env().log_level)


@worker_ready.connect
def _on_ready(**_: Any) -> None:
    process.start_sweeper()


@worker_shutdown.connect
def _on_shutdown(**_: Any) -> None:
    process.stop()
