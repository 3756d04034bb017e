"""Which orders are written at all. What is left out names the rule that left it out."""

from dataclasses import dataclass

from connector.mapping.rules import Rules
from connector.shopify.records import Order


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an order is not written: the rule's name and a sentence."""

    rule: str
    reason: str


def exclusion(order: Order, rules: Rules) -> Exclusion | None:
    """The rule that keeps this order out of NetSuite, or None."""
    if order.is_test and not rules.orders.include_test:
        return Exclusion("orders.include_test", f"{order.name} is a test order")
    created_after = rules.orders.created_after
    if created_after is not None and order.created_at < created_after:
        return Exclusion("orders.created_after", f"{order.name} was created before {created_after.isoformat()}")
    if order.cancelled_at is not None:
        return Exclusion("orders.cancelled", f"{order.name} was cancelled before it reached NetSuite")
    if order.payment_terms is not None and rules.orders.accept_terms:
        return None
    if order.financial_status not in rules.orders.financial_status:
        return Exclusion("orders.financial_status", f"{order.name} is {order.financial_status}")
    return None
