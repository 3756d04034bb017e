"""What a pass over an order would do now: adopt what another connector wrote of it, and what it would write then."""

from dataclasses import replace

from connector.errors import ConfigError, NeedsDecision
from connector.flows.adoption import Standing
from connector.flows.orders import adoption, order_plan
from connector.flows.planning import Plan
from connector.flows.systems import Workplace, behind_everybody
from connector.limits import Lane
from connector.shopify.records import Order
from connector.store import known_records
from connector.store.records import RecordView


def dry_run(workplace: Workplace, record: RecordView) -> Plan:
    """The plan of an order as both systems are now; writes nothing there.

    Raises ConfigError for an order that was deleted, and what the clients raise.
    """
    systems = workplace.open_systems(record.connection_id)
    order = systems.shopify.order(record.shopify_id)
    if order is None:
        raise ConfigError(f"{record.name or record.shopify_id} was deleted in Shopify")
    with workplace.engine.begin() as connection:
        lane = known_records.lane_of(connection, record.id)
    systems = behind_everybody(systems) if lane == Lane.HISTORY else systems
    look = adoption(order, systems, workplace, record_id=record.id, lane=lane)
    try:
        found = look.found()
    except NeedsDecision as error:
        return Plan(open_question=error)
    if found is None:
        return order_plan(order, systems, workplace)
    planned = order_plan(order, systems, workplace, assumed=found.adopted.made)
    return replace(planned, notes=(_adopted(order, found, is_marked=look.is_marked(found)), *planned.notes))


def _adopted(order: Order, found: Standing, *, is_marked: bool) -> str:
    root, others = found.root, {made.remote_id for made in found.adopted.made.values()} - {found.root.id}
    more = f" with {len(others)} documents made from it" if len(others) > 1 else ""
    more = " with the document made from it" if len(others) == 1 else more
    mark = ", and gets our external id" if is_marked else ""
    return f"{order.name} is {root.number} (internal id {root.id}) of another connector: it is adopted{more}{mark}"
