"""The thread of every worker that looks for what people should know, and tells them. It needs Postgres, not Redis."""

import threading
from collections.abc import Callable

import structlog

from connector.flows import alerting
from connector.flows.alerting import Teller
from connector.flows.jobs import JOBS
from connector.runtime import Runtime
from connector.store.clock import database_now

log = structlog.get_logger(__name__)


class Alarm:
    """Looks once a minute; of several workers one looks, and each message is sent by one."""

    def __init__(self, runtime: Callable[[], Runtime], teller: Callable[[], Teller]) -> None:
        self._runtime = runtime
        self._teller = teller
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarm", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; a message it is at is sent again by another worker."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def look(self, teller: Teller) -> None:
        """Looks once and sends what is owed."""
        now = database_now(self._runtime().engine)
        alerting.look(self._runtime(), JOBS, now=now)
        alerting.send(self._runtime(), teller, now=now)

    def _run(self) -> None:
        """A look that fails is written down; the next one comes all the same."""
        teller = self._teller()
        while not self._stopping.wait(alerting.EVERY_SECONDS):
            try:
                self.look(teller)
            except Exception:
                log.exception("alarm_failed")
