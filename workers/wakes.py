"""Wakes on Redis: who publishes them, and whether this very process still hears any."""

import threading
import time
import uuid
from typing import Any

import structlog
from celery import Celery
from kombu import Exchange, Queue  # type: ignore[attr-defined]  # kombu re-exports them lazily
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class Wakes:
    """Publishes wakes and remembers since when that has failed."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._failing_since: float | None = None

    def send(self, record_id: int) -> bool:
        """Asks the workers to look at a record; True when Redis took it. What is lost the sweeper finds."""
        return self.publish("orders.sync", [record_id], queue="orders")

    def send_ahead(self, record_id: int) -> bool:
        """The same past a long queue of orders: workers read their queues in turn."""
        return self.publish("orders.sync", [record_id], queue="maintenance")

    def publish(self, task: str, args: list[Any], **options: Any) -> bool:
        """Sends one message, once."""
        try:
            self._app.send_task(task, args=args, retry=False, ignore_result=True, **options)
        except OperationalError:
            self._failing_since = self._failing_since or time.monotonic()
            log.warning("wake_lost", task=task, args=args)
            return False
        self._failing_since = None
        return True

    def queued(self) -> int:
        """How many wakes nobody has read yet; 0 while Redis does not tell."""
        try:
            with self._app.connection_for_read() as connection:
                return int(connection.default_channel.client.llen("orders"))
        except (OperationalError, RedisError):
            return 0

    def failing_for(self) -> float:
        """Seconds since the first of the failures in a row; 0 while messages are taken."""
        since = self._failing_since
        return 0.0 if since is None else time.monotonic() - since


class OwnCanary:
    """A message that only this process reads: it tells whether its consumer still hears Redis.

    A consumer can go deaf without any error (kombu's restarts after a lost connection have done so); then nothing but
    a new process helps.
    """

    def __init__(self, wakes: Wakes, *, every: float, late_after: float) -> None:
        self._wakes = wakes
        self._every = every
        self._late_after = late_after
        self._lock = threading.Lock()
        self._id = uuid.uuid4().hex
        self._sent_at = float("-inf")
        # When the oldest message that has not come back was sent.
        self._waiting_since: float | None = None
        exchange = Exchange("canary", type="direct")  # type: ignore[no-untyped-call]  # kombu is untyped
        self.queue = Queue(f"canary.{self._id}", exchange, self._id, auto_delete=True)  # type: ignore[no-untyped-call]

    def release(self) -> None:
        """Sends a message to this process if it is time to; one that Redis does not take is not waited for."""
        now = time.monotonic()
        if now - self._sent_at < self._every:
            return
        self._sent_at = now
        if self._wakes.publish("canary.own", [self._id], queue=self.queue, expires=self._late_after):
            with self._lock:
                self._waiting_since = self._waiting_since or now

    def came(self, its_id: str) -> bool:
        """A message was read; True when it is ours."""
        if its_id != self._id:
            return False
        with self._lock:
            self._waiting_since = None
        return True

    def is_deaf(self) -> bool:
        """True when messages that Redis took have not been read for too long, and Redis still takes more."""
        with self._lock:
            since = self._waiting_since
        return since is not None and not self._wakes.failing_for() and time.monotonic() - since > self._late_after
