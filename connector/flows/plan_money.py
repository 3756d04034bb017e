"""Money that came in: one customer deposit for each payment. Pure."""

from dataclasses import replace

from connector.flows.own_payments import own_payments
from connector.flows.planning import Plan, Subject
from connector.mapping import external_ids
from connector.mapping.orders import is_cash_sale
from connector.mapping.payments import deposits
from connector.netsuite.records import Reference
from connector.netsuite.writes import Create
from connector.shopify.records import Order
from connector.store.tables import EffectKind


def planned_deposits(subject: Subject, buyer: Reference) -> Plan:
    """The deposits that are not made yet; none for a cash sale, whose money is in it.

    Nor for a company that buys on terms: it pays its invoice, and that money comes into NetSuite's books there.
    """
    key = external_ids.sales_order(subject.shop_id, subject.order.id)
    standing = subject.known.standing(key)
    if is_sold_for_cash(subject) or is_on_terms(subject):
        return Plan()
    paid_to = Reference(id=standing.remote_id) if standing else Reference(external_id=key)
    made = deposits(
        _without_own(subject), shop_id=subject.shop_id, customer=buyer, sales_order=paid_to, rules=subject.rules
    )
    return Plan(
        tuple(
            subject.effect(
                EffectKind.CUSTOMER_DEPOSIT,
                deposit.external_id,
                Create("customerDeposit", deposit.to_json()),
                amount=deposit.payment,
            )
            for deposit in made
            if subject.known.standing(deposit.external_id) is None
        )
    )


def _without_own(subject: Subject) -> Order:
    """The order less the payments that we made ourselves: NetSuite told us of that money."""
    marked = subject.known.made.get(external_ids.marked_paid(subject.shop_id, subject.order.id))
    own = own_payments(subject.order, marked)
    return replace(subject.order, transactions=tuple(item for item in subject.order.transactions if item.id not in own))


def is_on_terms(subject: Subject) -> bool:
    """True for a company that pays its invoice: it has no deposits."""
    return subject.order.is_business and subject.order.payment_terms is not None


def is_sold_for_cash(subject: Subject) -> bool:
    """True when the order is, or is going to be, a cash sale."""
    if subject.known.standing(external_ids.sales_order(subject.shop_id, subject.order.id)):
        return False
    is_made = subject.known.standing(external_ids.cash_sale(subject.shop_id, subject.order.id)) is not None
    return is_made or is_cash_sale(subject.order, subject.rules)
