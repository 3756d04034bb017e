"""What was deleted in NetSuite of what our mirrors hold: shipments, invoices, cash sales. A deleted record changes no more."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from connector.flows.changes import Changes, Row, Rows
from connector.flows.systems import Systems
from connector.netsuite.suiteql import Query, deleted_since, external_ids
from connector.store import billing, records, sales_orders, shipments, wanted

DELETED = "shipments.deleted"


def refresh_deleted(systems: Systems, engine: Engine) -> int:
    """Takes out what was deleted since the last reading, from now on at first; returns how many.

    The shop may have to be told of their orders, which become due.
    """
    reading, count = Changes.begin(DELETED, systems, engine), 0
    reading.from_now_on()

    def ask(last: Row | None, since: str | None) -> Rows:
        return _asked(reading, deleted_since("0" if last is None else last["id"], str(since)))

    for rows in reading.pages(ask):
        count += _taken_out(reading, [int(row["id"]) for row in rows])
    reading.end()
    return count


def _taken_out(reading: Changes, ids: Sequence[int]) -> int:
    """Of some deleted ids those that NetSuite does not know any more: ids of other kinds can be the same."""
    connection_id = reading.systems.connection.id
    with reading.engine.begin() as connection:
        candidates = {
            *shipments.standing(connection, connection_id, ids), *billing.standing(connection, connection_id, ids)
        }  # fmt: skip
    if not candidates:
        return 0
    there = {int(row["id"]) for row in _asked(reading, external_ids([str(number) for number in sorted(candidates)]))}
    gone = sorted(candidates - there)
    with reading.engine.begin() as connection:
        orders = {
            *shipments.mark_deleted(connection, connection_id, gone), *billing.forget(connection, connection_id, gone)
        }  # fmt: skip
        _want(connection, connection_id, sorted(orders))
    return len(gone)


def _want(connection: Connection, connection_id: int, netsuite_orders: Sequence[int]) -> None:
    found = [sales_orders.of_id(connection, connection_id, str(number)) for number in netsuite_orders]
    due = [order.shopify_id for order in found if order is not None]
    wanted.want(connection, connection_id, records.ORDER_STATUS, due)


def _asked(reading: Changes, query: Query) -> Rows:
    return reading.systems.netsuite.suiteql(*query, lane=reading.lane)
