"""The ways to write to NetSuite, each as it is sent: create, transform, change, delete."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

_RECORD = "/services/rest/record/v1"


@dataclass(frozen=True, slots=True)
class Create:
    """POST /{record_type}. The body carries the external id."""

    record_type: str
    body: Mapping[str, Any] = field(repr=False)

    method = "POST"

    @property
    def path(self) -> str:
        """Path below the host."""
        return f"{_RECORD}/{self.record_type}"


@dataclass(frozen=True, slots=True)
class Transform:
    """POST /{source_type}/{source}/!transform/{record_type}: a new record out of another one.

    `source` is an internal id, or `eid:` and an external id. The body carries the new record's external id.
    """

    record_type: str
    source_type: str
    source: str
    body: Mapping[str, Any] = field(repr=False)

    method = "POST"

    @property
    def path(self) -> str:
        """Path below the host."""
        return f"{_RECORD}/{self.source_type}/{quote(self.source, safe=':')}/!transform/{self.record_type}"


@dataclass(frozen=True, slots=True)
class Change:
    """PATCH /{record_type}/{record_id}: what the body names gets these values, None empties a field.

    `replace` names a keyed sublist of which lines that are not in the body are dropped.
    """

    record_type: str
    record_id: str
    body: Mapping[str, Any] = field(repr=False)
    replace: str | None = None

    method = "PATCH"

    @property
    def path(self) -> str:
        """Path below the host."""
        query = f"?{urlencode({'replace': self.replace})}" if self.replace else ""
        return f"{_RECORD}/{self.record_type}/{self.record_id}{query}"


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE /{record_type}/{record_id}."""

    record_type: str
    record_id: str

    method = "DELETE"
    body = None

    @property
    def path(self) -> str:
        """Path below the host."""
        return f"{_RECORD}/{self.record_type}/{self.record_id}"


Write = Create | Transform | Change | Delete
