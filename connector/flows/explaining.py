"""Explains what stands in NetSuite of an order: every written field by the source value and the rules that made it.

What was written is planned once more, from the order as it is now and by the rules of the version that wrote it; where the
kept image says something else stands there, both are told.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.flows.planning import Effect
from connector.flows.rehearsal import Rehearsed, Stage, item_ids, rehearsed
from connector.flows.systems import Systems, Workplace
from connector.mapping.differences import leaves
from connector.mapping.explain import Explanation, explained
from connector.mapping.explain_sources import Document, origin
from connector.mapping.lines import skus
from connector.mapping.orders import memo, sales_order
from connector.mapping.refunds import credited_goods, goods_back
from connector.mapping.remaining import Remaining, unshipped_lines
from connector.mapping.rule_names import known_from_json, resolved
from connector.mapping.rules import Rules
from connector.netsuite.records import Reference
from connector.shopify.records import Order
from connector.shopify.refunds import Refund
from connector.store import billing, effects, items, rule_versions
from connector.store.effects import StoredEffect
from connector.store.records import RecordView
from connector.store.tables import EffectKind, EffectState

_NOBODY = Reference(id="")
_AMOUNT = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """One field. `stands`: what stands there where it is not what would be written now, None where it is."""

    explanation: Explanation
    stands: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainedRecord:
    """One record we wrote. `note` says why there is nothing to explain."""

    effect: StoredEffect
    fields: tuple[ExplainedField, ...]
    note: str | None = None


def explained_order(systems: Systems, workplace: Workplace, record: RecordView) -> list[ExplainedRecord]:
    """Everything that was written for an order; one query to Shopify. Raises what the clients raise."""
    order = systems.shopify.order(record.shopify_id)
    with workplace.engine.begin() as connection:
        made = [effect for effect in effects.of_record(connection, record.id) if effect.remote_id is not None]
    if order is None:
        return [ExplainedRecord(effect, (), "the order was deleted in Shopify") for effect in made]
    images = {effect.natural_key: effects.image_of(effect, workplace.vault) for effect in made}
    plans: dict[int, _Version] = {}
    for effect in made:
        if effect.rules_version not in plans:
            plans[effect.rules_version] = _version(effect.rules_version, order, systems, workplace, made, images)
    return [_explained(effect, plans[effect.rules_version], images[effect.natural_key]) for effect in made]


def explanations(order: Order, rules: Rules, stage: Stage, made: Rehearsed) -> dict[str, list[Explanation]]:
    """Every field of everything that was rehearsed, by external id. Pure."""
    return {
        effect.intent.natural_key: explained(
            _body(effect, order, rules),
            origin(_document(effect, order, rules, stage, made), order, shop_id=stage.shop_id, rules=rules),
            rules,
        )
        for effect in made.effects
        if effect.write.body is not None
    }


@dataclass(frozen=True, slots=True)
class _Version:
    """What one version of the rules makes of the order, explained."""

    by_key: Mapping[str, list[Explanation]]
    stopped: str | None


def _version(
    version: int, order: Order, systems: Systems, workplace: Workplace, made: Sequence[StoredEffect],
    images: Mapping[str, Mapping[str, Any] | None],
) -> _Version:  # fmt: skip
    with workplace.engine.begin() as connection:
        kept = rule_versions.at(connection, systems.connection.id, version)
    rules = systems.rules if kept is None else resolved(Rules.from_json(kept.rules), known_from_json(kept.looked_up))
    stage = _stage(order, rules, systems, workplace, made)
    document = next((item for item in made if item.kind is EffectKind.SALES_ORDER), None)
    image = images.get(document.natural_key) if document else None
    if image is not None:
        stage = replace(stage, carried=image.get("refunds", ()))
    done = rehearsed(_as_written(order), rules, stage)
    return _Version(explanations(order, rules, stage, done), done.stopped)


def _as_written(order: Order) -> Order:
    """An order that was cancelled or voided later would be left out now; it was not when it was written."""
    return replace(order, cancelled_at=None, cancel_reason=None, financial_status="PAID")


def _stage(order: Order, rules: Rules, systems: Systems, workplace: Workplace, made: Sequence[StoredEffect]) -> Stage:
    connection_id = systems.connection.id
    document = next((item for item in made if item.kind is EffectKind.SALES_ORDER), None)
    with workplace.engine.begin() as connection:
        found = items.by_sku(connection, connection_id, sorted(skus(order, rules)))
        billed = billing.of_order(connection, connection_id, document.remote_id or "") if document else ()
    return Stage(systems.shop_id, {sku: str(hits[0].netsuite_id) for sku, hits in found.items()}, tuple(billed))


def _explained(effect: StoredEffect, version: _Version, image: Mapping[str, Any] | None) -> ExplainedRecord:
    if effect.state is EffectState.WITHDRAWN:
        return ExplainedRecord(effect, (), "was taken away again")
    found = version.by_key.get(effect.natural_key)
    if effect.kind is EffectKind.CUSTOMER and effect.sent_at is None:
        return ExplainedRecord(effect, (), "stood in NetSuite already, found by e-mail (rules.customer.match_email)")
    if found is None:
        return ExplainedRecord(effect, (), version.stopped or "would not be written for the order as it is now")
    standing = _standing(image)
    fields = [ExplainedField(item, _other(item, standing)) for item in found]
    return ExplainedRecord(effect, tuple(fields))


def _standing(image: Mapping[str, Any] | None) -> dict[str, str]:
    """The fields of a kept image, by the paths of a body."""
    if image is None:
        return {}
    if "fields" not in image:
        return dict(leaves({name: value for name, value in image.items() if name not in ("addresses", "packages")}))
    lines = [line["body"] for line in image["lines"] if line["reference"]]
    return dict(leaves({**image["fields"], "item": {"items": lines}}))


def _other(item: Explanation, standing: Mapping[str, str]) -> str | None:
    stands = standing.get(item.field)
    return None if stands is None or _canonical(stands) == _canonical(item.value) else stands


def _canonical(value: str) -> str:
    """Equal amounts as equal texts: without trailing zeros."""
    return format(Decimal(value).normalize() + 0, "f") if _AMOUNT.fullmatch(value) else value


def _body(effect: Effect, order: Order, rules: Rules) -> Mapping[str, Any]:
    """What was written; the memo as it is since the order was cancelled."""
    body = effect.write.body or {}
    return {**body, "memo": memo(order, rules)} if effect.intent.kind is EffectKind.SALES_ORDER else body


def _document(effect: Effect, order: Order, rules: Rules, stage: Stage, made: Rehearsed) -> Document:
    """What an effect writes, with our names of its lines."""
    key = effect.intent.natural_key
    record = effect.intent.kind.value.replace("_", " ")
    number = key.rpartition("-")[2]
    if effect.intent.kind is EffectKind.CUSTOMER and "-COMPANY-" in key:
        record = "company"
    return Document(record, number, _references(effect, number, order, rules, stage, made))


def _references(
    effect: Effect, number: str, order: Order, rules: Rules, stage: Stage, made: Rehearsed
) -> Sequence[str]:
    """Our names of a document's lines: from its image, or from the same functions that made its body."""
    kind = effect.intent.kind
    if kind is EffectKind.SALES_ORDER:
        return [line["reference"] for line in (effect.intent.image or {}).get("lines", ())]
    if kind is EffectKind.ITEM_FULFILLMENT:
        documents = [item for item in made.effects if item.intent.kind is EffectKind.SALES_ORDER]
        named = [line["reference"] for item in documents[:1] for line in (item.intent.image or {}).get("lines", ())]
        return [reference for reference in named if reference.isdigit()]
    ids = item_ids(order, rules, stage)
    if kind is EffectKind.CASH_SALE:
        sold = sales_order(Remaining(order), shop_id=stage.shop_id, entity=_NOBODY, items=ids, rules=rules)
        return [line.reference for line in sold.lines]
    refund = next((item for item in order.refunds if item.id == number), None)
    return () if refund is None else _references_back(effect, refund, order, rules, stage)


def _references_back(effect: Effect, refund: Refund, order: Order, rules: Rules, stage: Stage) -> Sequence[str]:
    """Our names of the lines of what takes a sale back."""
    ids, gone, kind = item_ids(order, rules, stage), unshipped_lines(order), effect.intent.kind
    shipped = [line for line in refund.lines if (refund.id, line.line_id) not in gone]
    if kind is EffectKind.RETURN_AUTHORIZATION:
        return [line.line_id for line in shipped if line.restock_type == "RETURN"]
    if kind is EffectKind.CREDIT_MEMO and (stage.carried is None or refund.id in stage.carried):
        # Goods that were billed although their money had gone back are credited alone.
        goods = credited_goods(order, refund, shipped, external_id="", entity=_NOBODY, items=ids, rules=rules)
    else:
        goods = goods_back(order, refund, external_id="", entity=_NOBODY, items=ids, rules=rules)
    return [*(line.reference for line in goods.lines), "ROUNDING"]
