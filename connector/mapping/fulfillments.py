"""A Shopify fulfilment as a NetSuite item fulfilment. Pure."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from connector.errors import NotMapped
from connector.mapping import external_ids
from connector.mapping.refunds import location_of
from connector.mapping.rules import Rules
from connector.netsuite.documents import ItemFulfillment, Package, ShippedLine
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.records import Order


def item_fulfillment(
    order: Order, fulfillment: Fulfillment, *, shop_id: int, keys: Mapping[str, int], rules: Rules
) -> ItemFulfillment:
    """The body of the transform. `keys`: NetSuite's line keys by Shopify line. Raises NotMapped for an unknown line."""
    shipped = {line.line_id: line.quantity for line in fulfillment.lines if line.quantity}
    missing = sorted(set(shipped) - set(keys))
    if missing:
        raise NotMapped(
            f"{order.name}: fulfilment {fulfillment.name} ships the lines {', '.join(missing)}, which the sales order "
            "does not have; it was changed by hand",
            subject=f"line:{missing[0]}",
        )
    location = location_of(fulfillment, rules, f"{order.name}, fulfilment {fulfillment.name}")
    return ItemFulfillment(
        external_id=external_ids.item_fulfillment(shop_id, fulfillment.id),
        tran_date=fulfillment.created_at.astimezone(ZoneInfo(rules.time_zone)).date(),
        ship_status=rules.fulfillments.ship_status,
        memo=f"Shopify {fulfillment.name}",
        lines=[
            ShippedLine(key, shipped.get(line_id), location if line_id in shipped else None)
            for line_id, key in keys.items()
        ],
        packages=packages(fulfillment),
    )


def packages(fulfillment: Fulfillment) -> list[Package]:
    """One parcel for each tracking number."""
    return [Package(item.number, item.company) for item in fulfillment.tracking if item.number]
