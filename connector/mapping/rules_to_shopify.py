"""The sections of the rules that say what goes from NetSuite to Shopify, and how often either side is asked."""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from connector.mapping.rule_part import Part
from connector.mapping.rule_values import LocationId

_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Percent = Annotated[Decimal, Field(ge=0, le=100)]
# A cadence in seconds: from a minute to a day.
_Cadence = Annotated[int, Field(ge=60, le=86_400)]


class InventoryRules(Part):
    """What of NetSuite's stock the shop may sell. Without `locations` no stock is pushed.

    `locations`: Shopify's location, by id or name, → the NetSuite locations whose stock it sells. `buffer` units are kept
    back from each item, or those that `buffers` names by SKU; then `percent` of the rest is published, at most `cap`.
    `table`: where NetSuite keeps stock; `auto` asks both once. `activate`: an item that is not stocked at its Shopify
    location is stocked there. A push that would set more than `guard_percent` of at least `guard_items` published items
    to nothing waits for a person.
    """

    locations: dict[str, tuple[LocationId, ...]] = {}
    buffer: _Count = 0
    buffers: dict[str, _Count] = {}
    percent: _Percent = Decimal(100)
    cap: _Count | None = None
    frozen: tuple[str, ...] = ()
    table: Literal["auto", "inventoryitemlocations", "aggregateitemlocation"] = "auto"
    activate: bool = False
    guard_percent: _Percent = Decimal(20)
    guard_items: _Count = 50


class StatusRules(Part):
    """What NetSuite says of an order and Shopify is told.

    `mark_paid`: an order whose invoice or cash sale is paid is paid in Shopify too; `capture`: an authorised card is
    captured when the order is billed; `closed`: an order closed in NetSuite with nothing shipped is asked about, cancelled
    in Shopify, or left; `write_back`: where the order's NetSuite number stands; `tag`: a tag with {number} in it.
    """

    mark_paid: bool = True
    capture: bool = False
    closed: Literal["hold", "cancel", "leave"] = "hold"
    write_back: Literal["metafield", "none"] = "metafield"
    tag: Annotated[str, Field(max_length=40)] | None = None


def _body_field(name: str | None) -> str | None:
    """It becomes part of a query, so it must be nothing but a field's id."""
    if name is not None and not re.fullmatch(r"custbody[a-z0-9_]+", name):
        raise ValueError(f"{name} is not the id of a custom body field, such as custbody_send_to_shop")
    return name


class DraftOrderRules(Part):
    """Sales orders entered in NetSuite that become draft orders. `field`: the custom body field that marks them; without it
    none does."""

    field: Annotated[str | None, AfterValidator(_body_field)] = None


class ScheduleRules(Part):
    """How often each run takes place, in seconds, from a minute to a day."""

    inventory_poll: _Cadence = 900
    inventory_push: _Cadence = 900
    inventory_drift: _Cadence = 86_400
    fulfillments_poll: _Cadence = 300
    orders_poll: _Cadence = 300
    orders_reconcile: _Cadence = 86_400
    customers_poll: _Cadence = 900
    draft_orders_poll: _Cadence = 300
    items_refresh: _Cadence = 900
    customers_refresh: _Cadence = 240
    billing_refresh: _Cadence = 120
    orders_verify: _Cadence = 60
    orders_catch_up: _Cadence = 900
    orders_look_back: _Cadence = 86_400
    customers_catch_up: _Cadence = 900
    connections_check: _Cadence = 3600
    webhooks_check: _Cadence = 3600
    events_forget: _Cadence = 86_400
