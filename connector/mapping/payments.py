"""Which payments of an order are money, and the customer deposit of each."""

from decimal import Decimal
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


def deposited(payment: Transaction, order: Order, rules: Rules) -> Decimal:
    """What stays in the till of one payment: cash that was given back as change does not."""
    change = sum(
        (
            booked(item.amount, rules).amount
            for item in order.transactions
            if item.kind == "CHANGE" and item.status == "SUCCESS" and item.parent_id == payment.id
        ),
        Decimal(0),
    )
    return booked(payment.amount, rules).amount - change


def received(order: Order, rules: Rules) -> Decimal:
    """All money of an order that stayed in the till, before anything went back."""
    payments = [item for item in order.transactions if is_money(item, rules)]
    return sum((deposited(item, order, rules) for item in payments), Decimal(0))


def method_of(order: Order, payment: Transaction, rules: Rules) -> PaymentMethod:
    """The payment method of a transaction's gateway. Raises NotMapped."""
    method = rules.payments.methods.get(payment.gateway)
    if method is None:
        raise NotMapped(
            f"{order.name} was paid through the gateway {payment.gateway!r}, which has no payment method; "
            f"set rules.payments.methods.{payment.gateway}",
            subject=f"gateway:{payment.gateway}",
        )
    return method


def refund_method(order: Order, payment: Transaction, rules: Rules) -> PaymentMethod:
    """The payment method of money that goes back; NetSuite wants the account it leaves. Raises NotMapped."""
    method = method_of(order, payment, rules)
    if method.account is None:
        raise NotMapped(
            f"{order.name} was refunded through the gateway {payment.gateway!r}, and NetSuite wants the account the money "
            f"leaves; set rules.payments.methods.{payment.gateway}.account",
            subject=f"gateway:{payment.gateway}",
        )
    return method


def cash_method(order: Order, rules: Rules) -> PaymentMethod:
    """The payment method of a cash sale: that of its largest payment. Raises NotMapped."""
    payments = [item for item in order.transactions if is_money(item, rules)]
    if not payments:
        return PaymentMethod()
    return method_of(order, max(payments, key=lambda item: (deposited(item, order, rules), item.id)), rules)


def _deposit(
    order: Order, payment: Transaction, *, shop_id: int, customer: Reference, sales_order: Reference, rules: Rules
) -> CustomerDeposit:
    money = booked(payment.amount, rules)
    method = method_of(order, payment, rules)
    moment = payment.processed_at or order.processed_at
    return CustomerDeposit(
        external_id=external_ids.customer_deposit(shop_id, payment.id),
        customer=customer,
        sales_order=sales_order,
        payment=deposited(payment, order, rules),
        currency=currency_id(money.currency, rules),
        tran_date=moment.astimezone(ZoneInfo(rules.time_zone)).date(),
        payment_option=method.method,
        account=method.account,
        memo=f"Shopify {order.name} {payment.kind.lower()} {payment.id}",
    )
