"""One write to the shop that an order's status was planned to need, made; and what came of earlier ones, written down."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from connector.errors import InvalidAnswer, OutcomeUnknown, Rejected, Unavailable
from connector.flows.leasing import must_hold
from connector.flows.own_payments import OWN, caused_by_marking
from connector.flows.shop_effects import ShopWork, sent
from connector.flows.status_planning import Cancel, Capture, Finding, MarkPaid, Mutation, StatusEffect
from connector.shopify import order_writes
from connector.shopify.order_writes import Cancelling
from connector.shopify.reading import numeric
from connector.store import effects as store
from connector.store.effects import Image, Intent, StoredEffect

_JOB_AFTER = 5.0


def apply_to_shop(effect: StatusEffect, work: ShopWork) -> None:
    """Makes the effect; who planned it has seen that it is not made yet.

    Raises OutcomeUnknown when the answer was lost, Unavailable while Shopify is at it, Rejected when it does not want it.
    """
    with sent(effect.intent, work) as stored:
        remote_id, image = _made(effect, work)
    with work.engine.begin() as connection:
        if isinstance(effect.write, Cancel):
            store.mark_begun(connection, stored, remote_id)
        elif effect.takes_away:
            store.withdraw(connection, stored)
        else:
            store.confirm(connection, work.vault, stored, remote_id, image=image, now=_now())
    if isinstance(effect.write, Cancel):
        raise Unavailable("Shopify has begun to cancel the order", retry_after=_JOB_AFTER)


def settle_finding(finding: Finding, work: ShopWork) -> None:
    """Writes down what became of a lost answer, or what somebody else made."""
    with work.engine.begin() as connection:
        if finding.kind is not None:
            store.intend(connection, work.lease, Intent(finding.kind, finding.key, "found in the shop"))
        stored = _mine(connection, finding.key, work)
        if finding.is_gone:
            store.withdraw(connection, stored)
        elif finding.remote_id is None:
            store.mark_refused(connection, stored)
        else:
            image = finding.image or store.image_of(stored, work.vault)
            store.confirm(connection, work.vault, stored, finding.remote_id, image=image, now=_now())


def look_after_job(key: str, work: ShopWork) -> None:
    """Asks how far a cancellation is. Raises Unavailable while it goes on, Rejected with what it failed for."""
    with work.engine.begin() as connection:
        stored = _mine(connection, key, work)
    job = order_writes.cancelling(work.shopify, str(stored.remote_id)) or Cancelling("", "FAILED", "its job is gone")
    if job.status != "FAILED":
        raise Unavailable("Shopify is cancelling the order", retry_after=_JOB_AFTER)
    with work.engine.begin() as connection:
        store.mark_failed(connection, _mine(connection, key, work))
    raise Rejected(f"Shopify did not cancel the order: {job.problem}; cancel it there, or open the sales order again")


def _made(effect: StatusEffect, work: ShopWork) -> tuple[str, Image | None]:
    """What stands over there now: its id, and its image."""
    write = effect.write
    if isinstance(write, Mutation):
        return _made_id(work.shopify.mutate(write.operation, write.variables), write), effect.intent.image
    if isinstance(write, MarkPaid):
        image: Mapping[str, Any] = effect.intent.image or {}
        own = caused_by_marking(order_writes.mark_paid(work.shopify, write.order_id), image)
        new = [number for number in own if number not in image.get(OWN, ())]
        if not new:
            # Its payment must be known, or its webhook would book the money a second time.
            raise OutcomeUnknown("Shopify marked the order as paid without saying by which payment")
        return new[-1], {**image, OWN: own}
    if isinstance(write, Capture):
        return order_writes.capture(work.shopify, write.order_id, write.authorization_id, write.money), None
    return order_writes.cancel(work.shopify, write.order_id, note=write.note).id, None


def _made_id(payload: Mapping[str, Any], write: Mutation) -> str:
    found: Any = payload
    for member in write.made:
        found = found.get(member) if isinstance(found, Mapping) else None
    if not isinstance(found, str):
        raise InvalidAnswer(f"Shopify answered {write.operation} without {'.'.join(write.made)}")
    return numeric(found)


def _mine(connection: Connection, key: str, work: ShopWork) -> StoredEffect:
    must_hold(connection, work.lease)
    return store.of_keys(connection, work.lease.connection_id, [key])[key]


def _now() -> datetime:
    return datetime.now(UTC)
