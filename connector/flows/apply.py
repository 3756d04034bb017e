"""apply: makes one effect once. Written down before the call; after a lost answer read, never sent again blindly."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, Engine

from connector.crash import Moment, crash_at
from connector.errors import (
    AlreadyExists,
    Conflict,
    ConnectorError,
    InvalidAnswer,
    OutcomeUnknown,
    Rejected,
    TotalMismatch,
)
from connector.flows.late_changes import late_until
from connector.flows.leasing import LOOK_AFTER, must_hold
from connector.flows.overtaken import doubtful, doubts, sent_all_the_same
from connector.flows.planning import IN_DOUBT, Effect, without
from connector.netsuite.client import NetSuiteClient
from connector.netsuite.writes import Change, Delete
from connector.store import clock, records
from connector.store import effects as store
from connector.store.effects import Image, StoredEffect
from connector.store.records import Lease
from connector.store.tables import SHOP_KINDS, EffectKind, EffectState
from connector.transport import concerning
from connector.vault import Vault

# The field that holds a record's money, read back when an answer was lost.
_AMOUNT_FIELD = {
    EffectKind.SALES_ORDER: "total",
    EffectKind.CASH_SALE: "total",
    EffectKind.CREDIT_MEMO: "total",
    EffectKind.CASH_REFUND: "total",
    EffectKind.CUSTOMER_DEPOSIT: "payment",
    EffectKind.CUSTOMER_REFUND: "total",
}
# Documents whose total NetSuite may add tax to.
_READ_BACK = (EffectKind.SALES_ORDER, EffectKind.CASH_SALE, EffectKind.CREDIT_MEMO, EffectKind.CASH_REFUND)
# What may be missing in a record rather than the record.
_DROPPED = ("state", "phone", "addrPhone", "taxable")


@dataclass(frozen=True, slots=True)
class Work:
    """What applying needs: the database, the account and the lease under which everything is done.

    `is_tax_computed`: NetSuite adds tax of its own, so that a total found there is judged afterwards.
    """

    engine: Engine
    vault: Vault
    netsuite: NetSuiteClient
    lease: Lease
    is_tax_computed: bool = False


def stands(key: str, image: Image, work: Work) -> None:
    """A change whose answer was lost was found carried out, or not to be needed any more."""
    with work.engine.begin() as connection:
        must_hold(connection, work.lease)
        stored = store.of_keys(connection, work.lease.connection_id, [key])[key]
        _keep(connection, stored, str(stored.remote_id), image, work)


def recover(in_doubt: Iterable[StoredEffect], work: Work) -> None:
    """Looks for what may have been made although no answer said so: it stands as it was sent, or it was not made."""
    for stored in in_doubt:
        if stored.remote_id is not None or stored.state not in (EffectState.SENT, EffectState.UNKNOWN):
            continue
        if stored.kind in SHOP_KINDS:
            continue
        with work.engine.begin() as connection:
            if stored.record_id != work.lease.record_id and records.is_in_flight(
                connection, stored.record_id, stored.fence
            ):
                continue
        found = found_as_meant(stored, work.netsuite, is_tax_computed=work.is_tax_computed)
        with work.engine.begin() as connection:
            must_hold(connection, work.lease)
            if found is None:
                store.mark_refused(connection, stored)
            else:
                image = store.image_of(stored, work.vault)
                store.confirm(connection, work.vault, stored, found, image=image, now=_now())


def apply(effect: Effect, work: Work) -> str:
    """Makes the effect if it is not made yet; returns NetSuite's internal id.

    A change of something that stands was planned from what is known to stand there, so it is sent as it is.
    Raises Conflict when another worker is making the same thing, OutcomeUnknown when the answer was lost.
    """
    stored = _written_down(effect, work)
    if isinstance(effect.write, Change | Delete):
        return _sent(effect, stored, work)
    if stored.state is EffectState.CONFIRMED and stored.remote_id is not None:
        return stored.remote_id
    if stored.state in (EffectState.SENT, EffectState.UNKNOWN):
        found = _found(effect.write.record_type, stored, stored.amount, work)
        if found is not None:
            return _as_sent(effect, stored, found, work)
    return _sent(effect, stored, work)


def apply_leniently(effect: Effect, work: Work) -> tuple[str, tuple[str, ...]]:
    """As `apply`; a state, a phone number or a tax flag that NetSuite refuses is left out: it must not stop the whole record.

    Returns the internal id, and a sentence for each thing that was left out.
    """
    notes: tuple[str, ...] = ()
    for _ in _DROPPED:
        try:
            return apply(effect, work), notes
        except Rejected as error:
            lenient = without(effect, error.field) if error.field in _DROPPED else effect
            if lenient == effect:
                raise
            effect = lenient
            notes += (f"{effect.intent.natural_key}: NetSuite refused the field {error.field}; it was left out",)
    return apply(effect, work), notes


def remember(key: str, remote_id: str, work: Work, *, image: Image | None = None) -> None:
    """Keeps the link to a customer that existed already; `image` is Shopify's record at that moment.

    What stands there is NetSuite's own: only what Shopify changes from now on is written.
    """
    intent = store.Intent(EffectKind.CUSTOMER, key, "found by e-mail")
    with work.engine.begin() as connection:
        stored = store.intend(connection, work.lease, intent)
        if stored.state is not EffectState.CONFIRMED or stored.remote_id == remote_id:
            _keep(connection, stored, remote_id, image, work)


def _written_down(effect: Effect, work: Work) -> StoredEffect:
    """The stored effect, under our lease. Raises Conflict when the lease was lost or another record is at it."""
    with work.engine.begin() as connection:
        must_hold(connection, work.lease)
        stored = store.intend(connection, work.lease, effect.intent)
        is_other = stored.record_id != work.lease.record_id and stored.state is not EffectState.CONFIRMED
        if is_other and records.is_in_flight(connection, stored.record_id, stored.fence):
            raise Conflict(f"{effect.intent.natural_key} is being made for another order", retry_after=0.5)
        return stored


def _sent(effect: Effect, stored: StoredEffect, work: Work) -> str:
    with work.engine.begin() as connection:
        must_hold(connection, work.lease)
        store.mark_sent(connection, stored, work.lease, effect.intent)
        sent = _sent_image(effect, stored, work)
        if sent is not None:
            store.keep_sent_image(connection, work.vault, stored, sent)
    crash_at(Moment.BEFORE_REQUEST)
    try:
        with concerning(stored.id):
            remote_id = work.netsuite.write(effect.write)
    except OutcomeUnknown as error:
        with work.engine.begin() as connection:
            if not _is_overtaken(connection, effect, work, remote_id=None):
                store.mark_unknown(connection, stored)
        raise OutcomeUnknown(str(error), retry_after=LOOK_AFTER) from error
    except AlreadyExists:
        return _adopted(effect, stored, work)
    except ConnectorError:
        with work.engine.begin() as connection:
            if records.holds(connection, work.lease):
                store.mark_refused(connection, stored)
        raise
    crash_at(Moment.BEFORE_CONFIRM)
    return _confirmed(effect, stored, remote_id, work)


def _is_overtaken(connection: Connection, effect: Effect, work: Work, *, remote_id: str | None) -> bool:
    """True when another worker took the record over while the request was on its way; what that means is written down."""
    if records.holds(connection, work.lease):
        return False
    sent_all_the_same(connection, work.vault, work.lease, effect, remote_id=remote_id, now=_now())
    return True


def _sent_image(effect: Effect, stored: StoredEffect, work: Work) -> Image | None:
    """What is known if no answer comes: of something new what it will be, of a change which fields it may have changed."""
    if stored.remote_id is None:
        return effect.intent.image
    standing = store.image_of(stored, work.vault)
    if standing is None or not isinstance(effect.write, Change):
        return None
    return doubtful(standing, effect.write)


def _adopted(effect: Effect, stored: StoredEffect, work: Work) -> str:
    """The external id is taken: an earlier request arrived after all. Raises Conflict where another worker has the record."""
    with work.engine.begin() as connection:
        must_hold(connection, work.lease)
    amount = effect.intent.amount if stored.sent_at is None else stored.amount
    found = _found(effect.write.record_type, stored, amount, work)
    if found is None:
        with work.engine.begin() as connection:
            store.mark_unknown(connection, stored)
        raise InvalidAnswer(
            f"NetSuite says {effect.intent.natural_key} exists already, but has no {effect.write.record_type} under it; "
            "look for another record with this external id"
        )
    return _as_sent(effect, stored, found, work)


def _as_sent(effect: Effect, stored: StoredEffect, remote_id: str, work: Work) -> str:
    """What an earlier request made stands as that one said. Raises Conflict where it said something else than this one."""
    if stored.sent_at is None or stored.request_hash == effect.intent.request_hash:
        return _confirmed(effect, stored, remote_id, work)
    with work.engine.begin() as connection:
        image = store.image_of(stored, work.vault)
        store.restore(connection, stored)
        store.confirm(connection, work.vault, stored, remote_id, image=image, now=_now())
    raise Conflict(
        f"an earlier request made {stored.natural_key}; what changed since is compared again", retry_after=0.5
    )


def found_as_meant(stored: StoredEffect, netsuite: NetSuiteClient, *, is_tax_computed: bool) -> str | None:
    """The internal id under an effect's key, with the money that was sent; None where nothing stands. Raises TotalMismatch."""
    return _standing(record_type(stored.kind), stored, stored.amount, netsuite, is_tax_computed=is_tax_computed)


def _found(record_type: str, stored: StoredEffect, amount: Decimal | None, work: Work) -> str | None:
    """The record under the effect's key, if it stands there with the money we meant. Raises TotalMismatch."""
    return _standing(record_type, stored, amount, work.netsuite, is_tax_computed=work.is_tax_computed)


def _standing(
    record_type: str, stored: StoredEffect, amount: Decimal | None, netsuite: NetSuiteClient, *, is_tax_computed: bool
) -> str | None:
    field = _AMOUNT_FIELD.get(stored.kind)
    with concerning(stored.id):
        found = netsuite.find(record_type, stored.natural_key, fields=(field,) if field else ())
    if found is None:
        return None
    is_read_back = stored.kind in _READ_BACK and is_tax_computed
    if field and field in found and found[field] != amount and not is_read_back:
        raise TotalMismatch(f"NetSuite has {stored.natural_key} with {found[field]}, Shopify says {amount}")
    return str(found["id"])


def record_type(kind: EffectKind) -> str:
    """NetSuite's name of a kind: sales_order is salesOrder."""
    first, *rest = kind.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _confirmed(effect: Effect, stored: StoredEffect, remote_id: str, work: Work) -> str:
    """What was sent stands."""
    with work.engine.begin() as connection:
        if _is_overtaken(connection, effect, work, remote_id=remote_id):
            return remote_id
        if effect.takes_away:
            store.withdraw(connection, stored)
            return remote_id
        present = store.locked(connection, stored.connection_id, stored.natural_key)
        image = _keep(connection, stored, remote_id, effect.intent.image, work)
        if stored.remote_id is not None and present.state is EffectState.UNKNOWN:
            # One that had lost the record has sent a change meanwhile; which of the two was last nobody knows.
            if image is not None:
                unknown = doubts(store.image_of(present, work.vault))
                store.keep_sent_image(connection, work.vault, stored, {**image, IN_DOUBT: unknown})
            store.mark_unknown(connection, stored)
    return remote_id


def _keep(
    connection: Connection, before: StoredEffect, remote_id: str, image: Image | None, work: Work
) -> Image | None:
    """It stands as the image says, which is returned as it is kept.

    `before`: how it stood; what was sent then without an answer may yet come behind this.
    """
    until = None
    if before.remote_id is not None:
        until = late_until(before, now=clock.read(connection).at)
    if until is not None and image is not None and before.kind is EffectKind.SALES_ORDER:
        image = {**image, IN_DOUBT: doubts(store.image_of(before, work.vault))}
    store.confirm(connection, work.vault, before, remote_id, image=image, now=_now(), late_until=until)
    return image


def _now() -> datetime:
    return datetime.now(UTC)
