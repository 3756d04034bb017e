"""How a sales order stands in NetSuite, read with its lines. Source: REST record v1, release 2026.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.errors import InvalidAnswer

# `fields` of the reading.
FIELDS = ("status", "total", "item")
CLOSED = ("C", "H")


@dataclass(frozen=True, slots=True)
class LineState:
    """One line. `line` is its key; quantities are in units."""

    line: int
    item: str
    quantity: Decimal
    amount: Decimal
    fulfilled: Decimal
    billed: Decimal
    is_closed: bool
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SalesOrderState:
    """A sales order as it stands. `status`: A pending approval … G billed, H closed."""

    status: str
    total: Decimal
    lines: tuple[LineState, ...]

    @property
    def is_billed(self) -> bool:
        """True once anything of it was billed."""
        return self.status == "G" or any(line.billed for line in self.lines)

    @property
    def is_closed(self) -> bool:
        """True when nothing of it is open any more."""
        return self.status in CLOSED

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SalesOrderState":
        """From GET /salesOrder with FIELDS and expanded sublists. Raises InvalidAnswer."""
        try:
            lines = tuple(_line(item) for item in (data.get("item") or {}).get("items", []))
            return cls(str(data["status"]["id"]), _number(data["total"]), lines)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise InvalidAnswer(f"NetSuite's sales order cannot be read: {error!r}") from error


def _line(item: Mapping[str, Any]) -> LineState:
    return LineState(
        line=int(item["line"]),
        item=str(item["item"]["id"]),
        quantity=_number(item.get("quantity", 1)),
        amount=_number(item.get("amount", 0)),
        fulfilled=_number(item.get("quantityFulfilled", 0)),
        billed=_number(item.get("quantityBilled", 0)),
        is_closed=bool(item.get("isClosed", False)),
        columns={name: value for name, value in item.items() if name.startswith("custcol")},
    )


def _number(value: Any) -> Decimal:
    """Quantities come as text in some answers."""
    return Decimal(str(value))
