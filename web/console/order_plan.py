"""/orders/<name>/plan: a dry run of the order against now; /orders/<name>/effects/<id>: one thing as it was written."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import simplejson

from connector.errors import ConnectorError
from connector.flows.dry_run import dry_run
from connector.flows.planning import Plan
from connector.mapping.masking import masked
from connector.store import effects, order_documents
from connector.store.records import RecordView
from web.console.order import listed_order, parts_of
from web.console.order_choice import RevealAsked, reveals, the_order
from web.console.orders import OrderRow
from web.console.refusals import NotFound
from web.console.screens import Console
from web.console.site import Visit, environment


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One request that would be sent. `body`: JSON as text, None for a request without one."""

    kind: str
    external_id: str
    request: str
    amount: Decimal | None
    currency: str | None
    body: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a pass would do now. `stopped`: why it would not go on, or cannot be told; None where it would end in step."""

    writes: tuple[PlannedWrite, ...]
    stopped: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderPlanPage:
    """A dry run as both systems are now."""

    row: OrderRow
    environment: str
    tried: DryRun
    is_revealed: bool
    parts: dict[str, str]


@dataclass(frozen=True, slots=True)
class OrderEffectPage:
    """One thing of the order as we wrote it. `body`: JSON as text, None where it is not kept."""

    row: OrderRow
    kind: str
    external_id: str
    state: str
    netsuite_id: str | None
    rules_version: int
    amount: Decimal | None
    currency: str | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    verified_at: datetime | None
    body: str | None = field(repr=False)
    is_revealed: bool
    parts: dict[str, str]


def order_plan_screen(console: Console) -> None:
    """Registers both pages."""

    @console.screen("order_plan", "/orders/<name>/plan", RevealAsked, OrderPlanPage)
    def plan(visit: Visit, asked: RevealAsked, name: str) -> OrderPlanPage:
        """What a pass over the order would send to NetSuite now; nothing is sent."""
        order = the_order(visit, name, asked.store)
        is_revealed = reveals(visit, asked, order, "dry run")
        place = environment(visit.store_of(order.connection_id))
        done = tried(visit, order, is_revealed=is_revealed)
        return OrderPlanPage(listed_order(visit, order), place, done, is_revealed, parts_of(visit, order))

    @console.screen("order_effect", "/orders/<name>/effects/<int:effect_id>", RevealAsked, OrderEffectPage)
    def effect(visit: Visit, asked: RevealAsked, name: str, effect_id: int) -> OrderEffectPage:
        """One thing as it was written to NetSuite or the shop."""
        order = the_order(visit, name, asked.store)
        is_revealed = reveals(visit, asked, order, f"effect {effect_id}")
        return _effect_page(visit, order, effect_id, is_revealed=is_revealed)


def tried(visit: Visit, order: RecordView, *, is_revealed: bool) -> DryRun:
    """A dry run; what either system says against it is part of the answer."""
    try:
        planned = dry_run(visit.site.runtime, order)
    except ConnectorError as error:
        return DryRun((), str(error), ())
    stopped = planned.exclusion.reason if planned.exclusion else None
    if planned.open_question is not None:
        stopped = str(planned.open_question)
    return DryRun(_writes(planned, is_revealed=is_revealed), stopped, planned.notes)


def _writes(planned: Plan, *, is_revealed: bool) -> tuple[PlannedWrite, ...]:
    return tuple(
        PlannedWrite(
            kind=one.intent.kind,
            external_id=one.intent.natural_key,
            request=f"{one.write.method} {one.write.path}",
            amount=one.intent.amount,
            currency=one.intent.currency,
            body=None if one.write.body is None else _shown(one.write.body, is_revealed=is_revealed),
        )
        for one in planned.effects
    )


def _effect_page(visit: Visit, order: RecordView, effect_id: int, *, is_revealed: bool) -> OrderEffectPage:
    with visit.engine.begin() as database:
        found = order_documents.effect_of(database, order, effect_id)
    if found is None:
        raise NotFound(f"nothing of {order.name or order.shopify_id} was written under {effect_id}")
    image = effects.image_of(found, visit.site.runtime.vault)
    return OrderEffectPage(
        row=listed_order(visit, order),
        kind=found.kind,
        external_id=found.natural_key,
        state=found.state,
        netsuite_id=found.remote_id,
        rules_version=found.rules_version,
        amount=found.amount,
        currency=found.currency,
        sent_at=found.sent_at,
        confirmed_at=found.confirmed_at,
        verified_at=found.verified_at,
        body=None if image is None else _shown(image, is_revealed=is_revealed),
        is_revealed=is_revealed,
        parts=parts_of(visit, order),
    )


def _shown(body: Any, *, is_revealed: bool) -> str:
    """As people read it; amounts with the digits they were written with."""
    shown = body if is_revealed else masked(body)
    return simplejson.dumps(shown, use_decimal=True, indent=2, ensure_ascii=False)
