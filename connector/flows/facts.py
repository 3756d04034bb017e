"""Facts that planning asks for: how a sales order stands in NetSuite, and what was billed of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine

from connector.errors import Missing, NeedsDecision
from connector.flows import catalog
from connector.flows.buyers import known_buyer
from connector.flows.planning import Known, Made, Subject, Want
from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.mapping import external_ids
from connector.netsuite.states import FIELDS, SalesOrderState
from connector.store import billing, effects, records
from connector.store.billing import BillingDocument
from connector.store.effects import StoredEffect
from connector.store.tables import EffectKind

# A mirror read within this many seconds knows what was billed; what was billed since is refused by NetSuite itself.
BILLING_FRESH_SECONDS = 300


def made_under(keys: Sequence[str], systems: Systems, workplace: Workplace) -> dict[str, Made]:
    """What we made under these natural keys, and what is known of it."""
    with workplace.engine.begin() as connection:
        stored = effects.of_keys(connection, systems.connection.id, keys)
    return {key: _made(effect, workplace) for key, effect in stored.items()}


def parcels_made(order_id: str, systems: Systems, workplace: Workplace) -> dict[str, Made]:
    """What we shipped of an order in the shop because NetSuite shipped it, by natural key."""
    record = (records.ORDER_STATUS, order_id)
    with workplace.engine.begin() as connection:
        stored = effects.of_kind(connection, systems.connection.id, EffectKind.SHOP_FULFILLMENT, record)
    return {effect.natural_key: _made(effect, workplace) for effect in stored}


def _made(effect: StoredEffect, workplace: Workplace) -> Made:
    return Made(
        effect.kind,
        effect.state,
        effect.remote_id,
        effect.amount,
        effects.image_of(effect, workplace.vault),
        is_verified=effect.verified_at is not None,
        sent_at=effect.sent_at,
    )


def billed(order: Made | None, systems: Systems, engine: Engine) -> Sequence[BillingDocument]:
    """What was billed of a sales order, as the mirror has it."""
    if order is None or order.remote_id is None:
        return ()
    with engine.begin() as connection:
        return billing.of_order(connection, systems.connection.id, order.remote_id)


def mirrored_facts(order: Made | None, systems: Systems, engine: Engine) -> frozenset[Want]:
    """The facts that need no call: an order that does not stand yet was not billed, a fresh mirror knows."""
    if order is None or not order.stands:
        return frozenset({Want.BILLING})
    stale = catalog.is_stale(
        catalog.BILLING_CATALOG, systems, engine, seconds=BILLING_FRESH_SECONDS, now=datetime.now(UTC)
    )
    return frozenset() if stale else frozenset({Want.BILLING})


def learned(subject: Subject, wanted: frozenset[Want], systems: Systems, workplace: Workplace) -> Known:
    """What is known, with the wanted facts read from NetSuite: one call for each."""
    known = subject.known
    order = known.standing(external_ids.sales_order(subject.shop_id, subject.order.id))
    if Want.ORDER_STATE in wanted and order is not None:
        known = replace(known, order_state=_state(subject, str(order.remote_id), systems))
    # An order that says it was billed was billed within the minutes that the mirror is behind.
    is_behind = known.order_state is not None and known.order_state.is_billed and not known.billing
    if Want.BILLING in wanted or is_behind:
        catalog.refresh(catalog.BILLING_CATALOG, systems, workplace.engine, lane=Lane.ORDERS)
        known = replace(known, billing=billed(order, systems, workplace.engine))
    if Want.BUYER in wanted:
        known = known_buyer(replace(subject, known=known), order, systems, workplace)
    return replace(known, facts=known.facts | wanted)


def _state(subject: Subject, remote_id: str, systems: Systems) -> SalesOrderState:
    """Raises NeedsDecision for an order that a person deleted: it is not made again against his will."""
    try:
        return SalesOrderState.from_json(systems.netsuite.read("salesOrder", remote_id, fields=FIELDS))
    except Missing as error:
        raise NeedsDecision(
            f"{subject.order.name}: its sales order {remote_id} was deleted in NetSuite and is not made again; "
            "book what still happens to it there, or ignore this order",
            subject="order:deleted_in_netsuite",
        ) from error
