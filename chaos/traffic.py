"""Orders flow: each is placed, announced, paid or captured, and changed; what is not answered 200 is delivered again."""

import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, permutations
from typing import Any

import requests

from chaos.stage import Stage
from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.orders import order

Json = dict[str, Any]

# Stands in every order's name and address, and nowhere else.
PLANTED = "Quillfeather"

_TAXES = (("State tax", "0.0625"), ("County tax", "0.0125"))
_SHAPES = (
    Shape(customer="existing", taxes=_TAXES),
    Shape(customer="new", taxes=_TAXES, lines=3),
    Shape(customer="existing", payments="authorised", taxes=_TAXES),
    Shape(customer="existing", code_percent=10, lines=4, taxes=_TAXES),
    Shape(customer="existing", payments="partial"),
)
_SENDERS = 8
_sessions = threading.local()
# Shopify delivers again for four hours; here the pauses are shorter and so is the patience.
_AGAIN_SECONDS = 0.5
_PATIENCE_SECONDS = 150.0


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
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def flows(self) -> bool:
        """True until every event was answered 200, or given up."""
        return self._thread is not None and self._thread.is_alive()

    def join(self) -> None:
        """Waits for its end."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        begun, lives = time.monotonic(), []
        with ThreadPoolExecutor(_SENDERS) as pool:
            for index in count():
                if index >= self.orders and self.may_end.is_set():
                    break
                self.stage.pause.wait(max(0.0, begun + index / self.rate - time.monotonic()))
                lives.append(pool.submit(self._life, index + 1))
        broken = [error for life in lives if (error := life.exception()) is not None]
        self.failures += [f"an order was not sent to its end: {type(one).__name__}: {one}"[:300] for one in broken[:5]]

    def _life(self, number: int) -> None:
        """Four or five events of one order, in their order."""
        with self._lock:
            self.begun += 1
        seeded = random.Random(self.seed * 100_000 + number)
        shape = _SHAPES[number % len(_SHAPES)]
        made, payments = order(number, shape, seeded)
        self._post("orders", {"order": _planted(made), "transactions": payments})
        events = self._events(made["id"], is_captured=shape.payments == "authorised")
        for event in _shuffled(list(events), number) if self.is_shuffled else events:
            self._deliver(event)

    def _events(self, order_id: int, *, is_captured: bool) -> Iterator[Json]:
        """What the order's life tells, as it is lived."""
        yield {"topic": "orders/create", "order_id": order_id}
        if is_captured:
            yield from self._act({"act": "capture", "order_id": order_id})
        else:
            yield {"topic": "orders/paid", "order_id": order_id}
        for note in ("Leave it at the door", "Ring twice"):
            yield from self._act({"act": "update", "order_id": order_id, "changes": {"note": note}})

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


def _shuffled(events: list[Json], number: int) -> Sequence[Json]:
    """The n-th of all sequences: 24 orders of four events meet each once."""
    sequences = list(permutations(events))
    return sequences[number % len(sequences)]


def _planted(made: Json) -> Json:
    """The order with the planted name in its address."""
    address = made.get("shipping_address")
    if address is not None:
        made["shipping_address"] = address | {"last_name": PLANTED, "name": f"Ada {PLANTED}"}
    if made.get("customer") and made["customer"]["id"] >= 6_000_001_000:
        made["customer"] = made["customer"] | {"last_name": PLANTED}
    return made
