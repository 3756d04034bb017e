"""plan: an order, the rules and the effects so far → the effects still to make. Pure; the dry run prints its result."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.errors import NeedsDecision, NotMapped
from connector.mapping import external_ids
from connector.mapping.customers import currency_id, customer
from connector.mapping.money import booked
from connector.mapping.orders import sales_order
from connector.mapping.payments import deposits
from connector.mapping.rules import Rules
from connector.mapping.selection import Exclusion, exclusion
from connector.netsuite.records import Customer as NetSuiteCustomer
from connector.netsuite.records import CustomerDeposit, Reference, SalesOrder
from connector.shopify.records import Order
from connector.store.effects import Intent
from connector.store.tables import EffectKind
from connector.transport import encode


@dataclass(frozen=True, slots=True)
class Effect:
    """One write: the body is exactly what is sent to POST /record/v1/{record_type}."""

    intent: Intent
    record_type: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before planning: NetSuite ids by natural key, items by SKU, customers with the buyer's e-mail."""

    confirmed: Mapping[str, str]
    items: Mapping[str, str]
    customers_by_email: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made, in this order. `link` is a customer that exists and only has to be remembered."""

    effects: tuple[Effect, ...] = ()
    exclusion: Exclusion | None = None
    link: tuple[str, str] | None = None
    open_question: NeedsDecision | None = None


def plan(order: Order, *, shop_id: int, known: Known, rules: Rules) -> Plan:
    """Everything the order still needs in NetSuite. Raises NotMapped or TotalMismatch before anything is written.

    An order that stands in NetSuite is never taken out again by an exclusion rule.
    """
    order_key = external_ids.sales_order(shop_id, order.id)
    is_written = order_key in known.confirmed
    left_out = exclusion(order, rules)
    if left_out is not None and not is_written:
        return Plan(exclusion=left_out)
    currency = booked(order.total, rules).currency
    buyer, wanted, link = _buyer(order, shop_id, known, rules)
    written = (
        sales_order(order, shop_id=shop_id, entity=buyer, items=known.items, rules=rules) if not is_written else None
    )
    paid_to = Reference(id=known.confirmed[order_key]) if is_written else Reference(external_id=order_key)
    payments = deposits(order, shop_id=shop_id, customer=buyer, sales_order=paid_to, rules=rules)
    effects = [_customer_effect(wanted)] if wanted is not None else []
    if written is not None:
        effects.append(_order_effect(written, currency))
    effects += [
        _deposit_effect(payment, currency) for payment in payments if payment.external_id not in known.confirmed
    ]
    return Plan(tuple(effects), link=link, open_question=_open_question(order, rules))


def natural_keys(order: Order, shop_id: int) -> list[str]:
    """Every key under which something of this order can stand in NetSuite."""
    keys = [external_ids.sales_order(shop_id, order.id)]
    keys += [external_ids.customer_deposit(shop_id, payment.id) for payment in order.transactions]
    if order.customer is not None:
        keys.append(external_ids.customer(shop_id, order.customer.id))
    return keys


def _buyer(
    order: Order, shop_id: int, known: Known, rules: Rules
) -> tuple[Reference, NetSuiteCustomer | None, tuple[str, str] | None]:
    """Who the order belongs to; the customer to create, if any; the link to remember, if any."""
    if order.customer is None:
        if rules.customer.default is None:
            raise NotMapped(
                f"{order.name} has no customer: set rules.customer.default", subject="rule:customer.default"
            )
        return Reference(id=rules.customer.default), None, None
    key = external_ids.customer(shop_id, order.customer.id)
    if key in known.confirmed:
        return Reference(id=known.confirmed[key]), None, None
    found = known.customers_by_email
    if len(found) > 1:
        raise NeedsDecision(
            f"{order.name}: NetSuite has {len(found)} customers with the buyer's e-mail address "
            f"({', '.join(found)}); merge them, or make all but one inactive",
            subject=f"customer:{order.customer.id}",
        )
    if found:
        return Reference(id=found[0]), None, (key, found[0])
    currency = currency_id(booked(order.total, rules).currency, rules)
    wanted = customer(order.customer, order, shop_id=shop_id, currency=currency, rules=rules)
    return Reference(external_id=key), wanted, None


def _open_question(order: Order, rules: Rules) -> NeedsDecision | None:
    """What happened to the order in Shopify that is not written: named, never passed over."""
    if order.cancelled_at is not None:
        return NeedsDecision(
            f"{order.name} was cancelled in Shopify after it was written to NetSuite: "
            "close the sales order and return its deposits by hand",
            subject="order:cancelled",
        )
    refunded = booked(order.refunded, rules)
    if refunded.amount:
        return NeedsDecision(
            f"{order.name}: {refunded.amount} {refunded.currency} were refunded in Shopify: "
            "book the refund in NetSuite by hand",
            subject="order:refunded",
        )
    return None


def _customer_effect(record: NetSuiteCustomer) -> Effect:
    body = record.to_json()
    return Effect(_intent(EffectKind.CUSTOMER, record.external_id, body), "customer", body)


def _order_effect(record: SalesOrder, currency: str) -> Effect:
    body = record.to_json()
    return Effect(_intent(EffectKind.SALES_ORDER, record.external_id, body, record.total, currency), "salesOrder", body)


def _deposit_effect(record: CustomerDeposit, currency: str) -> Effect:
    body = record.to_json()
    intent = _intent(EffectKind.CUSTOMER_DEPOSIT, record.external_id, body, record.payment, currency)
    return Effect(intent, "customerDeposit", body)


def _intent(
    kind: EffectKind, key: str, body: Mapping[str, Any], amount: Decimal | None = None, currency: str | None = None
) -> Intent:
    return Intent(kind, key, hashlib.sha256(encode(body)).hexdigest(), amount, currency)
