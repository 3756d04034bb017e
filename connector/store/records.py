"""The records: the unit of work, its lease, and where it stands. A leased record changes only under its fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, text, update

from connector.limits import Lane
from connector.store import since
from connector.store.connection_tables import connections
from connector.store.tables import RecordState, records

ORDER = "order"
CUSTOMER = "customer"
# Two customers that Shopify made one; its id is `kept-deleted`.
CUSTOMER_MERGE = "customer_merge"
# What NetSuite says of an order and the shop is told; its id is the order's.
ORDER_STATUS = "order_status"
# What NetSuite owns of a customer, or of a company, and the shop is told; ids are Shopify's.
CUSTOMER_STATUS = "customer_status"
COMPANY_STATUS = "company_status"
# A sales order entered in NetSuite that the shop gets as a draft: alone of all, its id is NetSuite's.
DRAFT_ORDER = "draft_order"
# What Shopify's compliance topics and an uninstalled app ask for.
DATA_REQUEST = "data_request"
CUSTOMER_REDACT = "customer_redact"
SHOP_REDACT = "shop_redact"
UNINSTALL = "uninstall"
CANARY = "canary"  # belongs to nothing in either system; see connector.flows.canary

# Kinds a delivery makes due.
WORKED = (ORDER, CUSTOMER, CUSTOMER_MERGE, DATA_REQUEST, CUSTOMER_REDACT, SHOP_REDACT, UNINSTALL)

# Kinds that wait while their connection is paused or halted.
WAITING = (ORDER, CUSTOMER, CUSTOMER_MERGE, ORDER_STATUS, CUSTOMER_STATUS, COMPANY_STATUS, DRAFT_ORDER)

# A worker that died is replaced after it; one that lives renews it. Longer than a database is away that is restarted.
LEASE = timedelta(seconds=45)
# A wake that led nowhere is repeated after this long.
WAKE_AGAIN = timedelta(seconds=30)

# When a record is due that waits for its job: not before it is sent.
UNTIL_SENT = datetime(9999, 1, 1, tzinfo=UTC)

# States in which a record is worked on.
LEASABLE = (RecordState.PENDING, RecordState.WORKING)
# The orders of a paused connection wait; what the law or an uninstalled app asks for does not.
IS_WORKED_ON = or_(
    records.c.kind.not_in(WAITING),
    select(connections.c.enabled).where(connections.c.id == records.c.connection_id).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to one record: only while `fence` is the record's."""

    record_id: int
    connection_id: int
    kind: str
    shopify_id: str
    fence: int
    version: int
    attempts: int
    first_failed_at: datetime | None
    lane: str = Lane.ORDERS


@dataclass(frozen=True, slots=True)
class Standing:
    """What becomes of a record after a pass."""

    state: RecordState
    reason_code: str | None = None
    reason_subject: str | None = None
    reason: str | None = None
    # The system that was away, where that is why.
    away: str | None = None


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as people see it. `placed_at` and both statuses: of an order in Shopify as it was read last, None before."""

    id: int
    connection_id: int
    kind: str
    shopify_id: str
    name: str | None
    state: str
    reason_code: str | None
    reason_subject: str | None
    reason: str | None
    total: Decimal | None
    currency: str | None
    differs: bool
    placed_at: datetime | None
    financial_status: str | None
    fulfillment_status: str | None
    attempts: int
    next_attempt_at: datetime
    created_at: datetime
    changed_at: datetime
    open_since: datetime
    in_step_at: datetime | None


def claim(connection: Connection, record_id: int, *, owner: str, now: datetime) -> Lease | None:
    """Takes the lease of a record that is due; None when there is nothing to do or somebody else holds it."""
    row = connection.execute(
        update(records)
        .where(
            records.c.id == record_id,
            records.c.state.in_(LEASABLE),
            records.c.next_attempt_at <= now,
            or_(records.c.lease_until.is_(None), records.c.lease_until < now),
            IS_WORKED_ON,
        )
        .values(
            state=RecordState.WORKING,
            lease_owner=owner,
            lease_until=now + LEASE,
            fence=records.c.fence + 1,
            changed_at=now,
        )
        .returning(*records.c)
    ).one_or_none()
    if row is None:
        return None
    return Lease(
        record_id=row.id,
        connection_id=row.connection_id,
        kind=row.kind,
        shopify_id=row.shopify_id,
        fence=row.fence,
        version=row.wanted_version,
        attempts=row.attempts,
        first_failed_at=row.first_failed_at,
        lane=row.lane,
    )


# A row that a transaction holds just now is left for the next time: nobody is to wait for the other, in no order of rows.
_RENEW = text(
    """
    update records set lease_until = now() + :lease from (
        select r.id from records r join unnest(cast(:ids as bigint[]), cast(:fences as bigint[])) as mine (id, fence)
            on r.id = mine.id and r.fence = mine.fence
        where r.lease_until is not null for update of r skip locked
    ) held where records.id = held.id
    """
)


def renew(connection: Connection, held: Sequence[tuple[int, int]]) -> None:
    """Prolongs leases from now; `held` are record ids with their fences. One that was lost is left alone."""
    ids, fences = [record_id for record_id, _ in held], [fence for _, fence in held]
    connection.execute(_RENEW, {"lease": LEASE, "ids": ids, "fences": fences})


def settle(connection: Connection, lease: Lease, standing: Standing, *, now: datetime) -> bool:
    """Ends a pass for good; True when something new arrived meanwhile and the record is due again.

    A lease that was lost changes nothing: its successor decides.
    """
    moved_on = records.c.wanted_version > lease.version
    row = connection.execute(
        update(records)
        .where(held_by(lease))
        .values(
            state=text("case when wanted_version > :version then 'pending' else :state end").bindparams(
                version=lease.version, state=standing.state
            ),
            applied_version=lease.version,
            reason_code=standing.reason_code,
            reason_subject=standing.reason_subject,
            reason=standing.reason,
            lease_owner=None,
            lease_until=None,
            attempts=0,
            first_failed_at=None,
            waits_on=None,
            forwarded_at=None,
            changed_at=now,
            **since.settles(standing.state, moved_on, now=now),
        )
        .returning(moved_on)
    ).one_or_none()
    return bool(row and row[0])


@dataclass(frozen=True, slots=True)
class Description:
    """What a person searches for, the buyer's e-mail by its hash, and of which change in Shopify we know, if it is of it.

    Of an order of the shop, too: when it was placed, and whether it is paid and shipped.
    """

    name: str
    total: Decimal
    currency: str
    email_hash: bytes | None = None
    seen_version: datetime | None = None
    placed_at: datetime | None = None
    financial_status: str | None = None
    fulfillment_status: str | None = None


def describe(connection: Connection, lease: Lease, said: Description) -> None:
    """Keeps what a record with money is searched by."""
    values = {name: getattr(said, name) for name in Description.__dataclass_fields__}
    connection.execute(update(records).where(held_by(lease)).values(values))


def name_it(connection: Connection, lease: Lease, *, name: str, seen_version: datetime | None = None) -> None:
    """Keeps what a record without money is searched by, and which change in Shopify this pass knows, where it is told."""
    values: dict[str, Any] = {"name": name} | ({} if seen_version is None else {"seen_version": seen_version})
    connection.execute(update(records).where(held_by(lease)).values(values))


def is_in_flight(connection: Connection, record_id: int, fence: int) -> bool:
    """True while the worker that holds this fence of the record may still be at work."""
    found = connection.execute(
        select(records.c.id).where(
            records.c.id == record_id, records.c.fence == fence, records.c.lease_until > func.now()
        )
    )
    return found.one_or_none() is not None


def holds(connection: Connection, lease: Lease) -> bool:
    """True while the lease is still ours; the row stays locked until the transaction ends.

    Not against what only refers to the record (`for no key update`).
    """
    found = connection.execute(select(records.c.id).where(held_by(lease)).with_for_update(key_share=True))
    return found.one_or_none() is not None


def by_id(connection: Connection, record_id: int) -> RecordView:
    """One record, which is there."""
    return _view(connection.execute(select(records).where(records.c.id == record_id)).one())


def of_entity(connection: Connection, connection_id: int, kind: str, shopify_id: str) -> RecordView | None:
    """The record of one thing of a shop, or None."""
    row = connection.execute(
        select(records).where(
            records.c.connection_id == connection_id, records.c.kind == kind, records.c.shopify_id == shopify_id
        )
    ).one_or_none()
    return None if row is None else _view(row)


def by_name(connection: Connection, name: str) -> list[RecordView]:
    """Orders of that name, newest first, over all connections; `1001` finds `#1001`."""
    is_it = (records.c.kind == ORDER, records.c.name.in_({name, name.removeprefix("#"), f"#{name}"}))
    return [_view(row) for row in connection.execute(select(records).where(*is_it).order_by(records.c.id.desc()))]


def by_shopify_id(connection: Connection, shopify_id: str) -> list[RecordView]:
    """Orders with that Shopify id, over all connections."""
    known = select(connections.c.id)
    is_it = (records.c.connection_id.in_(known), records.c.kind == ORDER, records.c.shopify_id == shopify_id)
    return [_view(row) for row in connection.execute(select(records).where(*is_it))]


def held_by(lease: Lease) -> Any:
    """The condition that a record is still this lease's."""
    return and_(records.c.id == lease.record_id, records.c.fence == lease.fence)


def _view(row: Row[Any]) -> RecordView:
    return RecordView(**{name: getattr(row, name) for name in RecordView.__dataclass_fields__})
