"""Publishes wakes outside the request: one thread, many ids in one push. A wake may be lost; the sweeper finds its record."""

import base64
import json
import threading
import uuid
from collections import deque
from collections.abc import Sequence

import structlog
from redis import Redis, RedisError

from connector.crash import Moment, crash_at
from connector.runtime import redis_client

log = structlog.get_logger(__name__)

TASK = "orders.sync"
QUEUE = "orders"
RUN_TASK = "schedules.run"
RUN_QUEUE = "maintenance"

# What waits while Redis is away; beyond it the oldest wakes are dropped.
_MOST_WAITING = 10_000
_MOST_AT_ONCE = 256
_GATHER_SECONDS = 0.003


class Wakes:
    """A bounded queue of record ids and the thread that empties it."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis_client(redis_url, socket_timeout=0.5)
        self._waiting: deque[int] = deque(maxlen=_MOST_WAITING)
        self._runs: deque[tuple[int, str]] = deque(maxlen=_MOST_WAITING)
        self._news = threading.Event()
        self._pause = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="wakes", daemon=True)
        self._thread.start()

    def put(self, record_ids: Sequence[int]) -> None:
        """Never waits."""
        self._waiting.extend(record_ids)
        self._news.set()

    def put_run(self, connection_id: int, name: str) -> None:
        """Asks for a run of a schedule, which is wanted already. Never waits; one that is lost is found by the next tick."""
        self._runs.append((connection_id, name))
        self._news.set()

    def close(self) -> None:
        """Publishes what waits and ends."""
        self._stopping = True
        self._news.set()
        self._thread.join(timeout=3)
        self._redis.close()

    def _run(self) -> None:
        while not self._stopping or self._waiting or self._runs:
            self._news.wait()
            # What comes within a moment leaves in the same push: under load a push for each commit would cost more
            # than the requests themselves.
            self._pause.wait(_GATHER_SECONDS)
            self._news.clear()
            while batch := self._taken():
                crash_at(Moment.BEFORE_WAKE)
                if not publish(self._redis, batch) and self._stopping:
                    return
            while self._runs:
                if not publish_run(self._redis, *self._runs.popleft()) and self._stopping:
                    return

    def _taken(self) -> list[int]:
        batch: list[int] = []
        while self._waiting and len(batch) < _MOST_AT_ONCE:
            batch.append(self._waiting.popleft())
        return list(dict.fromkeys(batch))


def publish(redis: Redis, record_ids: Sequence[int]) -> bool:
    """Pushes one message for each record in one command; False when Redis did not take them."""
    try:
        redis.lpush(QUEUE, *(message(record_id) for record_id in record_ids))
    except RedisError as error:
        log.warning("wakes_lost", records=len(record_ids), reason=type(error).__name__)
        return False
    return True


def publish_run(redis: Redis, connection_id: int, name: str) -> bool:
    """Pushes one message for a run of a schedule; False when Redis did not take it."""
    try:
        redis.lpush(RUN_QUEUE, run_message(connection_id, name))
    except RedisError as error:
        log.warning("wake_lost", run=name, connection_id=connection_id, reason=type(error).__name__)
        return False
    return True


def run_message(connection_id: int, name: str) -> bytes:
    """As `message`, for the task that runs a schedule of a connection."""
    sent = json.loads(message(connection_id))
    arguments = [[connection_id, name], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    sent["body"] = base64.b64encode(json.dumps(arguments).encode()).decode()
    sent["headers"] |= {"task": RUN_TASK, "argsrepr": repr((connection_id, name))}
    sent["properties"]["delivery_info"] = {"exchange": "", "routing_key": RUN_QUEUE}
    return json.dumps(sent).encode()


def message(record_id: int) -> bytes:
    """A Celery message (protocol 2) as kombu's Redis transport stores it.

    Built here because one push of many costs a tenth of as many `apply_async`. The acceptance tests hand it to a real
    worker, so a change of Celery's format is noticed.
    """
    task_id = str(uuid.uuid4()).encode()
    body = base64.b64encode(
        b'[[%d], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]' % record_id
    )
    return _TEMPLATE % {b"body": body, b"id": task_id, b"record": b"%d" % record_id}


_TEMPLATE = json.dumps(
    {
        "body": "%(body)s",
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": TASK,
            "id": "%(id)s",
            "root_id": "%(id)s",
            "parent_id": None,
            "group": None,
            "retries": 0,
            "eta": None,
            "expires": None,
            "timelimit": [None, None],
            "argsrepr": "(%(record)s,)",
            "kwargsrepr": "{}",
            "origin": "web",
            "ignore_result": True,
        },
        "properties": {
            "correlation_id": "%(id)s",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "%(id)s",
        },
    }
).encode()
