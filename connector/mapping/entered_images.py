"""The image of a sales order that was entered in NetSuite and is an order of the shop now. Pure.

NetSuite's own stands, as of a customer that was found there: the image says what Shopify says at this moment, so that only
what Shopify changes from now on is written.
"""

from collections.abc import Mapping
from dataclasses import replace

from connector.mapping.images import ImageLine, OrderImage, image_of
from connector.mapping.orders import sales_order
from connector.mapping.remaining import Remaining
from connector.mapping.rules import Rules, TaxMode
from connector.netsuite.records import Reference
from connector.netsuite.states import LineState, SalesOrderState


def entered_image(
    left: Remaining, state: SalesOrderState, items: Mapping[str, str], *, entity: str, shop_id: int, rules: Rules
) -> OrderImage:
    """Shopify's lines under the keys of NetSuite's, found by item and quantity; NetSuite's others are a person's."""
    computed = rules.model_copy(update={"tax": rules.tax.model_copy(update={"mode": TaxMode.NETSUITE_COMPUTES})})
    record = sales_order(left, shop_id=shop_id, entity=Reference(id=entity), items=items, rules=computed)
    image, free = image_of(record), list(state.lines)
    lines = []
    for item in image.lines:
        found = next((line for line in free if _is_same(item, line)), None)
        if found is not None:
            free.remove(found)
        lines.append(replace(item, line=None if found is None else found.line))
    lines += [ImageLine("", line.line, {}) for line in free]
    return replace(image, lines=tuple(lines), are_keys_sure=True, is_closed=state.is_closed, entered_for=entity)


def _is_same(item: ImageLine, line: LineState) -> bool:
    body = item.body
    return str((body.get("item") or {}).get("id")) == line.item and body.get("quantity") == line.quantity
