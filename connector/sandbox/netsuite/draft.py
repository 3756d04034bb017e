"""A record on its way to being saved."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite.record import Record

Json = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """What will be saved, checked and completed in place. `old` is the record that is changed, `source` of a transform."""

    type: str
    body: Json
    old: Record | None = None
    source: Record | None = None
    takes: dict[str, Decimal] = field(default_factory=dict)

    @property
    def old_body(self) -> Json:
        """The body before a change, empty for a new record."""
        return {} if self.old is None else self.old.body
