"""What the shop was told of NetSuite's shipments, and what stands in the shop of it. Pure.

The image of a parcel: `shipment`, `items` (units by item), `lines` (units by order line), `tracking` (company, numbers), and
`before`: the fulfilments that stood when it was sent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.flows.planning import Made
from connector.flows.status_planning import StatusSubject
from connector.mapping import external_ids
from connector.mapping.carriers import company
from connector.mapping.images import OrderImage
from connector.shopify.fulfillments import Fulfillment
from connector.store.shipments import Shipment
from connector.store.tables import EffectKind, EffectState

SHIPMENT, ITEMS, LINES, TRACKING, BEFORE, CANCELLING = "shipment", "items", "lines", "tracking", "before", "cancelling"
STANDS = "SUCCESS"
# An order's fulfilment with fifty numbers cannot be read any more, for such a list may be cut off.
MOST_NUMBERS = 49

Goods = Counter[str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One fulfilment that we made, or found and took for ours. `fulfillment`: as it stands; None when it vanished."""

    key: str
    made: Made
    fulfillment: Fulfillment | None

    @property
    def image(self) -> Mapping[str, Any]:
        """What we know of it."""
        return self.made.image or {}

    @property
    def items(self) -> Goods:
        """Units by item."""
        return Counter(self.image.get(ITEMS, {}))

    @property
    def is_there(self) -> bool:
        """True while it stands in the shop."""
        return self.fulfillment is not None and self.fulfillment.status == STANDS


def parcels_of(subject: StatusSubject, shipment: Shipment) -> list[Parcel]:
    """Those of one shipment that stand as far as we know."""
    known = {item.id: item for item in subject.order.fulfillments}
    return [
        Parcel(key, made, known.get(str(made.remote_id)))
        for key, made in subject.made.items()
        if made.kind is EffectKind.SHOP_FULFILLMENT
        and made.stands
        and (made.image or {}).get(SHIPMENT) == shipment.netsuite_id
    ]


def unclaimed(subject: StatusSubject) -> list[Fulfillment]:
    """Fulfilments that stand in the shop and that neither we made nor NetSuite has from there, oldest first."""
    claimed = {
        made.remote_id for made in subject.made.values() if made.kind is EffectKind.SHOP_FULFILLMENT and made.stands
    }
    return [
        item
        for item in sorted(subject.order.fulfillments, key=lambda item: int(item.id))
        if item.status == STANDS
        and item.id not in claimed
        and not _is_of_netsuite(subject.made.get(external_ids.item_fulfillment(subject.shop_id, item.id)))
    ]


def free_keys(subject: StatusSubject, shipment: Shipment, count: int) -> list[str]:
    """Keys of new parcels of a shipment: one is used again only when nothing came of it."""
    found: list[str] = []
    nth = 0
    while len(found) < count:
        nth += 1
        key = external_ids.parcel(subject.shop_id, shipment.netsuite_id, nth)
        made = subject.made.get(key)
        if made is None or (made.state is EffectState.PLANNED and made.remote_id is None):
            found.append(key)
    return found


def lines_by_item(subject: StatusSubject) -> dict[str, list[str]]:
    """The order's lines by NetSuite's item, as the sales order was written."""
    made = subject.made.get(external_ids.sales_order(subject.shop_id, subject.order.id))
    found: dict[str, list[str]] = {}
    if made is not None and made.image is not None:
        ids = {line.id for line in subject.order.lines}
        for line in OrderImage.from_json(made.image).lines:
            if line.reference in ids:
                item = str((line.body.get("item") or {}).get("id", ""))
                found.setdefault(item, []).append(line.reference)
    return found


def goods_of(fulfillment: Fulfillment, by_item: Mapping[str, Sequence[str]]) -> Goods:
    """Units by item of a fulfilment in the shop."""
    item_of = {line: item for item, lines in by_item.items() for line in lines}
    found: Goods = Counter()
    for line in fulfillment.lines:
        found[item_of.get(line.line_id, f"line {line.line_id}")] += line.quantity
    return +found


def wanted_tracking(subject: StatusSubject, shipment: Shipment) -> dict[str, Any]:
    """What the buyer is told; empty without a number."""
    if not shipment.tracking:
        return {}
    carrier = company(shipment.carrier, shipment.method, subject.rules)
    numbers = {"numbers": list(shipment.tracking[:MOST_NUMBERS])}
    return numbers if carrier is None else {"company": carrier, **numbers}


def left_out(shipment: Shipment) -> tuple[str, ...]:
    """A note on the numbers that the buyer is not told."""
    count = len(shipment.tracking) - MOST_NUMBERS
    if count <= 0:
        return ()
    return (
        f"shipment {shipment.title} has {len(shipment.tracking)} tracking numbers; the last {count} are not in Shopify",
    )


def shown_tracking(fulfillment: Fulfillment) -> dict[str, Any]:
    """What stands in the shop, in the same shape."""
    numbers = [item.number for item in fulfillment.tracking if item.number]
    carrier = next((item.company for item in fulfillment.tracking if item.company), None)
    if not numbers:
        return {}
    return {"numbers": numbers} if carrier is None else {"company": carrier, "numbers": numbers}


def _is_of_netsuite(made: Made | None) -> bool:
    return made is not None and made.stands
