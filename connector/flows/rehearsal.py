"""What rules would make of an order that is not in NetSuite yet, all the way to its last refund. Pure: nothing is asked,
nothing is written; what a plan makes is taken as made, and planned on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.errors import PermanentError
from connector.flows.plan import plan
from connector.flows.planning import Effect, Known, Made, Subject, Want
from connector.mapping.differences import Difference, differences
from connector.mapping.lines import skus
from connector.mapping.rules import Rules
from connector.shopify.records import Order
from connector.store.billing import BillingDocument
from connector.store.tables import EffectKind, EffectState

# More than any order needs: the order, then its shipments and returns, then what belongs to them.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """What surrounds an order. `items`: NetSuite's by SKU; one that is missing is named in its place.

    `billing`: what was billed of it; `carried`: the refunds that the sales order itself carries, None for all of them.
    """

    shop_id: int
    items: Mapping[str, str] = field(default_factory=dict)
    billing: Sequence[BillingDocument] = ()
    carried: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would be written, in its order. `stopped` says why nothing, or nothing more, would be; None when all is."""

    effects: tuple[Effect, ...]
    stopped: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record that two sets of rules would write differently. `is_new`, `is_gone`: only one of them would write it."""

    kind: EffectKind
    external_id: str
    fields: tuple[Difference, ...]
    is_new: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What becomes of one order under the present rules and under a draft."""

    before: str
    after: str
    records: tuple[RecordChange, ...]

    @property
    def is_changed(self) -> bool:
        """True when a draft makes any difference."""
        return bool(self.records) or self.before != self.after

    @property
    def is_worse(self) -> bool:
        """True when the order would be written whole now and not by the draft."""
        return self.before == _WRITTEN and self.after != _WRITTEN


_WRITTEN = "written"


def rehearsed(order: Order, rules: Rules, stage: Stage) -> Rehearsed:
    """Everything these rules make of an order that NetSuite does not have."""
    known = Known({}, item_ids(order, rules, stage), billing=stage.billing, facts=frozenset({Want.BILLING}))
    effects: list[Effect] = []
    for number in range(_ROUNDS):
        seen = order if number else _first_seen(order, stage)
        try:
            planned = plan(Subject(seen, stage.shop_id, known, rules))
        except PermanentError as error:
            return Rehearsed(tuple(effects), str(error))
        if planned.exclusion is not None:
            return Rehearsed((), f"excluded by rules.{planned.exclusion.rule}: {planned.exclusion.reason}")
        effects += planned.effects
        known = replace(known, made={**known.made, **_made(planned.effects)})
        if number and not planned.effects:
            break
    question = planned.open_question
    return Rehearsed(tuple(effects), None if question is None else str(question), planned.notes)


def item_ids(order: Order, rules: Rules, stage: Stage) -> dict[str, str]:
    """An item for every SKU of the order."""
    return {sku: stage.items.get(sku, f"item {sku}") for sku in skus(order, rules)}


def _first_seen(order: Order, stage: Stage) -> Order:
    """The order as it was when it was written: later refunds had not happened."""
    if stage.carried is None:
        return order
    return replace(order, refunds=tuple(refund for refund in order.refunds if refund.id in stage.carried))


def compared(before: Rehearsed, after: Rehearsed) -> Comparison:
    """What differs, record by record and field by field."""
    old = {effect.intent.natural_key: effect for effect in before.effects}
    new = {effect.intent.natural_key: effect for effect in after.effects}
    found = (_record_change(old.get(key), new.get(key)) for key in {**old, **new})
    return Comparison(
        before.stopped or _WRITTEN, after.stopped or _WRITTEN, tuple(change for change in found if change is not None)
    )


def _record_change(old: Effect | None, new: Effect | None) -> RecordChange | None:
    effect = new or old
    if effect is None:
        raise AssertionError("a record stands on one side at least")
    fields = differences(_body(old), _body(new))
    if not fields:
        return None
    intent = effect.intent
    return RecordChange(intent.kind, intent.natural_key, tuple(fields), is_new=old is None, is_gone=new is None)


def _body(effect: Effect | None) -> Any:
    return None if effect is None else effect.write.body


def _made(effects: Sequence[Effect]) -> dict[str, Made]:
    """What was planned as if it stood there; its lines are numbered in their order, as NetSuite does."""
    return {
        effect.intent.natural_key: Made(
            effect.intent.kind,
            EffectState.CONFIRMED,
            f"id of {effect.intent.natural_key}",
            effect.intent.amount,
            _with_sure_keys(effect.intent.image),
            is_verified=True,
        )
        for effect in effects
    }


def _with_sure_keys(image: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return {**image, "are_keys_sure": True} if image is not None and "are_keys_sure" in image else image
