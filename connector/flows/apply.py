"""apply: makes one effect once. Written down before the call; after a lost answer read, never sent again blindly."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from connector.errors import AlreadyExists, Conflict, ConnectorError, InvalidAnswer, OutcomeUnknown, TotalMismatch
from connector.flows.plan import Effect
from connector.netsuite.client import NetSuiteClient
from connector.store import effects as store
from connector.store import records
from connector.store.effects import StoredEffect
from connector.store.records import Lease
from connector.store.tables import EffectKind, EffectState

# The field that holds a record's money, read back when an answer was lost.
_AMOUNT_FIELD = {EffectKind.SALES_ORDER: "total", EffectKind.CUSTOMER_DEPOSIT: "payment"}
# A request whose answer was lost may still be at work over there; the next look comes after this many seconds.
_LOOK_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Work:
    """What applying needs: the database, the account and the lease under which everything is done."""

    engine: Engine
    netsuite: NetSuiteClient
    lease: Lease


def apply(effect: Effect, work: Work) -> str:
    """Makes the effect if it is not made yet; returns NetSuite's internal id.

    Raises Conflict when another worker is making the same thing, OutcomeUnknown when the answer was lost.
    """
    stored = _written_down(effect, work)
    if stored.state is EffectState.CONFIRMED and stored.remote_id is not None:
        return stored.remote_id
    if stored.state in (EffectState.SENT, EffectState.UNKNOWN):
        found = _found(effect, work)
        if found is not None:
            return _confirmed(stored, found, work)
    return _sent(effect, stored, work)


def remember(key: str, remote_id: str, work: Work) -> None:
    """Keeps the link to a customer that existed already."""
    intent = store.Intent(EffectKind.CUSTOMER, key, "found by e-mail", None, None)
    with work.engine.begin() as connection:
        stored = store.intend(connection, work.lease, intent)
        if stored.state is not EffectState.CONFIRMED:
            store.confirm(connection, stored, remote_id, now=_now())


def _written_down(effect: Effect, work: Work) -> StoredEffect:
    """The stored effect, under our lease. Raises Conflict when the lease was lost or another record is at it."""
    with work.engine.begin() as connection:
        if not records.holds(connection, work.lease):
            raise Conflict("another worker took this record over", retry_after=_LOOK_AFTER)
        stored = store.intend(connection, work.lease, effect.intent)
        is_other = stored.record_id != work.lease.record_id and stored.state is not EffectState.CONFIRMED
        if is_other and records.is_in_flight(connection, stored.record_id, stored.fence, now=_now()):
            raise Conflict(f"{effect.intent.natural_key} is being made for another order", retry_after=0.5)
        return stored


def _sent(effect: Effect, stored: StoredEffect, work: Work) -> str:
    with work.engine.begin() as connection:
        if not records.holds(connection, work.lease):
            raise Conflict("another worker took this record over", retry_after=_LOOK_AFTER)
        store.mark_sent(connection, stored, work.lease, effect.intent, now=_now())
    try:
        remote_id = work.netsuite.create(effect.record_type, effect.body)
    except OutcomeUnknown as error:
        with work.engine.begin() as connection:
            store.mark_unknown(connection, stored)
        raise OutcomeUnknown(str(error), retry_after=_LOOK_AFTER) from error
    except AlreadyExists:
        return _adopted(effect, stored, work)
    except ConnectorError:
        with work.engine.begin() as connection:
            store.mark_planned(connection, stored)
        raise
    return _confirmed(stored, remote_id, work)


def _adopted(effect: Effect, stored: StoredEffect, work: Work) -> str:
    """The external id is taken: an earlier request of ours arrived after all."""
    found = _found(effect, work)
    if found is None:
        with work.engine.begin() as connection:
            store.mark_unknown(connection, stored)
        raise InvalidAnswer(
            f"NetSuite says {effect.intent.natural_key} exists already, but has no {effect.record_type} under it; "
            "look for another record with this external id"
        )
    return _confirmed(stored, found, work)


def _found(effect: Effect, work: Work) -> str | None:
    """The record under the effect's key, if it stands there with the money we meant. Raises TotalMismatch."""
    field = _AMOUNT_FIELD.get(effect.intent.kind)
    found = work.netsuite.find(effect.record_type, effect.intent.natural_key, fields=(field,) if field else ())
    if found is None:
        return None
    if field and field in found and found[field] != effect.intent.amount:
        raise TotalMismatch(
            f"NetSuite has {effect.intent.natural_key} with {found[field]}, Shopify says {effect.intent.amount}"
        )
    return str(found["id"])


def _confirmed(stored: StoredEffect, remote_id: str, work: Work) -> str:
    with work.engine.begin() as connection:
        store.confirm(connection, stored, remote_id, now=_now())
    return remote_id


def _now() -> datetime:
    return datetime.now(UTC)
