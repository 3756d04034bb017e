"""Shopify order → NetSuite: reads the order as it is now, finds what is known, plans, applies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine

from connector.errors import ClosedPeriod, NotMapped, Rejected
from connector.flows import catalog
from connector.flows.adoption import Adoption
from connector.flows.apply import Work, apply_leniently, recover, remember, stands
from connector.flows.buyers import buyer_image, candidates
from connector.flows.closed_period import in_open_period
from connector.flows.describing import description
from connector.flows.draft_links import link_entered
from connector.flows.facts import billed, learned, made_under, mirrored_facts
from connector.flows.holding import routes
from connector.flows.late import must_be_over, unanswered
from connector.flows.plan import buyer_keys, natural_keys, order_keys, plan
from connector.flows.planning import Effect, Known, Made, Plan, Subject, Want
from connector.flows.reserving import hold, release, remember_sold, reserve
from connector.flows.result import Result
from connector.flows.systems import Systems, Workplace
from connector.flows.totals_due import keep_due
from connector.flows.verification import read_back_again, verify_at_once
from connector.mapping.lines import skus
from connector.mapping.selection import Exclusion, exclusion
from connector.mapping.taxes import NETSUITE_COMPUTES
from connector.shopify.records import Order
from connector.store import effects, items, records
from connector.store.effects import StoredEffect
from connector.store.items import Item
from connector.store.records import Lease

# Rounds of planning in one pass: what is made in one can be what the next one builds on.
_ROUNDS = 6
_NOTHING: Mapping[str, Made] = {}


def sync_order(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Brings NetSuite to the order as it is now. Raises the errors of connector.errors."""
    read_at = datetime.now(UTC)
    order = systems.shopify.order(lease.shopify_id)
    if order is None:
        # What was sent of it stands or does not, whatever the shop has forgotten.
        recover(_of_record(lease, workplace), _work(systems, workplace, lease))
        release(systems, workplace, lease)
        return Result(Exclusion("orders.deleted", "the order was deleted in Shopify"))
    with workplace.engine.begin() as connection:
        records.describe(connection, lease, description(order, systems, read_at=read_at))
        # What stands may differ until this pass has changed it, or for as long as it cannot.
        keep_due(connection, order, systems, workplace)
    link_entered(order, systems, workplace, lease, lambda: _items(order, systems, workplace.engine))
    remember_sold(order, systems, workplace, lease)
    routed = routes(order, systems)
    reserve(order, systems, workplace, lease, routed)
    # Behind the units: an order that is held for what stands there already keeps them too.
    adoption(order, systems, workplace, record_id=lease.record_id, lane=lease.lane).adopt(lease)
    result = _synced(order, systems, workplace, lease)
    with workplace.engine.begin() as connection:
        keep_due(connection, order, systems, workplace)
    keep_back = reserve if result.exclusion is None else hold
    keep_back(order, systems, workplace, lease, routed)
    return result


def adoption(order: Order, systems: Systems, workplace: Workplace, *, record_id: int, lane: str) -> Adoption:
    """A look at what another connector wrote of an order."""

    def planned(assumed: Mapping[str, Made]) -> Plan:
        return order_plan(order, systems, workplace, assumed=assumed)

    def items_by_sku() -> Mapping[str, str]:
        return _items(order, systems, workplace.engine)

    return Adoption(order, systems, workplace, record_id, lane, items_by_sku, planned)


def _work(systems: Systems, workplace: Workplace, lease: Lease) -> Work:
    is_computed = systems.rules.tax.mode in NETSUITE_COMPUTES
    return Work(workplace.engine, workplace.vault, systems.netsuite, lease, is_tax_computed=is_computed)


def _of_record(lease: Lease, workplace: Workplace) -> list[StoredEffect]:
    with workplace.engine.begin() as connection:
        return effects.of_record(connection, lease.record_id)


def _synced(order: Order, systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    work = _work(systems, workplace, lease)
    with workplace.engine.begin() as connection:
        made = effects.of_keys(connection, systems.connection.id, natural_keys(order, systems.shop_id))
    asked = unanswered(made.values())
    recover(made.values(), work)
    result = _carried_out(order, systems, workplace, work)
    if result.open_question is None:
        must_be_over(asked, work)
    return result


def _carried_out(order: Order, systems: Systems, workplace: Workplace, work: Work) -> Result:
    planned = order_plan(order, systems, workplace)
    for _ in range(_ROUNDS):
        if planned.exclusion is not None:
            return Result(exclusion=planned.exclusion)
        planned = _made(planned, order, systems, workplace, work)
        if not planned.again:
            break
        planned = order_plan(order, systems, workplace)
    read_back_again(order_keys(order, systems.shop_id), systems, workplace)
    return Result(open_question=planned.open_question, notes=planned.notes)


def order_plan(
    order: Order, systems: Systems, workplace: Workplace, *, facts: frozenset[Want] = frozenset(),
    assumed: Mapping[str, Made] = _NOTHING,
) -> Plan:  # fmt: skip
    """What this order still needs; reads NetSuite where the mirrors do not know, writes nothing there.

    `assumed`: what would stand besides what we made, by natural key.
    """
    subject = _subject(order, systems, workplace, facts, assumed)
    planned = plan(subject)
    while missing := planned.wants - subject.known.facts:
        subject = replace(subject, known=learned(subject, missing, systems, workplace))
        planned = plan(subject)
    return planned


def _made(planned: Plan, order: Order, systems: Systems, workplace: Workplace, work: Work) -> Plan:
    """Makes what was planned. What NetSuite refuses is planned once more, from how things stand there now."""
    if planned.link is not None:
        remember(*planned.link, work, image=buyer_image(order, systems))
    for key, image in planned.found:
        stands(key, image, work)
    notes = planned.notes
    for effect in planned.effects:
        try:
            _, dropped = _applied(effect, systems, work)
        except Rejected:
            again = order_plan(order, systems, workplace, facts=frozenset(Want))
            if effect.intent.request_hash in {other.intent.request_hash for other in again.effects}:
                raise
            return _made(again, order, systems, workplace, work) if again.effects else again
        notes += dropped
        verify_at_once(effect, systems, workplace)
    return replace(planned, notes=notes)


def _applied(effect: Effect, systems: Systems, work: Work) -> tuple[str, tuple[str, ...]]:
    """The internal id and what is worth knowing: what was left out, what had to be dated today."""
    try:
        return apply_leniently(effect, work)
    except ClosedPeriod as error:
        dated = in_open_period(effect, error, systems.rules, now=datetime.now(UTC))
    remote_id, notes = apply_leniently(dated, work)
    return remote_id, (*notes, f"{effect.intent.natural_key} is dated today: its own day lies in a closed period")


def _subject(
    order: Order, systems: Systems, workplace: Workplace, facts: frozenset[Want], assumed: Mapping[str, Made]
) -> Subject:
    made = made_under(natural_keys(order, systems.shop_id), systems, workplace) | dict(assumed)
    written = [made[key] for key in order_keys(order, systems.shop_id) if key in made and made[key].stands]
    left_out = None if written else exclusion(order, systems.rules)
    known = Known(made=made, items={}) if left_out else _known(order, made, systems, workplace)
    subject = Subject(order, systems.shop_id, known, systems.rules, systems.connection.rules_version)
    # Of an order that is not written yet only its buyer can be asked about.
    wanted = facts if written else facts & {Want.BUYER}
    return replace(subject, known=learned(subject, wanted, systems, workplace)) if wanted else subject


def _known(order: Order, made: Mapping[str, Made], systems: Systems, workplace: Workplace) -> Known:
    """What can be known of an order without a call, where the mirrors are fresh."""
    buyers = buyer_keys(order, systems.shop_id)
    standing = made.get(order_keys(order, systems.shop_id)[0])
    entered_for = (standing.image or {}).get("entered_for") if standing else None
    items_by_sku = _items(order, systems, workplace.engine)
    return Known(
        made=made,
        items=items_by_sku,
        never_shipped=_never_shipped(order, items_by_sku, systems, workplace.engine),
        customers_by_email=candidates(
            order,
            systems,
            workplace.engine,
            is_known=entered_for is not None or any(key in made and made[key].stands for key in buyers),
        ),
        entity=entered_for,
        billing=billed(standing, systems, workplace.engine),
        facts=mirrored_facts(standing, systems, workplace.engine),
    )


def _items(order: Order, systems: Systems, engine: Engine) -> dict[str, str]:
    """Item ids by SKU. Raises NotMapped for an inactive item or a SKU that two items share."""
    wanted = sorted(skus(order, systems.rules))
    catalog.refresh_once(catalog.ITEM_CATALOG, systems, engine, seconds=None)
    found = _known_items(wanted, systems, engine)
    missing = [sku for sku in wanted if not any(not item.inactive for item in found.get(sku, ()))]
    if missing:
        catalog.look_up_skus(systems, engine, missing)
        found |= _known_items(missing, systems, engine)
    return {sku: _only(order, sku, candidates) for sku, candidates in found.items()}


def _never_shipped(order: Order, items_by_sku: Mapping[str, str], systems: Systems, engine: Engine) -> frozenset[str]:
    """Items of the order's lines that NetSuite does not fulfil; asked only where the shop ships."""
    rules = systems.rules
    if rules.fulfillments.source != "shopify" or not order.fulfillments:
        return frozenset()
    named = (
        rules.items.custom,
        rules.items.gift_card,
        rules.items.tip,
        *rules.items.variants.values(),
        *rules.items.skus.values(),
    )
    with engine.begin() as connection:
        ids = {item for item in (*items_by_sku.values(), *named) if item is not None}
        return items.never_shipped(connection, systems.connection.id, ids)


def _known_items(wanted: list[str], systems: Systems, engine: Engine) -> dict[str, list[Item]]:
    with engine.begin() as connection:
        return items.by_sku(connection, systems.connection.id, wanted)


def _only(order: Order, sku: str, candidates: list[Item]) -> str:
    active = [item for item in candidates if not item.inactive]
    if len(active) == 1:
        return str(active[0].netsuite_id)
    ids = ", ".join(str(item.netsuite_id) for item in candidates)
    problem = f"is shared by the items {ids}" if active else f"is the inactive item {ids}"
    raise NotMapped(f"{order.name}: the SKU {sku!r} {problem} in NetSuite", subject=f"sku:{sku}")
