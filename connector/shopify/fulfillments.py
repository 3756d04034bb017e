"""What was shipped: fulfilments with their lines and tracking numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import InvalidAnswer
from connector.shopify.reading import moment, numeric, numeric_of

Json = Mapping[str, Any]

# The page OrderLife and FulfillmentById ask for; a list without a page below cannot tell whether it was cut off.
_TRACKING_NUMBERS = 50


@dataclass(frozen=True, slots=True)
class Tracking:
    """One parcel; every part can be empty."""

    company: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class FulfillmentLine:
    """Shipped units of one order line."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Fulfillment:
    """One shipment from one location. `status` is SUCCESS, CANCELLED, ERROR, FAILURE, OPEN or PENDING.

    `service` is `manual`, `gift_card`, or the handle of whoever ships.
    """

    id: str
    name: str
    status: str
    created_at: datetime
    updated_at: datetime
    location_id: str | None
    location_name: str
    service: str
    tracking: tuple[Tracking, ...]
    lines: tuple[FulfillmentLine, ...]

    @classmethod
    def from_json(cls, data: Json) -> "Fulfillment":
        """From a Fulfillment whose fulfillmentLineItems are complete."""
        tracking = data["trackingInfo"]
        if len(tracking) >= _TRACKING_NUMBERS:
            raise InvalidAnswer(f"fulfilment {data['name']} has {_TRACKING_NUMBERS} tracking numbers or more")
        parcels = (tuple(item.get(part) or "" for part in ("company", "number", "url")) for item in tracking)
        return cls(
            id=numeric(data["id"]),
            name=data["name"],
            status=data["status"],
            created_at=moment(data["createdAt"]),
            updated_at=moment(data["updatedAt"]),
            location_id=numeric_of(data.get("location")),
            location_name=(data.get("location") or {}).get("name") or "",
            service=(data.get("service") or {}).get("handle") or "manual",
            tracking=tuple(Tracking(*parts) for parts in parcels),
            lines=tuple(
                FulfillmentLine(numeric(item["lineItem"]["id"]), item.get("quantity") or 0)
                for item in data["fulfillmentLineItems"]["nodes"]
            ),
        )
