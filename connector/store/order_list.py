"""Orders as a list, newest first, page by page, and found by whatever a person has in hand. Read only."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, and_, cast, func, or_, select, true, tuple_, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from connector.store.connection_tables import connections
from connector.store.mirror_tables import sales_orders
from connector.store.records import ORDER, RecordView
from connector.store.tables import SHOP_KINDS, EffectKind, RecordState, effects, records

_COLUMNS = tuple(records.c[name] for name in RecordView.__dataclass_fields__)
_BEHIND_ALL = 2**63 - 1
# Their ids in NetSuite are a buyer's, not an order's; those in the shop are no ids of NetSuite.
_NOT_OF_ORDER = (EffectKind.CUSTOMER, EffectKind.CONTACT, *SHOP_KINDS)


def listed(
    connection: Connection, *, connection_id: int | None = None, states: Sequence[RecordState] = tuple(RecordState),
    limit: int, before: int | None = None,
) -> list[RecordView]:  # fmt: skip
    """Orders in one of the states, the newest first; `before`: only those behind the record of this id.

    The newest of each connection and state are found by one look into an index, and then put together. They are compared
    as that index is sorted: with a condition on the id alone the planner would rather walk back over all records.
    """
    state = select(func.unnest(cast(list(states), ARRAY(Text))).label("state")).subquery("wanted")
    place = tuple_(records.c.state, records.c.kind, records.c.id)
    newest = select(*_COLUMNS).where(
        records.c.connection_id == connections.c.id,
        place < tuple_(state.c.state, ORDER, _BEHIND_ALL if before is None else before),
        place > tuple_(state.c.state, ORDER, 0),
    )
    in_order = newest.order_by(records.c.state.desc(), records.c.kind.desc(), records.c.id.desc())
    each = in_order.limit(limit).correlate(connections, state).lateral("newest")
    query = select(each).select_from(connections.join(state, true()).join(each, true()))
    if connection_id is not None:
        query = query.where(connections.c.id == connection_id)
    rows = connection.execute(query.order_by(each.c.id.desc()).limit(limit)).mappings()
    return [RecordView(**row) for row in rows]


def found(
    connection: Connection, term: str, *, email_hashes: Mapping[int, bytes], limit: int,
    connection_ids: Sequence[int] | None = None, before: int | None = None,
) -> list[RecordView]:  # fmt: skip
    """Orders, newest first, by name, Shopify id, external id, or NetSuite's number or internal id of what was made of them;
    those of a buyer by the hash of the e-mail address in each connection. `connection_ids`: only theirs, None for all.

    `before`: only those behind the record of this id.
    """
    names = {term, term.removeprefix("#"), f"#{term}"}
    ways: list[Select[Any]] = [
        select(records.c.id).where(records.c.kind == ORDER, records.c.name.in_(names)),
        _of_connections().where(records.c.shopify_id == term),
        _by_number().where(sales_orders.c.number == term),
        _by_effect().where(effects.c.natural_key == term),
        _by_effect().where(effects.c.remote_id == term),
    ]
    if term.isascii() and term.isdecimal() and int(term) < 2**63:
        ways.append(_by_number().where(sales_orders.c.netsuite_id == int(term)))
    hashes = [and_(connections.c.id == number, records.c.email_hash == one) for number, one in email_hashes.items()]
    if hashes:
        ways.append(_of_connections().where(or_(*hashes)))
    ids: CompoundSelect[Any] = union(*ways)
    query = select(*_COLUMNS).where(records.c.id.in_(ids)).order_by(records.c.id.desc()).limit(limit)
    if connection_ids is not None:
        query = query.where(records.c.connection_id.in_(list(connection_ids)))
    if before is not None:
        query = query.where(records.c.id < before)
    return [RecordView(**row) for row in connection.execute(query).mappings()]


def _of_connections() -> Select[Any]:
    """No index of the records begins with anything but the connection."""
    return (
        select(records.c.id)
        .select_from(connections.join(records, records.c.connection_id == connections.c.id))
        .where(records.c.kind == ORDER)
    )


def _by_number() -> Select[Any]:
    is_of_it = and_(
        records.c.connection_id == sales_orders.c.connection_id, records.c.shopify_id == sales_orders.c.shopify_id
    )
    return (
        select(records.c.id)
        .select_from(
            connections.join(sales_orders, sales_orders.c.connection_id == connections.c.id).join(records, is_of_it)
        )
        .where(records.c.kind == ORDER)
    )


def _by_effect() -> Select[Any]:
    return (
        select(records.c.id)
        .select_from(
            connections.join(effects, effects.c.connection_id == connections.c.id).join(
                records, records.c.id == effects.c.record_id
            )
        )
        .where(records.c.kind == ORDER, effects.c.kind.not_in(_NOT_OF_ORDER))
    )
