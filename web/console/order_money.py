"""/orders/<name>/money: the order's money line by line, to the cent, on both sides."""

from dataclasses import dataclass
from decimal import Decimal

from connector.errors import ConnectorError
from connector.flows.order_money import OrderMoney, order_money
from web.console.asking import Asked
from web.console.order import listed_order, parts_of
from web.console.order_choice import the_order
from web.console.orders import OrderRow
from web.console.screens import Console
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class OrderMoneyLine:
    """One line of the sum. `how`: what Shopify's amount is made of; `difference`: what Shopify has more."""

    label: str
    how: str
    shopify: Decimal | None
    netsuite: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class Sums:
    """All lines with both totals, each the sum of its column. `netsuite_read`: what NetSuite itself said, None before.

    `is_written`: the lines stand in NetSuite; False: they would be written. `note`: why that side is not told.
    """

    lines: tuple[OrderMoneyLine, ...]
    currency: str
    shopify_total: Decimal
    netsuite_total: Decimal | None
    difference: Decimal | None
    netsuite_read: Decimal | None
    is_written: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class OrderMoneyPage:
    """The sums as they are now; `why_not`: why Shopify could not be asked."""

    row: OrderRow
    sums: Sums | None
    why_not: str | None
    parts: dict[str, str]


def order_money_screen(console: Console) -> None:
    """Registers the page."""

    @console.screen("order_money", "/orders/<name>/money", Asked, OrderMoneyPage)
    def read(visit: Visit, asked: Asked, name: str) -> OrderMoneyPage:
        """The order's money line by line on both sides; Shopify is asked for it now."""
        order = the_order(visit, name, asked.store)
        sums, why_not = None, None
        try:
            sums = _sums(order_money(visit.site.runtime, order))
        except ConnectorError as error:
            why_not = str(error)
        return OrderMoneyPage(listed_order(visit, order), sums, why_not, parts_of(visit, order))


def _sums(money: OrderMoney) -> Sums:
    sums, document = money.sums, money.document
    is_told = sums.netsuite_total is not None
    return Sums(
        lines=tuple(
            OrderMoneyLine(one.label, one.how, one.shopify, one.netsuite, one.difference if is_told else None)
            for one in sums.rows
        ),
        currency=sums.currency,
        shopify_total=sums.shopify_total,
        netsuite_total=sums.netsuite_total,
        difference=None if sums.netsuite_total is None else sums.shopify_total - sums.netsuite_total,
        netsuite_read=document.total if document is not None and document.is_read else None,
        is_written=document is not None,
        note=money.note,
    )
