"""What another connector wrote of one order, for a person who says which of it is the order. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.errors import ConfigError
from connector.flows.adoption_match import difference
from connector.flows.adoption_search import standing_orders
from connector.flows.systems import Workplace
from connector.mapping.money import booked
from connector.netsuite.foreign_documents import FoundDocument
from connector.shopify.money import Money
from connector.store.records import RecordView


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sales order or cash sale that may be the order. `differs`: NetSuite's sum and the shop's in words; None: equal.

    `currency`: the document's own; None where the rules do not know it.
    """

    document: FoundDocument
    currency: str | None
    differs: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What NetSuite has of an order. `field`: where it was looked for, and `value` what it holds; `total`: the shop's."""

    field: str
    value: str
    total: Money
    found: Sequence[Candidate]


def candidates(workplace: Workplace, record: RecordView) -> Candidates:
    """Asks the shop for the order and NetSuite for its documents, once each.

    Raises ConfigError where no rule names a field or the order was deleted, and what the clients raise.
    """
    systems = workplace.open_systems(record.connection_id)
    rules = systems.rules
    if rules.adoption.field is None:
        raise ConfigError("rules.adoption.field names no field by which another connector's documents are found")
    order = systems.shopify.order(record.shopify_id)
    if order is None:
        raise ConfigError(f"{record.name or record.shopify_id} was deleted in Shopify")
    documents = standing_orders(systems, {order.id: order.name})[order.id]
    total = booked(order.total, rules)
    # An account with one currency names none.
    currencies = {"": total.currency} | {number: currency for currency, number in rules.currencies.items()}
    found = [
        Candidate(one, currencies.get(one.currency), difference(one, order.total, order.current_total, rules))
        for one in documents
    ]
    return Candidates(rules.adoption.field, rules.adoption.value_of(order.id, order.name), total, found)
