"""/orders/<name>/sync, /ignore, /look-again: what a person does with an order, each shown before it is done."""

from dataclasses import dataclass

from connector.flows import order_acts
from connector.store.records import RecordView
from connector.store.tables import RecordState
from web.console.asking import Asked, Because
from web.console.order import listed_order, parts_of
from web.console.order_choice import OrderForm, the_order
from web.console.order_links import order_path
from web.console.order_plan import DryRun, tried
from web.console.orders import OrderRow
from web.console.screens import Console, Done
from web.console.site import Visit, environment


class LeaveForm(Because):
    """`because`: why nothing is to be done for it; `store` says which of several."""

    store: str | None = None


@dataclass(frozen=True, slots=True)
class OrderSyncPage:
    """What one more pass would write now."""

    row: OrderRow
    environment: str
    tried: DryRun
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderIgnorePage:
    """What it means to leave the order alone. `stands`: something of it stands in NetSuite already."""

    row: OrderRow
    environment: str
    stands: bool
    is_left_alone: bool
    parts: dict[str, str]


def order_again_screen(console: Console) -> None:
    """Registers the pages and their acts."""

    @console.screen("order_sync", "/orders/<name>/sync", Asked, OrderSyncPage)
    def preview(visit: Visit, asked: Asked, name: str) -> OrderSyncPage:
        """What one more pass would write; nothing is done yet."""
        order = the_order(visit, name, asked.store)
        done = tried(visit, order, is_revealed=False)
        return OrderSyncPage(listed_order(visit, order), _place(visit, order), done, parts_of(visit, order))

    @console.act("order_sync_now", "/orders/<name>/sync", OrderForm)
    def sync(visit: Visit, form: OrderForm, name: str) -> Done:
        """One more pass over the order and over what the shop is told of it."""
        order = the_order(visit, name, form.store)
        with visit.engine.begin() as database:
            ids = order_acts.sync_again(database, order, actor=visit.who.name)
        visit.site.wakes.put(ids)
        return Done("A worker looks at it within seconds.", order_path(visit, order))

    @console.screen("order_ignore", "/orders/<name>/ignore", Asked, OrderIgnorePage)
    def leave_preview(visit: Visit, asked: Asked, name: str) -> OrderIgnorePage:
        """What it means to leave the order alone; nothing is done yet."""
        order = the_order(visit, name, asked.store)
        row, is_left = listed_order(visit, order), order.state == RecordState.IGNORED
        stands = row.netsuite_id is not None
        return OrderIgnorePage(row, _place(visit, order), stands, is_left, parts_of(visit, order))

    @console.act("order_leave", "/orders/<name>/ignore", LeaveForm)
    def leave(visit: Visit, form: LeaveForm, name: str) -> Done:
        """Leave the order alone, whatever comes, until somebody looks at it again."""
        order = the_order(visit, name, form.store)
        with visit.engine.begin() as database:
            order_acts.leave_alone(database, order, because=form.because, actor=visit.who.name)
        return Done("The order is left alone.", order_path(visit, order))

    @console.act("order_look_again", "/orders/<name>/look-again", OrderForm)
    def look_again(visit: Visit, form: OrderForm, name: str) -> Done:
        """Work on an order again that was left alone."""
        order = the_order(visit, name, form.store)
        with visit.engine.begin() as database:
            ids = order_acts.look_again(database, order, actor=visit.who.name)
        visit.site.wakes.put(ids)
        return Done("The order is looked at again.", order_path(visit, order))


def _place(visit: Visit, order: RecordView) -> str:
    return environment(visit.store_of(order.connection_id))
