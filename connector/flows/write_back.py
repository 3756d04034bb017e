"""The orders' NetSuite numbers, written to the shop: into metafields for many orders at once, and by rule as a tag."""

from collections.abc import Sequence

from connector.errors import Rejected
from connector.flows.systems import Systems, Workplace
from connector.shopify import order_writes
from connector.shopify.order_writes import LONGEST_TAG, ORDERS_A_CALL, Annotation
from connector.store import sales_orders
from connector.store.sales_orders import MirroredOrder


def write_back(systems: Systems, workplace: Workplace) -> int:
    """Tells the shop every number it was not told; returns how many. A lost answer is repeated: it says the same.

    Raises Rejected at the end, when all others were told, for what Shopify does not take.
    """
    rules = systems.rules.status
    if rules.write_back == "none" and rules.tag is None:
        return 0
    count, last, problems = 0, 0, list[str]()
    while orders := _next(systems, workplace, after=last):
        last = orders[-1].netsuite_id
        told = _annotated(orders, systems, problems) if rules.write_back == "metafield" else list(orders)
        told = told if rules.tag is None else _tagged(told, rules.tag, systems, problems)
        with workplace.engine.begin() as connection:
            sales_orders.mark_written_back(connection, systems.connection.id, told)
        count += len(told)
    if problems:
        raise Rejected("; ".join(problems))
    return count


def _next(systems: Systems, workplace: Workplace, *, after: int) -> list[MirroredOrder]:
    with workplace.engine.begin() as connection:
        return sales_orders.not_written_back(connection, systems.connection.id, after=after, limit=ORDERS_A_CALL)


def _annotated(orders: Sequence[MirroredOrder], systems: Systems, problems: list[str]) -> list[MirroredOrder]:
    """Those that need no more: annotated, or gone. One that stands in the way is left out, and the others are told."""
    wanted, finished = list(orders), list[MirroredOrder]()
    while wanted:
        annotations = [Annotation(order.shopify_id, str(order.number), str(order.netsuite_id)) for order in wanted]
        refused = order_writes.annotate(systems.shopify, annotations)
        if not refused:
            break
        for order in [order for order in wanted if order.shopify_id in refused]:
            wanted.remove(order)
            if systems.shopify.order(order.shopify_id) is None:
                finished.append(order)
            else:
                problems.append(f"order {order.shopify_id}: {refused[order.shopify_id]}")
    return wanted + finished


def _tagged(
    orders: Sequence[MirroredOrder], pattern: str, systems: Systems, problems: list[str]
) -> list[MirroredOrder]:
    finished = []
    for order in orders:
        tag = pattern.replace("{number}", str(order.number))
        if len(tag) > LONGEST_TAG:
            problems.append(f"order {order.shopify_id}: the tag {tag} is too long; shorten rules.status.tag")
            continue
        try:
            order_writes.add_tag(systems.shopify, order.shopify_id, tag)
        except Rejected as error:
            if systems.shopify.order(order.shopify_id) is not None:
                problems.append(f"order {order.shopify_id}: {error}")
                continue
        finished.append(order)
    return finished
