"""What a buyer sends back, and what is sent instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.shopify.reading import numeric, whole

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line; None for a return without a receipt of ours."""

    line_id: str | None
    quantity: int

    @classmethod
    def from_json(cls, data: Json) -> "ReturnLine":
        """From a ReturnLineItemType."""
        shipped = data.get("fulfillmentLineItem")
        return cls(None if shipped is None else numeric(shipped["lineItem"]["id"]), data["quantity"])


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """What the buyer gets instead; `line_ids` are the order lines it became."""

    sku: str
    quantity: int
    line_ids: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Json) -> "ExchangeLine":
        """From an ExchangeLineItem."""
        lines = tuple(numeric(item["id"]) for item in data.get("lineItems") or ())
        return cls(data.get("variantSku") or "", data["quantity"], lines)


@dataclass(frozen=True, slots=True)
class Return:
    """One return. `status` is REQUESTED, OPEN, CLOSED, CANCELED or DECLINED."""

    id: str
    name: str
    status: str
    lines: tuple[ReturnLine, ...]
    exchange_lines: tuple[ExchangeLine, ...]

    @classmethod
    def from_json(cls, data: Json) -> "Return":
        """From a Return. Raises InvalidAnswer when a list is cut off."""
        name = data["name"]
        lines = whole(data["returnLineItems"], f"lines of return {name}")
        exchanges = whole(data["exchangeLineItems"], f"exchange lines of return {name}")
        return cls(
            id=numeric(data["id"]),
            name=name,
            status=data["status"],
            lines=tuple(ReturnLine.from_json(item) for item in lines),
            exchange_lines=tuple(ExchangeLine.from_json(item) for item in exchanges),
        )
