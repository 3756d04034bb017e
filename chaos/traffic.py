"""Orders flow, each with its life (chaos.lives); what is not answered 200 is delivered again."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from chaos.lives import life, shuffled
from chaos.stage import Stage

Json = dict[str, Any]

_SENDERS = 20
_sessions = threading.local()
# Shopify delivers again for four hours; here the pauses are shorter and so is the patience.
_AGAIN_SECONDS = 0.5
_PATIENCE_SECONDS = 150.0
_BEFORE_END_SECONDS = 2.0


@dataclass(slots=True)
class Traffic:
    """So many orders, begun `rate` a second, each delivery `copies` times at once under one id."""

    stage: Stage
    orders: int
    rate: float
    seed: int
    copies: int = 1
    # All four webhooks of an order are there before the first is sent, and each order sends them in another sequence.
    is_shuffled: bool = False
    # Seconds before each of an order's two changes.
    apart: float = 0.0
    # Where it is not set, orders keep coming beyond their number until it is.
    may_end: threading.Event = field(default_factory=threading.Event)
    begun: int = 0
    events: int = 0
    given_up: int = 0
    failures: list[str] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins, in a thread of its own."""
        self._begin(0)

    def more(self, orders: int) -> None:
        """So many orders again, once the others are sent."""
        self.join()
        first, self.orders = self.begun, self.begun + orders
        self._begin(first)

    def _begin(self, first: int) -> None:
        self._thread = threading.Thread(target=self._run, args=(first,), daemon=True)
        self._thread.start()

    @property
    def flows(self) -> bool:
        """True until every event was answered 200, or given up."""
        return self._thread is not None and self._thread.is_alive()

    def join(self) -> None:
        """Waits for its end."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, first: int) -> None:
        begun, lives = time.monotonic(), []
        with ThreadPoolExecutor(_SENDERS) as pool:
            for index in count(first):
                if index >= self.orders and self.may_end.is_set():
                    break
                self.stage.pause.wait(max(0.0, begun + (index - first) / self.rate - time.monotonic()))
                lives.append(pool.submit(self._life, index + 1))
        broken = [error for life in lives if (error := life.exception()) is not None]
        self.failures += [f"an order was not sent to its end: {type(one).__name__}: {one}"[:300] for one in broken[:5]]

    def _life(self, number: int) -> None:
        """The events of one order, in their order."""
        with self._lock:
            self.begun += 1
        one = life(number, self.seed)
        self._post("orders", {"order": one.order, "transactions": one.payments})
        if self.is_shuffled:
            for event in shuffled([*one.events(self._act), *one.ending(self._act)], number):
                self._deliver(event)
            return
        for event in one.events(self._act, between=lambda: self.stage.pause.wait(self.apart)):
            self._deliver(event)
        if one.end is not None:
            # Time to be booked: what is called off before never gets there.
            self.stage.pause.wait(_BEFORE_END_SECONDS)
            for event in one.ending(self._act):
                self._deliver(event)

    def _act(self, asked: Json) -> list[Json]:
        deliveries: list[Json] = self._post("act", asked)["deliveries"]
        return deliveries

    def _deliver(self, delivery: Json) -> None:
        """Again and again under one id until it is answered 200, as Shopify does."""
        asked = {**delivery, "webhook_id": str(uuid.uuid4()), "copies": self.copies}
        gives_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            statuses = self._post("deliver", asked)["statuses"]
            with self._lock:
                for status in statuses:
                    self.answers[status] = self.answers.get(status, 0) + 1
            if 200 in statuses or time.monotonic() > gives_up:
                break
            self.stage.pause.wait(_AGAIN_SECONDS)
        with self._lock:
            self.events += 1
            self.given_up += 200 not in statuses

    def _post(self, verb: str, asked: Json) -> Json:
        """Asks the shop, over a connection that each sender keeps."""
        session = getattr(_sessions, "session", None)
        if session is None:
            session = _sessions.session = requests.Session()
            session.trust_env = False
        answer = session.post(f"{self.stage.shop.url}/_sandbox/{verb}", json=asked, timeout=60)
        answer.raise_for_status()
        told: Json = answer.json()
        return told
