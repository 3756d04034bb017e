"""Bulk operations: a query without pages, run in the background, its result a file of one JSON object a line.

Children carry `__parentId`; without `groupObjects` they do not follow their parents. shopify.dev, "bulk operations" (2026-10).
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from graphql import GraphQLSchema

from connector.sandbox.shopify.stock.bulk_query import bulk_problem, written
from connector.sandbox.shopify.values.parts import gid

Json = dict[str, Any]
Tell = Callable[[list[Json]], None]

_AT_ONCE = 5
_PATIENCE = 2.0
_OVER = ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")


@dataclass(slots=True)
class Operation:
    """One bulk operation. `polls` is how often it will still be seen running; `failure` how it ends instead."""

    id: int
    query: str
    polls: int
    failure: Json | None
    created_at: datetime
    status: str = "CREATED"
    completed_at: datetime | None = None
    error_code: str | None = None
    lines: list[bytes] = field(default_factory=list)
    roots: int = 0
    work: threading.Thread | None = None

    @property
    def is_over(self) -> bool:
        """True when nothing changes any more."""
        return self.status in _OVER


@dataclass(slots=True)
class BulkOperations:
    """Thread-safe. `settings` is the shop's configuration."""

    settings: Any
    # Where files are served: what the last caller called us.
    host: str = ""
    _known: dict[int, Operation] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: Iterator[int] = field(default_factory=lambda: count(7_200_000_000_001))

    def run_query(self, schema: GraphQLSchema, query: str) -> Json:
        """bulkOperationRunQuery."""
        if problem := bulk_problem(schema, query):
            return _refused(problem, "INVALID")
        with self._lock:
            if sum(not known.is_over for known in self._known.values()) >= _AT_ONCE:
                return _refused("The maximum number of bulk operations is running.", "LIMIT_REACHED")
            failure = self.settings.bulk_failures.pop(0) if self.settings.bulk_failures else None
            made = Operation(next(self._numbers), query, self.settings.bulk_polls, failure, datetime.now(UTC))
            self._known[made.id] = made
            return {"bulkOperation": self._value(made), "userErrors": []}

    def find(self, operation_gid: str, root: Json, tell: Tell) -> Json | None:
        """bulkOperation(id:). Looking at it lets it go on: it is done after `bulk_polls` looks.

        `root`: the values a query resolves from; `tell` gets the webhook.
        """
        with self._lock:
            found = self._known.get(int(operation_gid.rpartition("/")[2]))
            if found is None:
                return None
            if not found.is_over:
                found.status = "RUNNING"
                found.polls -= 1
                if found.polls < 0:
                    self._begin(found, root, tell)
            return self._value(found)

    def finish_all(self, root: Json, tell: Tell) -> None:
        """Everything that runs is done now."""
        with self._lock:
            for known in self._known.values():
                if known.work is not None:
                    known.work.join()
                elif not known.is_over:
                    self._finish(known, root, tell)

    def known(self) -> list[Operation]:
        """Every operation, oldest first."""
        with self._lock:
            return list(self._known.values())

    def file(self, name: str) -> bytes | None:
        """A result by the name in its URL."""
        found = self._known.get(int(name)) if name.isdecimal() else None
        return None if found is None or not found.lines else b"".join(found.lines)

    def _begin(self, operation: Operation, root: Json, tell: Tell) -> None:
        """Carries it out beside the caller, who waits a moment for a small one. A large one goes on running."""
        if operation.work is None:
            operation.work = threading.Thread(target=lambda: self._finish(operation, root, tell), daemon=True)
            operation.work.start()
        operation.work.join(_PATIENCE)

    def _finish(self, operation: Operation, root: Json, tell: Tell) -> None:
        parents, children = written(operation.query, root)
        lines, status = [*parents, *children], "COMPLETED"
        if operation.failure is not None:
            status = operation.failure.get("status", "FAILED")
            operation.error_code = operation.failure.get("error_code", "INTERNAL_SERVER_ERROR")
            lines = lines[: operation.failure.get("lines", 0)]
        operation.roots, operation.lines = len(parents), lines
        operation.completed_at = datetime.now(UTC)
        # The last thing that changes: whoever sees it sees the rest.
        operation.status = status
        tell([{"topic": "bulk_operations/finish", "order_id": None, "body": _finished(operation)}])

    def _value(self, operation: Operation) -> Json:
        is_done = operation.status == "COMPLETED"
        url = f"{self.host}_bulk/{operation.id}" if operation.is_over and operation.lines else None
        return {
            "id": gid("BulkOperation", operation.id),
            "type": "QUERY",
            "query": operation.query,
            "status": operation.status,
            "errorCode": operation.error_code,
            "createdAt": operation.created_at.isoformat(),
            "completedAt": operation.completed_at and operation.completed_at.isoformat(),
            "objectCount": str(len(operation.lines)),
            "rootObjectCount": str(operation.roots if is_done else 0),
            "fileSize": str(sum(map(len, operation.lines))) if is_done else None,
            "url": url if is_done else None,
            "partialDataUrl": None if is_done else url,
        }


def _finished(operation: Operation) -> Json:
    return {
        "admin_graphql_api_id": gid("BulkOperation", operation.id),
        "completed_at": operation.completed_at and operation.completed_at.isoformat(),
        "created_at": operation.created_at.isoformat(),
        "error_code": operation.error_code and operation.error_code.lower(),
        "status": operation.status.lower(),
        "type": "query",
    }


def _refused(message: str, code: str) -> Json:
    error = {"field": ["query"], "code": code, "message": message}
    return {"bulkOperation": None, "userErrors": [error]}
