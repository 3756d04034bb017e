"""/orders/<name>/money: the order's money line by line and payment by payment, to the cent, on both sides."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.errors import ConnectorError
from connector.flows.order_money import OrderMoney, order_money
from connector.flows.order_payments import Payment
from connector.store.connections import StoredConnection
from web.console.asking import Asked
from web.console.order import listed_order, parts_of
from web.console.order_choice import the_order
from web.console.order_links import in_netsuite
from web.console.orders import OrderRow, words
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
class MovedMoney:
    """One capture or sale, or one refund (negative). `gateway`: as Shopify names it; `transaction_id`: Shopify's.

    `document`: what stands for it in NetSuite, under `external_id`, `netsuite` of which is this payment's; None where none does.
    `difference`: what Shopify has more; None where nothing is to stand there, and `note` says why.
    """

    what: str
    gateway: str
    at: datetime | None
    transaction_id: str
    shopify: Decimal
    document: str | None
    external_id: str
    netsuite: Decimal | None
    page: str | None
    difference: Decimal | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Payments:
    """All money that moved, with its sums; `paid` and `shipped`: as Shopify says now."""

    paid: str
    shipped: str
    lines: tuple[MovedMoney, ...]
    currency: str
    shopify: Decimal
    netsuite: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True)
class OrderMoneyPage:
    """The sums and payments as they are now; `why_not`: why Shopify could not be asked."""

    row: OrderRow
    sums: Sums | None
    payments: Payments | None
    why_not: str | None
    parts: dict[str, str]


def order_money_screen(console: Console) -> None:
    """Registers the page."""

    @console.screen("order_money", "/orders/<name>/money", Asked, OrderMoneyPage)
    def read(visit: Visit, asked: Asked, name: str) -> OrderMoneyPage:
        """The order's money line by line on both sides; Shopify is asked for it now."""
        order = the_order(visit, name, asked.store)
        row, parts = listed_order(visit, order), parts_of(visit, order)
        try:
            money = order_money(visit.site.runtime, order)
        except ConnectorError as error:
            return OrderMoneyPage(row, None, None, str(error), parts)
        payments = _payments(money, visit.store_of(order.connection_id))
        return OrderMoneyPage(row, _sums(money), payments, None, parts)


def _payments(money: OrderMoney, stored: StoredConnection) -> Payments:
    lines = tuple(_moved(one, stored) for one in money.payments)
    return Payments(
        paid=words(money.order.financial_status) or "",
        shipped=words(money.order.fulfillment_status) or "",
        lines=lines,
        currency=money.sums.currency,
        shopify=sum((one.shopify for one in lines), Decimal(0)),
        netsuite=sum((one.netsuite for one in lines if one.netsuite is not None), Decimal(0)),
        difference=sum((one.difference for one in lines if one.difference is not None), Decimal(0)),
    )


def _moved(one: Payment, stored: StoredConnection) -> MovedMoney:
    made = one.made
    return MovedMoney(
        what="refund" if one.here < 0 else one.transaction.kind.lower(),
        gateway=one.transaction.gateway,
        at=one.at,
        transaction_id=one.transaction.id,
        shopify=one.here,
        document=made.kind.replace("_", " ") if made is not None else None,
        external_id=one.key,
        netsuite=one.there,
        page=in_netsuite(stored, made.kind, made.remote_id) if made is not None and made.remote_id else None,
        difference=one.difference,
        note=one.note,
    )


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
