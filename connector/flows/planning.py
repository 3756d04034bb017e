"""What planning takes and gives: what is known, the effects still to make, and the facts that must be read first."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connector.errors import NeedsDecision
from connector.mapping.money import booked
from connector.mapping.rules import Rules
from connector.mapping.selection import Exclusion
from connector.netsuite.states import SalesOrderState
from connector.netsuite.writes import Delete, Write
from connector.shopify.records import Order
from connector.store.billing import BillingDocument
from connector.store.effects import Intent
from connector.store.tables import EffectKind, EffectState
from connector.transport import encode

# In the image of a sales order: the fields that a change may have changed whose answer was lost.
IN_DOUBT = "in_doubt"


class Want(StrEnum):
    """A fact that planning needs and that costs a call."""

    ORDER_STATE = "order_state"
    BILLING = "billing"
    BUYER = "buyer"


@dataclass(frozen=True, slots=True)
class Made:
    """One thing of ours in NetSuite. `image` is what stands of it as far as we wrote it.

    `is_verified`: NetSuite's own total of it was read and is the right one; `sent_at`: when its last write left.
    """

    kind: EffectKind
    state: EffectState
    remote_id: str | None
    amount: Decimal | None = None
    image: Mapping[str, Any] | None = field(default=None, repr=False)
    is_verified: bool = False
    sent_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """True when it exists; its last change may still be in doubt."""
        return self.remote_id is not None and self.state is not EffectState.WITHDRAWN

    @property
    def is_in_doubt(self) -> bool:
        """True when the answer to its last write was lost."""
        return self.state in (EffectState.SENT, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before planning: what we made by natural key, items by SKU, customers with the buyer's e-mail.

    `never_shipped`: items of the order's lines that NetSuite does not fulfil; `billing`: what was billed of the sales order
    as the mirror has it; `entity`: who the sales order belongs to, where that was read; `facts`: what was read for this
    very plan.
    """

    made: Mapping[str, Made]
    items: Mapping[str, str]
    never_shipped: frozenset[str] = frozenset()
    customers_by_email: Sequence[str] = ()
    billing: Sequence[BillingDocument] = ()
    order_state: SalesOrderState | None = None
    entity: str | None = None
    facts: frozenset[Want] = frozenset()

    def standing(self, key: str) -> Made | None:
        """What stands under a natural key, or None."""
        made = self.made.get(key)
        return made if made is not None and made.stands else None


@dataclass(frozen=True, slots=True)
class Effect:
    """One write: exactly what is sent. `takes_away`: nothing stands afterwards."""

    intent: Intent
    write: Write
    takes_away: bool = False


def without(effect: Effect, field: str) -> Effect:
    """The same write without a field NetSuite refuses, wherever it stands: a parcel's state, a phone number."""
    write = effect.write
    if isinstance(write, Delete):
        return effect
    body = _without(write.body, field)
    intent = replace(effect.intent, request_hash=hashlib.sha256(encode(body)).hexdigest())
    return replace(effect, intent=intent, write=replace(write, body=body))


def _without(value: Any, field: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(item, field) for name, item in value.items() if name != field}
    return [_without(item, field) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made, in this order. `wants`: facts without which the plan is not complete.

    `link` is a customer that exists and only has to be remembered; `notes`: worth knowing, nothing to do; `again`: what is
    left can only be planned once this is made; `found`: what was in doubt, by key, and stands as these images say.
    """

    effects: tuple[Effect, ...] = ()
    wants: frozenset[Want] = frozenset()
    exclusion: Exclusion | None = None
    link: tuple[str, str] | None = None
    open_question: NeedsDecision | None = None
    notes: tuple[str, ...] = ()
    again: bool = False
    found: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def then(self, other: "Plan") -> "Plan":
        """Both, one after the other; the first question stays."""
        return replace(
            self,
            effects=self.effects + other.effects,
            wants=self.wants | other.wants,
            open_question=self.open_question or other.open_question,
            notes=self.notes + other.notes,
            again=self.again or other.again,
            found=self.found + other.found,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What one order's plan is made from."""

    order: Order
    shop_id: int
    known: Known
    rules: Rules
    rules_version: int = 0

    @property
    def currency(self) -> str:
        """The currency the order is booked in."""
        return booked(self.order.total, self.rules).currency

    def effect(
        self, kind: EffectKind, key: str, write: Write, *, image: Mapping[str, Any] | None = None,
        amount: Decimal | None = None,
    ) -> Effect:  # fmt: skip
        """An effect with its intent."""
        request_hash = hashlib.sha256(encode(write.body)).hexdigest()
        currency = None if amount is None else self.currency
        return Effect(Intent(kind, key, request_hash, amount, currency, image, self.rules_version), write)

    def question(self, sentence: str, subject: str) -> Plan:
        """A plan that makes nothing and asks a person."""
        return Plan(open_question=NeedsDecision(f"{self.order.name}: {sentence}", subject=subject))
