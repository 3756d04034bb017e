"""What planning an order's status takes and gives: how it stands on both sides, and what the shop is still to be told."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connector.errors import NeedsDecision
from connector.flows.planning import Made
from connector.mapping.money import booked
from connector.mapping.rules import Rules
from connector.netsuite.states import SalesOrderState
from connector.shopify.fulfillment_orders import FulfillmentOrder
from connector.shopify.money import Money, MoneyBag
from connector.shopify.records import Order
from connector.store.billing import BillingDocument
from connector.store.effects import Intent
from connector.store.sales_orders import MirroredOrder
from connector.store.shipments import Shipment
from connector.store.tables import EffectKind
from connector.transport import encode


class StatusWant(StrEnum):
    """A fact that is read only when it decides something: from NetSuite, one call for each document, or from the shop."""

    ORDER_STATE = "order_state"
    OPEN_AMOUNTS = "open_amounts"
    FULFILLMENT_ORDERS = "fulfillment_orders"


@dataclass(frozen=True, slots=True)
class Mutation:
    """Any mutation: the operation's name and variables, and where in its payload the id of what it made stands."""

    operation: str
    variables: Mapping[str, Any]
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkPaid:
    """orderMarkAsPaid."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Capture:
    """orderCapture, in the buyer's currency."""

    order_id: str
    authorization_id: str
    money: Money


@dataclass(frozen=True, slots=True)
class Cancel:
    """orderCancel; no money goes back by it."""

    order_id: str
    note: str


ShopWrite = Mutation | MarkPaid | Capture | Cancel


@dataclass(frozen=True, slots=True)
class StatusEffect:
    """One write to the shop. `takes_away`: nothing stands afterwards."""

    intent: Intent
    write: ShopWrite
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a write whose answer was lost; without a `remote_id` nothing did.

    `kind`: it was never written down, for somebody else made it; `is_gone`: it was taken away again.
    """

    key: str
    remote_id: str | None = None
    image: Mapping[str, Any] | None = None
    kind: EffectKind | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class StatusSubject:
    """What one order's status is planned from.

    `sales_order`, `bills` and `shipments` are as mirrored; `order_state`, `open_amounts` (by invoice) and
    `fulfillment_orders` were read for this very plan.
    """

    order: Order
    shop_id: int
    rules: Rules
    made: Mapping[str, Made]
    sales_order: MirroredOrder
    bills: Sequence[BillingDocument]
    now: datetime
    rules_version: int = 0
    order_state: SalesOrderState | None = None
    open_amounts: Mapping[int, Decimal] | None = None
    shipments: Sequence[Shipment] = ()
    fulfillment_orders: Sequence[FulfillmentOrder] | None = None

    def amount(self, bag: MoneyBag) -> Decimal:
        """The side of an amount that is booked."""
        return booked(bag, self.rules).amount

    @property
    def currency(self) -> str:
        """The currency of the books."""
        return booked(self.order.total, self.rules).currency

    @property
    def number(self) -> str:
        """What people call the sales order."""
        return self.sales_order.number or str(self.sales_order.netsuite_id)

    def effect(
        self, kind: EffectKind, key: str, write: ShopWrite, *, amount: Decimal | None = None,
        image: Mapping[str, Any] | None = None,
    ) -> StatusEffect:  # fmt: skip
        """An effect with its intent."""
        request_hash = hashlib.sha256(encode(repr(write))).hexdigest()
        currency = None if amount is None else self.currency
        return StatusEffect(Intent(kind, key, request_hash, amount, currency, image, self.rules_version), write)

    def question(self, sentence: str, subject: str) -> "StatusPlan":
        """A plan that does nothing and asks a person."""
        return StatusPlan(open_question=NeedsDecision(f"{self.order.name}: {sentence}", subject=subject))


@dataclass(frozen=True, slots=True)
class StatusPlan:
    """What the shop is to be told, in this order. `wants`: facts without which the plan is not complete.

    `findings`: what became of lost answers; `job`: the key of a cancellation that Shopify is at; `wait_seconds`: until a
    request whose answer was lost cannot be at work any more; `again`: what is left can only be planned once this is made;
    `not_yet`: what Shopify is still to do, in a sentence, before the rest can be told.
    """

    effects: tuple[StatusEffect, ...] = ()
    wants: frozenset[StatusWant] = frozenset()
    findings: tuple[Finding, ...] = ()
    open_question: NeedsDecision | None = None
    notes: tuple[str, ...] = field(default=())
    job: str | None = None
    wait_seconds: float | None = None
    again: bool = False
    not_yet: str | None = None

    def then(self, other: "StatusPlan") -> "StatusPlan":
        """Both, one after the other; the first question, job and wait stay."""
        return replace(
            self,
            effects=self.effects + other.effects,
            wants=self.wants | other.wants,
            findings=self.findings + other.findings,
            open_question=self.open_question or other.open_question,
            notes=self.notes + other.notes,
            job=self.job or other.job,
            wait_seconds=self.wait_seconds or other.wait_seconds,
            again=self.again or other.again,
            not_yet=self.not_yet or other.not_yet,
        )
