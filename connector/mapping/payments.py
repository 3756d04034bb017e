"""Which payments of an order are money, and the customer deposit of each."""

from zoneinfo import ZoneInfo

from connector.errors import NotMapped
from connector.mapping import external_ids
from connector.mapping.customers import currency_id
from connector.mapping.money import booked
from connector.mapping.rules import PaymentMethod, Rules
from connector.netsuite.records import CustomerDeposit, Reference
from connector.shopify.records import Order, Transaction

# An authorisation is a promise, not money; a void takes a promise back.
_MONEY = {"SALE", "CAPTURE"}


def deposits(
    order: Order, *, shop_id: int, customer: Reference, sales_order: Reference, rules: Rules
) -> tuple[CustomerDeposit, ...]:
    """One deposit per successful sale or capture, in Shopify's order. Raises NotMapped naming a gateway."""
    return tuple(
        _deposit(order, payment, shop_id=shop_id, customer=customer, sales_order=sales_order, rules=rules)
        for payment in order.transactions
        if is_money(payment, rules)
    )


def is_money(payment: Transaction, rules: Rules) -> bool:
    """True when money was received by this transaction."""
    if payment.is_test and not rules.orders.include_test:
        return False
    return payment.kind in _MONEY and payment.status == "SUCCESS" and booked(payment.amount, rules).amount > 0


def _deposit(
    order: Order, payment: Transaction, *, shop_id: int, customer: Reference, sales_order: Reference, rules: Rules
) -> CustomerDeposit:
    money = booked(payment.amount, rules)
    method = _method(order, payment, rules)
    moment = payment.processed_at or order.processed_at
    return CustomerDeposit(
        external_id=external_ids.customer_deposit(shop_id, payment.id),
        customer=customer,
        sales_order=sales_order,
        payment=money.amount,
        currency=currency_id(money.currency, rules),
        tran_date=moment.astimezone(ZoneInfo(rules.time_zone)).date(),
        payment_option=method.method,
        account=method.account,
        memo=f"Shopify {order.name} {payment.kind.lower()} {payment.id}",
    )


def _method(order: Order, payment: Transaction, rules: Rules) -> PaymentMethod:
    method = rules.payments.methods.get(payment.gateway)
    if method is None:
        raise NotMapped(
            f"{order.name} was paid through the gateway {payment.gateway!r}, which has no payment method; "
            f"set rules.payments.methods.{payment.gateway}",
            subject=f"gateway:{payment.gateway}",
        )
    return method
