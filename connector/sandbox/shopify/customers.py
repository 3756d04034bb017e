"""The shop's customers in the REST style of webhooks."""

import threading
from typing import Any

Json = dict[str, Any]


class Customers:
    """Thread-safe; a customer is known from an order or because it was put here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, Json] = {}

    def put(self, customer: Json) -> None:
        """Adds a customer or replaces it."""
        with self._lock:
            self._known[customer["id"]] = customer

    def learn(self, embedded: Json) -> None:
        """Takes over what an order says of its customer; the rest stays."""
        with self._lock:
            self._known[embedded["id"]] = self._known.get(embedded["id"], {}) | embedded

    def find(self, customer_id: int) -> Json | None:
        """A customer, or None."""
        with self._lock:
            return self._known.get(customer_id)

    def remove(self, customer_id: int) -> None:
        """Forgets a customer."""
        with self._lock:
            self._known.pop(customer_id, None)

    def every(self) -> list[Json]:
        """All customers."""
        with self._lock:
            return list(self._known.values())
