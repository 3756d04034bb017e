"""NetSuite → Shopify, one order: what stands on both sides is read, and the shop is told what it does not know."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from connector.errors import NeedsDecision, Unavailable
from connector.flows.apply_to_shop import apply_to_shop, look_after_job, settle_finding
from connector.flows.describing import description
from connector.flows.facts import made_under, parcels_made
from connector.flows.plan import natural_keys
from connector.flows.plan_capture import captures_of
from connector.flows.plan_shipments import plan_shipments
from connector.flows.plan_status import plan_status
from connector.flows.result import Result
from connector.flows.shop_effects import ShopWork
from connector.flows.status_planning import StatusPlan, StatusSubject, StatusWant
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.selection import Exclusion
from connector.netsuite.states import FIELDS, SalesOrderState
from connector.shopify.fulfillment_orders import fulfillment_orders
from connector.shopify.records import Order
from connector.store import billing, clock, records, sales_orders, shipments
from connector.store.billing import INVOICE
from connector.store.records import Lease

# What was found of lost answers is planned with again; more than this is not to be found.
_ROUNDS = 3
# Seconds until an order is looked at again of which something was taken back, and which Shopify has not routed yet.
_AGAIN_AFTER = 2.0
_NOT_YET_AFTER = 60.0


def sync_status(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Brings the shop's order to what NetSuite says of it. Raises the errors of connector.errors."""
    read_at = datetime.now(UTC)
    order = systems.shopify.order(lease.shopify_id)
    if order is None:
        return Result(Exclusion("orders.deleted", "the order was deleted in Shopify"))
    with workplace.engine.begin() as connection:
        records.describe(connection, lease, description(order, systems, read_at=read_at))
    work = ShopWork(workplace.engine, workplace.vault, systems.shopify, lease)
    if question := _unwritten(order, systems, workplace):
        return Result(open_question=question)
    planned = _settled(order, systems, workplace, work)
    if planned.wait_seconds:
        raise Unavailable(
            "an answer of Shopify was lost, and it may still be at work", retry_after=planned.wait_seconds
        )
    if planned.job is not None:
        look_after_job(planned.job, work)
    for effect in planned.effects:
        apply_to_shop(effect, work)
    if planned.again:
        raise Unavailable("what was taken back is open again; the rest is told now", retry_after=_AGAIN_AFTER)
    if planned.not_yet is not None:
        raise Unavailable(planned.not_yet, retry_after=_NOT_YET_AFTER)
    return Result(open_question=planned.open_question, notes=planned.notes)


def _unwritten(order: Order, systems: Systems, workplace: Workplace) -> NeedsDecision | None:
    """The question of an order that was sent to NetSuite, and of which it is not known yet what came of it.

    What is held is looked at again once the order changed: nothing that NetSuite said of it meanwhile is forgotten.
    """
    key = external_ids.sales_order(systems.shop_id, order.id)
    made = made_under([key], systems, workplace).get(key)
    if made is None or made.stands or not made.is_in_doubt:
        return None
    return NeedsDecision(
        f"{order.name}: whether its sales order was made is not known yet; what NetSuite says of it is told once the order is "
        "in step",
        subject="order:in_doubt",
    )


def _settled(order: Order, systems: Systems, workplace: Workplace, work: ShopWork) -> StatusPlan:
    """The plan, once everything that was found of lost answers is written down."""
    planned = status_plan(order, systems, workplace)
    for _ in range(_ROUNDS):
        for finding in planned.findings:
            settle_finding(finding, work)
        if not planned.findings:
            break
        planned = status_plan(order, systems, workplace)
    return planned


def status_plan(order: Order, systems: Systems, workplace: Workplace) -> StatusPlan:
    """What the shop is still to be told of this order; reads NetSuite where the mirrors do not do, writes nothing."""
    subject = _subject(order, systems, workplace)
    if subject is None:
        return StatusPlan()
    planned = _planned(subject)
    while planned.wants:
        subject = _learned(subject, planned.wants, systems)
        planned = _planned(subject)
    return planned


def _planned(subject: StatusSubject) -> StatusPlan:
    return plan_shipments(subject).then(plan_status(subject))


def status_keys(order: Order, shop_id: int) -> list[str]:
    """Every key under which something of this order stands, in NetSuite or because of it in the shop."""
    keys = [*natural_keys(order, shop_id), external_ids.cancellation(shop_id, order.id)]
    for payment in order.transactions:
        captures = len(captures_of(order, payment.id)) if "AUTHORIZATION" in payment.kind else -1
        keys += [external_ids.capture(shop_id, payment.id, nth) for nth in range(captures + 1)]
    return keys


def _subject(order: Order, systems: Systems, workplace: Workplace) -> StatusSubject | None:
    """None for an order that does not stand in NetSuite as a sales order, or that was not read there yet."""
    made = made_under(status_keys(order, systems.shop_id), systems, workplace)
    made |= parcels_made(order.id, systems, workplace)
    standing = made.get(external_ids.sales_order(systems.shop_id, order.id))
    if standing is None or not standing.stands:
        return None
    netsuite_id, connection_id = str(standing.remote_id), systems.connection.id
    with workplace.engine.begin() as connection:
        mirrored = sales_orders.of_id(connection, connection_id, netsuite_id)
        bills = billing.of_order(connection, connection_id, netsuite_id)
        shipped = shipments.of_order(connection, connection_id, int(netsuite_id))
        now = clock.read(connection).at
    if mirrored is None:
        return None
    return StatusSubject(
        order=order,
        shop_id=systems.shop_id,
        rules=systems.rules,
        made=made,
        sales_order=mirrored,
        bills=bills,
        shipments=shipped,
        now=now,
        rules_version=systems.connection.rules_version,
    )


def _learned(subject: StatusSubject, wants: frozenset[StatusWant], systems: Systems) -> StatusSubject:
    """The subject with the wanted facts, as they are now."""
    if StatusWant.ORDER_STATE in wants:
        read = systems.netsuite.read("salesOrder", str(subject.sales_order.netsuite_id), fields=FIELDS)
        subject = replace(subject, order_state=SalesOrderState.from_json(read))
    if StatusWant.OPEN_AMOUNTS in wants:
        amounts = {
            bill.netsuite_id: _open_amount(bill.netsuite_id, systems) for bill in subject.bills if bill.kind == INVOICE
        }
        subject = replace(subject, open_amounts=amounts)
    if StatusWant.FULFILLMENT_ORDERS in wants:
        subject = replace(subject, fulfillment_orders=fulfillment_orders(systems.shopify, subject.order.id))
    return subject


def _open_amount(invoice_id: int, systems: Systems) -> Decimal:
    found = systems.netsuite.read("invoice", str(invoice_id), fields=("amountRemaining",))
    return Decimal(str(found.get("amountRemaining", 0)))
