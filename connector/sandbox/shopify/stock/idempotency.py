"""@idempotent: which mutations need a key, and what a key that was used before gives. shopify.dev (2026-10)."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLResolveInfo, OperationDefinitionNode

Json = dict[str, Any]
Info = GraphQLResolveInfo[Any]

NEEDED = frozenset(
    {
        "inventoryActivate", "inventoryAdjustQuantities", "inventoryMoveQuantities", "inventorySetOnHandQuantities",
        "inventorySetQuantities", "inventoryShipmentAddItems", "inventoryShipmentCreate",
        "inventoryShipmentCreateInTransit", "inventoryShipmentReceive", "inventoryTransferCreate",
        "inventoryTransferCreateAsReadyToShip", "inventoryTransferDuplicate", "inventoryTransferSetItems",
        "locationActivate", "locationDeactivate", "refundCreate",
    }
)  # fmt: skip
MISSING = "The @idempotent directive is required for this mutation but was not provided."
_KEPT = timedelta(hours=24)
CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"
MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
FAILED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
_MESSAGES = {
    CONCURRENT: "This request is currently in progress, please try again.",
    FAILED: "A previous attempt with this idempotency key failed.",
    MISMATCH: "The same idempotency key cannot be used with different operation parameters.",
}


class KeyRefusedError(Exception):
    """A key that cannot be used now, with Shopify's code."""

    def __init__(self, code: str) -> None:
        super().__init__(_MESSAGES[code])
        self.code = code


@dataclass(slots=True)
class _Used:
    digest: str
    at: datetime
    result: Json | None = None
    has_failed: bool = False


class Keys:
    """The keys of the last 24 hours, with their first results."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, _Used] = {}
        # So many of the next calls find their key in use; the first attempts of so many of the next keys fail for good.
        self.busy = 0
        self.failing = 0

    def once(self, key: str, parameters: object, now: datetime, do: Callable[[], Json]) -> Json:
        """What `do` gives, or what it gave the first time. Raises KeyRefusedError."""
        with self.running(key, parameters, now) as used:
            if used.result is None:
                used.result = do()
            return used.result

    @contextmanager
    def running(self, key: str, parameters: object, now: datetime) -> Iterator[_Used]:
        """The key is in use inside the block. Raises KeyRefusedError."""
        digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
        with self._lock:
            if self.busy:
                self.busy -= 1
                raise KeyRefusedError(CONCURRENT)
            used = self._used.get(key)
            if used is None or now - used.at > _KEPT:
                used = self._used[key] = _Used(digest, now, has_failed=self.failing > 0)
                self.failing = max(0, self.failing - 1)
            elif used.digest != digest:
                raise KeyRefusedError(MISMATCH)
            elif used.result is None and not used.has_failed:
                raise KeyRefusedError(CONCURRENT)
            if used.has_failed:
                raise KeyRefusedError(FAILED)
        try:
            yield used
        finally:
            with self._lock:
                if used.result is None:
                    del self._used[key]


def lacks_key(document: DocumentNode, variables: Json) -> bool:
    """True when a mutation that needs a key is sent without one."""
    return any(
        isinstance(field, FieldNode) and field.name.value in NEEDED and not key_of(field, variables)
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        for field in operation.selection_set.selections
    )


def asked_key(info: Info) -> str:
    """The key of the field that is being resolved."""
    return key_of(info.field_nodes[0], info.variable_values.coerced)


def key_of(field: FieldNode, variables: Any) -> str:
    """The key of a field, empty without one."""
    for directive in field.directives or ():
        if directive.name.value == "idempotent":
            value = directive.arguments[0].value  # type: ignore[index]  # validation demands the argument
            name = getattr(getattr(value, "name", None), "value", None)
            return str((variables.get(name) if name else getattr(value, "value", "")) or "").strip()
    return ""
