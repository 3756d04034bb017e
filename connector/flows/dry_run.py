"""What a pass over one order would write to NetSuite now; writes nothing there."""

from connector.errors import ConfigError
from connector.flows.orders import order_plan
from connector.flows.planning import Plan
from connector.flows.systems import Workplace
from connector.store.records import RecordView


def dry_run(workplace: Workplace, record: RecordView) -> Plan:
    """The plan of an order as both systems are now. Raises ConfigError for one that was deleted, and what the clients raise."""
    systems = workplace.open_systems(record.connection_id)
    order = systems.shopify.order(record.shopify_id)
    if order is None:
        raise ConfigError(f"{record.name or record.shopify_id} was deleted in Shopify")
    return order_plan(order, systems, workplace)
