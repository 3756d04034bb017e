"""NetSuite's item fulfilments of our orders kept in Postgres: lines and tracking numbers by the page.

A page costs two calls, whatever it holds: one for a thousand lines, one for the tracking numbers of their shipments.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Connection, Engine

from connector.flows.changes import Changes, Row, Rows
from connector.flows.document_mirror import linked_in, shopify_id_of
from connector.flows.systems import Systems
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import Query, shipments_changed, tracking_numbers
from connector.store import records, sales_orders, shipments, wanted
from connector.store.sales_orders import MirroredOrder
from connector.store.shipments import Shipment, ShipmentLine

SHIPMENTS = "shipments"
# How external ids of this product begin, whatever the shop.
ANY_SHOP = "SHOPIFY-"
# Ids a question names at most; NetSuite's lists end at a thousand.
_IDS_A_CALL = 1000


def refresh_shipments(systems: Systems, engine: Engine) -> int:
    """Reads what changed since the last reading, from now on at first; returns how many shipments were read."""
    reading, count, held = Changes.begin(SHIPMENTS, systems, engine), 0, list[Row]()
    reading.from_now_on()

    def ask(last: Row | None, since: str | None) -> Rows:
        after = ("0", "0") if last is None else (last["id"], last["line_id"])
        return _asked(reading, shipments_changed(after, str(since), mark=systems.rules.draft_orders.field))

    for rows in reading.pages(ask):
        held += rows
        # The last shipment of a full page may go on in the next one.
        complete = held if len(rows) < PAGE else [row for row in held if row["id"] != held[-1]["id"]]
        count += _keep(reading, complete)
        held = held[len(complete) :]
    reading.end()
    return count


def _asked(reading: Changes, query: Query) -> Rows:
    return reading.systems.netsuite.suiteql(*query, lane=reading.lane)


def _keep(reading: Changes, rows: Rows) -> int:
    """Stores whole shipments, and returns how many; the orders of which the shop must be told become due.

    Those of a marked order that is no order of the shop yet are kept, and told once it is.
    """
    with reading.engine.begin() as connection:
        linked = linked_in(connection, reading.systems, rows)
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        external_id = row.get("order_externalid", "")
        if shopify_id_of(external_id, reading.systems.shop_id) or not external_id.startswith(ANY_SHOP):
            by_id.setdefault(row["id"], []).append(row)
    numbers = _numbers(reading, list(by_id))
    found = [_shipment(lines, numbers.get(key, [])) for key, lines in by_id.items()]
    order_of = {int(key): _order(lines[0], reading.systems.shop_id, linked) for key, lines in by_id.items()}
    with reading.engine.begin() as connection:
        changed = shipments.keep(connection, reading.systems.connection.id, found)
        orders = [order for item in changed if (order := order_of[item.netsuite_id]) is not None]
        sales_orders.learn(connection, reading.systems.connection.id, orders)
        _want(connection, reading, [order.shopify_id for order in orders])
    return len(found)


def _numbers(reading: Changes, ids: Sequence[str]) -> dict[str, list[str]]:
    """Tracking numbers by shipment, none twice."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(ids), _IDS_A_CALL):
        for row in _pages_of_numbers(reading, ids[start : start + _IDS_A_CALL]):
            numbers, number = found.setdefault(row["id"], []), row.get("trackingnumber", "").strip()
            if number and number not in numbers:
                numbers.append(number)
    return found


def _pages_of_numbers(reading: Changes, ids: Sequence[str]) -> Iterator[Row]:
    after = ("0", "0")
    while True:
        rows = _asked(reading, tracking_numbers(ids, after))
        yield from rows
        if len(rows) < PAGE:
            return
        after = (rows[-1]["id"], rows[-1]["number_id"])


def _want(connection: Connection, reading: Changes, shopify_ids: Sequence[str]) -> None:
    wanted.want(connection, reading.systems.connection.id, records.ORDER_STATUS, shopify_ids)


def _order(row: Row, shop_id: int, linked: Mapping[str, str]) -> MirroredOrder | None:
    """The order of a shipment: what is told of it may be told before its own reading comes by. None before the shop has it."""
    shopify_id = shopify_id_of(row.get("order_externalid"), shop_id) or linked.get(row["order_id"])
    if shopify_id is None:
        return None
    return MirroredOrder(int(row["order_id"]), shopify_id, row.get("order_number"), row.get("order_status", ""))


def _shipment(rows: Rows, numbers: Sequence[str]) -> Shipment:
    """A shipment of its rows; one with two methods has each line twice."""
    first = rows[0]
    lines = {row["line_id"]: row for row in rows}
    return Shipment(
        netsuite_id=int(first["id"]),
        netsuite_order=int(first["order_id"]),
        number=first.get("tranid"),
        status=first.get("status", "").rpartition(":")[2],
        carrier=first.get("shipcarrier"),
        method=first.get("method"),
        lines=tuple(
            ShipmentLine(row["item"], Decimal(row.get("quantity", "0")), row.get("location")) for row in lines.values()
        ),
        tracking=tuple(numbers),
    )
