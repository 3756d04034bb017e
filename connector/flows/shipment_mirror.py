"""NetSuite's item fulfilments of our orders kept in Postgres: lines and tracking numbers by the page, deletions too.

A page costs two calls, whatever it holds: one for a thousand lines, one for the tracking numbers of their shipments.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection, Engine

from connector.flows.document_mirror import shopify_id_of
from connector.flows.systems import Systems
from connector.flows.watermarks import minus_overlap
from connector.limits import Lane
from connector.netsuite.client import PAGE
from connector.netsuite.suiteql import clock, deleted_since, external_ids, shipments_changed, tracking_numbers
from connector.store import cursors, records, sales_orders, shipments, wanted
from connector.store.sales_orders import MirroredOrder
from connector.store.shipments import Shipment, ShipmentLine

SHIPMENTS = "shipments"
DELETED = "shipments.deleted"
# Ids a question names at most; NetSuite's lists end at a thousand.
_IDS_A_CALL = 1000

Rows = Sequence[Mapping[str, str]]


@dataclass(slots=True)
class _Reading:
    """One run over what changed: from where, and the newest of NetSuite's clock that was told before its first page."""

    systems: Systems
    engine: Engine
    watermark: str | None
    since: str = field(init=False)
    count: int = 0

    def ask(self, query: tuple[str, tuple[str, ...]]) -> Rows:
        """One question, behind the orders in the queue for NetSuite."""
        return self.systems.netsuite.suiteql(*query, lane=Lane.STOCK)


def refresh_shipments(systems: Systems, engine: Engine) -> int:
    """Reads what changed since the last reading, from now on at first; returns how many shipments were read."""
    reading = _begun(SHIPMENTS, systems, engine)
    newest: str | None = None
    held: list[Mapping[str, str]] = []
    after = ("0", "0")
    while True:
        rows = reading.ask(shipments_changed(after, reading.since))
        newest = newest or (rows[0]["now_at"] if rows else None)
        is_last = len(rows) < PAGE
        held += rows
        # The last shipment of a full page may go on in the next one.
        complete = held if is_last else [row for row in held if row["id"] != held[-1]["id"]]
        _keep(reading, complete)
        held = held[len(complete) :]
        if is_last:
            break
        after = (rows[-1]["id"], rows[-1]["line_id"])
    _end(reading, SHIPMENTS, newest)
    return reading.count


def refresh_deleted(systems: Systems, engine: Engine) -> int:
    """Finds the shipments that were deleted; returns how many."""
    reading = _begun(DELETED, systems, engine)
    newest, last, count = None, "0", 0
    while True:
        rows = reading.ask(deleted_since(last, reading.since))
        newest = newest or (rows[0]["now_at"] if rows else None)
        count += _keep_deleted(reading, [int(row["id"]) for row in rows])
        if len(rows) < PAGE:
            break
        last = rows[-1]["id"]
    _end(reading, DELETED, newest)
    return count


def _begun(name: str, systems: Systems, engine: Engine) -> _Reading:
    with engine.begin() as connection:
        cursor = cursors.read(connection, systems.connection.id, name)
    reading = _Reading(systems, engine, None if cursor is None else cursor.watermark)
    if reading.watermark is None:
        reading.watermark = reading.ask(clock())[0]["now_at"]
    reading.since = minus_overlap(reading.watermark)
    return reading


def _end(reading: _Reading, name: str, newest: str | None) -> None:
    watermark = newest or reading.watermark
    with reading.engine.begin() as connection:
        cursors.advance(connection, reading.systems.connection.id, name, str(watermark))


def _keep(reading: _Reading, rows: Rows) -> None:
    """Stores whole shipments; the orders of which the shop must be told become due."""
    by_id: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        if shopify_id_of(row.get("order_externalid"), reading.systems.shop_id) is not None:
            by_id.setdefault(row["id"], []).append(row)
    numbers = _numbers(reading, list(by_id))
    found = [_shipment(lines, numbers.get(key, [])) for key, lines in by_id.items()]
    order_of = {int(key): _order(lines[0], reading.systems.shop_id) for key, lines in by_id.items()}
    with reading.engine.begin() as connection:
        changed = shipments.keep(connection, reading.systems.connection.id, found)
        orders = [order_of[item.netsuite_id] for item in changed]
        sales_orders.learn(connection, reading.systems.connection.id, orders)
        _want(connection, reading, [order.shopify_id for order in orders])
    reading.count += len(found)


def _numbers(reading: _Reading, ids: Sequence[str]) -> dict[str, list[str]]:
    """Tracking numbers by shipment, none twice."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(ids), _IDS_A_CALL):
        for row in _pages_of_numbers(reading, ids[start : start + _IDS_A_CALL]):
            numbers, number = found.setdefault(row["id"], []), row.get("trackingnumber", "").strip()
            if number and number not in numbers:
                numbers.append(number)
    return found


def _pages_of_numbers(reading: _Reading, ids: Sequence[str]) -> Iterator[Mapping[str, str]]:
    after = ("0", "0")
    while True:
        rows = reading.ask(tracking_numbers(ids, after))
        yield from rows
        if len(rows) < PAGE:
            return
        after = (rows[-1]["id"], rows[-1]["number_id"])


def _keep_deleted(reading: _Reading, ids: Sequence[int]) -> int:
    """Of what was deleted, the shipments that NetSuite does not know any more: ids of other kinds can be the same."""
    connection_id = reading.systems.connection.id
    with reading.engine.begin() as connection:
        candidates = shipments.standing(connection, connection_id, ids)
    if not candidates:
        return 0
    there = {int(row["id"]) for row in reading.ask(external_ids([str(number) for number in candidates]))}
    gone = [number for number in candidates if number not in there]
    with reading.engine.begin() as connection:
        orders = shipments.mark_deleted(connection, connection_id, gone)
        found = [sales_orders.of_id(connection, connection_id, str(number)) for number in orders]
        _want(connection, reading, [order.shopify_id for order in found if order is not None])
    return len(gone)


def _want(connection: Connection, reading: _Reading, shopify_ids: Sequence[str]) -> None:
    wanted.want(connection, reading.systems.connection.id, records.ORDER_STATUS, shopify_ids)


def _order(row: Mapping[str, str], shop_id: int) -> MirroredOrder:
    """The order of a shipment: what is told of it may be told before its own reading comes by."""
    shopify_id = str(shopify_id_of(row.get("order_externalid"), shop_id))
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
