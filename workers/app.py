"""The Celery app, its process-wide runtime, and the two threads of every worker: sweeper and alarm."""

import threading
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, setup_logging, worker_shutdown, worker_shutting_down

from connector import logs
from connector.config import Settings
from connector.flows import canary
from connector.runtime import Runtime, build, teller
from workers.alarm import Alarm
from workers.sweeper import Sweeper
from workers.told_once import ToldOnce
from workers.wakes import OwnCanary, Wakes

app = Celery("ml-connector", include=["workers.tasks", "workers.schedule"])
app.config_from_object("celeryconfig")
app.steps["worker"].add(ToldOnce)


class Process:
    """What one worker process keeps: its runtime, made when first asked for, its wakes and its sweeper."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runtime: Runtime | None = None
        self._leaving = threading.Event()
        self.wakes = Wakes(app)
        self.canary = OwnCanary(
            self.wakes, every=canary.EVERY.total_seconds(), late_after=canary.LATE_AFTER.total_seconds()
        )
        self.sweeper = Sweeper(self.runtime, self.wakes, self.canary)
        self.alarm = Alarm(self.runtime, lambda: teller(Settings.from_env()))

    def runtime(self) -> Runtime:
        """The runtime of this process."""
        with self._lock:
            if self._runtime is None:
                self._runtime = build(
                    Settings.from_env(), pool_size=app.conf.worker_concurrency or 10, leaving=self._leaving
                )
            return self._runtime

    def leave(self) -> None:
        """What goes on for minutes ends between two calls, and nothing new is begun. Never waits: called by a signal."""
        self._leaving.set()
        self.sweeper.leave()

    def stop(self) -> None:
        """Ends the sweeper and the alarm, then the runtime."""
        self.leave()
        self.sweeper.stop()
        self.alarm.stop()
        if self._runtime is not None:
            self._runtime.close()


process = Process()


def wake(record_id: int) -> None:
    """Asks the workers to look at a record."""
    process.wakes.send(record_id)


def wake_schedule(connection_id: int, name: str) -> bool:
    """Asks the workers to run a schedule of a connection; a lost wake is found by the next tick."""
    return process.wakes.publish("schedules.run", [connection_id, name], queue="maintenance", expires=60)


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    logs.configure(Settings.from_env().log_level)


@celeryd_after_setup.connect
def _on_setup(**_: Any) -> None:
    """Before the worker asks for Redis, which may be away: the sweeper needs only Postgres."""
    app.amqp.queues.select_add(process.canary.queue)
    process.sweeper.start()
    process.alarm.start()


@worker_shutting_down.connect
def _on_leaving(**_: Any) -> None:
    """Before the pool waits for what it is at."""
    process.leave()


@worker_shutdown.connect
def _on_shutdown(**_: Any) -> None:
    process.stop()
