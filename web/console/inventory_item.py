"""/inventory/<sku>: one item at every location, its sums spelled out; freeze it, thaw it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

from connector.errors import ConfigError
from connector.flows import stock_listing
from connector.flows.stock_listing import Listed
from connector.flows.stock_sentences import shop_lines, sum_lines
from connector.flows.stock_sync import PUSH
from connector.store import frozen_skus, operator_actions, stock_page
from web.console.asking import Asked, Because, Form
from web.console.inventory_lines import StockLine, stock_line
from web.console.one_store import the_store
from web.console.refusals import NotFound
from web.console.screens import Console, Done
from web.console.site import Visit, environment


class FreezeForm(Because):
    """Which store's SKU is frozen, and why."""

    store: str


class ThawForm(Form):
    """Which store's SKU may be pushed again."""

    store: str


@dataclass(frozen=True, slots=True)
class SumStep:
    """One line of a sum. `learnt`: told (by NetSuite) or seen (in the shop) at `at`."""

    sign: str
    units: Decimal
    what: str
    learnt: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemSum:
    """The item at one location: its figures, and the sum as steps."""

    line: StockLine
    steps: tuple[SumStep, ...]


@dataclass(frozen=True, slots=True)
class Freeze:
    """Who froze it and why."""

    because: str
    frozen_by: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One SKU of one store; several items where the shop gave it to several."""

    store: str
    environment: str
    sku: str
    frozen: Freeze | None
    sums: tuple[ItemSum, ...]


def inventory_item_screen(console: Console) -> None:
    """Registers the page of one SKU and its acts."""

    @console.screen("inventory_item", "/inventory/<path:sku>", Asked, ItemPage)
    def read(visit: Visit, asked: Asked, sku: str) -> ItemPage:
        """One SKU: how many units the shop should have, term by term, and how many it has."""
        stored = the_store(visit, asked.store)
        with visit.engine.begin() as database:
            items = stock_page.of_sku(database, stored.id, sku)
            if not items:
                raise NotFound(f"the shop of {stored.name} has no item with the SKU {sku}")
            view = stock_listing.stock_view(database, stored)
            found = stock_listing.lines(database, view, view.places, items)
        frozen = view.frozen.get(sku)
        return ItemPage(
            store=stored.name,
            environment=environment(stored),
            sku=sku,
            frozen=Freeze(frozen.because, frozen.frozen_by, frozen.frozen_at) if frozen else None,
            sums=tuple(_sum(one) for one in found),
        )

    _register_acts(console)


def _register_acts(console: Console) -> None:
    @console.act("inventory_freeze", "/inventory/<path:sku>/freeze", FreezeForm)
    def freeze(visit: Visit, form: FreezeForm, sku: str) -> Done:
        """Keep a SKU from being pushed until it is thawed."""
        stored = visit.store(form.store)
        with visit.engine.begin() as database:
            if not stock_page.of_sku(database, stored.id, sku):
                raise NotFound(f"the shop of {stored.name} has no item with the SKU {sku}")
            if not frozen_skus.freeze(database, stored.id, sku, because=form.why, actor=visit.who.name):
                raise ConfigError(f"{sku} is frozen already")
            details = {"sku": sku, "because": form.why}
            operator_actions.write_down(database, stored.id, actor=visit.who.name, action="sku frozen", details=details)
        return Done(f"{sku} is frozen: nothing is pushed of it until it is thawed.", _at(sku, stored.name))

    @console.act("inventory_thaw", "/inventory/<path:sku>/thaw", ThawForm)
    def thaw(visit: Visit, form: ThawForm, sku: str) -> Done:
        """Let a SKU be pushed again; the next push sends what differs."""
        stored = visit.store(form.store)
        with visit.engine.begin() as database:
            if not frozen_skus.thaw(database, stored.id, sku):
                raise ConfigError(f"{sku} is not frozen by a person")
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="sku thawed", details={"sku": sku}
            )
        said = f"{sku} is thawed: the next {PUSH} sends what differs."
        return Done(said, _at(sku, stored.name))


def _at(sku: str, store: str) -> str:
    return f"/inventory/{quote(sku)}?{urlencode({'store': store})}"


def _sum(one: Listed) -> ItemSum:
    steps = () if one.standing is None else (*sum_lines(one.standing), *shop_lines(one.standing))
    return ItemSum(
        stock_line(one), tuple(SumStep(step.sign, step.units, step.what, step.learnt, step.at) for step in steps)
    )
