"""Which order an address means: by name or Shopify id, among the stores that are seen."""

from collections.abc import Sequence

from connector.flows import order_acts
from connector.store import records
from connector.store.records import RecordView
from connector.store.roles import Role
from web.console.asking import Asked, Form
from web.console.refusals import BadInput, NotFound
from web.console.site import Visit


class OrderAsked(Asked):
    """`store`: which of several orders of one name. `every`: the whole time line, however long."""

    every: bool = False


class RevealAsked(Asked):
    """`reveal`: with the people in it, for an operator; that is written down."""

    reveal: bool = False


class OrderForm(Form):
    """An act on one order; `store` says which of several."""

    store: str | None = None


def orders_named(visit: Visit, name: str, store: str | None) -> Sequence[RecordView]:
    """Every order of that name or Shopify id that is seen. Raises NotFound when there is none."""
    seen = visit.chosen(store)
    with visit.engine.begin() as database:
        found = records.by_name(database, name) or records.by_shopify_id(database, name)
    orders = [order for order in found if order.connection_id in seen]
    if not orders:
        raise NotFound(f"no order {name} is known; it may not have been announced yet")
    return orders


def the_order(visit: Visit, name: str, store: str | None) -> RecordView:
    """The only one. Raises NotFound, and BadInput when there are several."""
    orders = orders_named(visit, name, store)
    if len(orders) > 1:
        ids = ", ".join(order.shopify_id for order in orders)
        raise BadInput(
            f"{len(orders)} orders are named {name}; say which by store or Shopify id", fields={"name": f"one of {ids}"}
        )
    return orders[0]


def reveals(visit: Visit, asked: RevealAsked, order: RecordView, what: str) -> bool:
    """True when the people in a part of the order are shown, which is written down. Raises NotAllowed for a viewer."""
    if asked.reveal:
        visit.who.must_be(Role.OPERATOR)
        with visit.engine.begin() as database:
            order_acts.reveal(database, order, what=what, actor=visit.who.name)
    return asked.reveal
