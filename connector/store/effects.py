"""The effects: one row for each thing that must exist once in NetSuite, under its natural key (the external id).

A row's image is what stands over there as far as we wrote it; it holds what customers typed, so it is sealed.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.records import Lease
from connector.store.tables import EffectKind, EffectState, effects, records
from connector.transport import encode
from connector.vault import Vault

Image = Mapping[str, Any]
# The request hash of a sales order that was not made by us, but entered in NetSuite.
ENTERED = "entered in NetSuite"
# The same of whatever another connector wrote before us.
ADOPTED = "written by another connector"


@dataclass(frozen=True, slots=True)
class StoredEffect:
    """One effect as it stands. `amount` and `currency` are None where no money is meant; `sealed` is its image."""

    id: int
    connection_id: int
    record_id: int
    kind: EffectKind
    natural_key: str
    state: EffectState
    fence: int
    request_hash: str
    rules_version: int
    remote_id: str | None
    sealed: bytes | None
    amount: Decimal | None
    currency: str | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    verified_at: datetime | None
    # Until when an earlier change, whose answer was lost, may be carried out behind the last one.
    late_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be made or changed, and the image that stands afterwards."""

    kind: EffectKind
    natural_key: str
    request_hash: str
    amount: Decimal | None = None
    currency: str | None = None
    image: Image | None = None
    rules_version: int = 0


def of_keys(connection: Connection, connection_id: int, keys: Sequence[str]) -> dict[str, StoredEffect]:
    """The effects that exist already under these natural keys."""
    found = connection.execute(
        select(effects).where(effects.c.connection_id == connection_id, effects.c.natural_key.in_(list(keys)))
    )
    return {row.natural_key: from_row(row) for row in found}


def of_record(connection: Connection, record_id: int) -> list[StoredEffect]:
    """A record's effects in the order they were planned."""
    found = connection.execute(select(effects).where(effects.c.record_id == record_id).order_by(effects.c.id))
    return [from_row(row) for row in found]


def of_kind(
    connection: Connection, connection_id: int, kind: EffectKind, record: tuple[str, str]
) -> list[StoredEffect]:
    """One kind's effects of the record (its kind, its Shopify id), in the order they were planned."""
    found = connection.execute(
        select(effects)
        .join(records, records.c.id == effects.c.record_id)
        .where(
            records.c.connection_id == connection_id,
            records.c.kind == record[0],
            records.c.shopify_id == record[1],
            effects.c.kind == kind,
        )
        .order_by(effects.c.id)
    )
    return [from_row(row) for row in found]


def intend(connection: Connection, lease: Lease, intent: Intent) -> StoredEffect:
    """The effect of that natural key, written down as planned if it is new."""
    connection.execute(
        insert(effects)
        .values(
            connection_id=lease.connection_id,
            record_id=lease.record_id,
            kind=intent.kind,
            natural_key=intent.natural_key,
            fence=lease.fence,
            request_hash=intent.request_hash,
            rules_version=intent.rules_version,
            amount=intent.amount,
            currency=intent.currency,
        )
        .on_conflict_do_nothing(index_elements=["connection_id", "natural_key"])
    )
    return locked(connection, lease.connection_id, intent.natural_key)


def locked(connection: Connection, connection_id: int, natural_key: str) -> StoredEffect:
    """The effect of that natural key, which is there; its row stays locked until the transaction ends."""
    row = connection.execute(
        select(effects)
        .where(effects.c.connection_id == connection_id, effects.c.natural_key == natural_key)
        .with_for_update()
    ).one()
    return from_row(row)


def mark_sent(connection: Connection, effect: StoredEffect, lease: Lease, intent: Intent) -> None:
    """Writes down, before the call, that the request is on its way under this lease."""
    connection.execute(
        update(effects)
        .where(effects.c.id == effect.id)
        .values(
            state=EffectState.SENT,
            record_id=lease.record_id,
            fence=lease.fence,
            sent_at=func.clock_timestamp(),
            request_hash=intent.request_hash,
            rules_version=intent.rules_version,
            amount=intent.amount,
            currency=intent.currency,
        )
    )


def keep_sent_image(connection: Connection, vault: Vault, effect: StoredEffect, image: Image) -> None:
    """Keeps what is about to be made, so that it is known what was if no answer comes."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(image=sealed(vault, effect, image)))


def mark_refused(connection: Connection, effect: StoredEffect) -> None:
    """The request was refused and nothing was written: all is as it was before it was sent."""
    connection.execute(
        update(effects)
        .where(effects.c.id == effect.id)
        .values(
            state=EffectState.PLANNED if effect.remote_id is None else EffectState.CONFIRMED,
            amount=effect.amount,
            currency=effect.currency,
            rules_version=effect.rules_version,
        )
    )


def put_back_image(connection: Connection, effect: StoredEffect) -> None:
    """What stands over there is what stood when this effect was read: what was sent since was refused."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(image=effect.sealed))


def restore(connection: Connection, effect: StoredEffect) -> None:
    """What was said of the last request is taken back: an earlier one, as given here, is the one that was carried out."""
    values = {name: getattr(effect, name) for name in ("request_hash", "rules_version", "amount", "currency")}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(values))


def mark_unknown(connection: Connection, effect: StoredEffect) -> None:
    """The answer was lost: the next step is a read."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(state=EffectState.UNKNOWN))


def confirm(
    connection: Connection,
    vault: Vault,
    effect: StoredEffect,
    remote_id: str,
    *,
    image: Image | None,
    now: datetime,
    late_until: datetime | None = None,
) -> None:
    """The thing exists over there under this internal id and looks as the image says; its total is to be read back.

    `late_until`: until when an earlier change of it may be carried out behind this one.
    """
    connection.execute(
        update(effects)
        .where(effects.c.id == effect.id)
        .values(
            state=EffectState.CONFIRMED,
            remote_id=remote_id,
            image=None if image is None else sealed(vault, effect, image),
            confirmed_at=now,
            verified_at=None,
            looks=0,
            look_at=None,
            total_read=None,
            late_until=late_until,
        )
    )


def mark_begun(connection: Connection, effect: StoredEffect, remote_id: str) -> None:
    """The other system is at it: what came of it is to be read under this id."""
    values = {"state": EffectState.UNKNOWN, "remote_id": remote_id}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(values))


def mark_failed(connection: Connection, effect: StoredEffect) -> None:
    """What the other system began came to nothing: nothing stands there."""
    values = {"state": EffectState.PLANNED, "remote_id": None}
    connection.execute(update(effects).where(effects.c.id == effect.id).values(values))


def withdraw(connection: Connection, effect: StoredEffect) -> None:
    """The thing was taken away again."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(state=EffectState.WITHDRAWN))


def keep_image(connection: Connection, vault: Vault, effect: StoredEffect, image: Image) -> None:
    """Keeps what is known better now of what stands over there, unless it was changed meanwhile."""
    connection.execute(
        update(effects)
        .where(effects.c.id == effect.id, effects.c.image == effect.sealed)
        .values(image=sealed(vault, effect, image))
    )


def image_of(effect: StoredEffect, vault: Vault) -> Image | None:
    """What stands over there as far as we wrote it; None where that was not kept."""
    if effect.sealed is None:
        return None
    plain = vault.open(bytes(effect.sealed), associated=place(effect.connection_id, effect.natural_key))
    image: Image = json.loads(zlib.decompress(plain), parse_float=Decimal)
    return image


def mark_verified(connection: Connection, effect_ids: Sequence[int]) -> None:
    """NetSuite's own total was read and is the one we meant, or the difference stands in the record."""
    connection.execute(update(effects).where(effects.c.id.in_(list(effect_ids))).values(verified_at=func.now()))


def newest_id(connection: Connection, connection_id: int) -> int:
    """Id of the newest effect of a connection, 0 before the first."""
    query = select(func.coalesce(func.max(effects.c.id), 0)).where(effects.c.connection_id == connection_id)
    return int(connection.execute(query).scalar_one())


def first_and_last_orders(connection: Connection, connection_id: int, *, after: int, each: int) -> dict[str, str]:
    """External id → internal id of the first and the last sales orders that were confirmed behind an effect's id.

    One that a person entered may have another external id.
    """
    wanted = select(effects.c.id, effects.c.natural_key, effects.c.remote_id).where(
        effects.c.connection_id == connection_id,
        effects.c.kind == EffectKind.SALES_ORDER,
        effects.c.state == EffectState.CONFIRMED,
        effects.c.request_hash.not_in((ENTERED, ADOPTED)),
        effects.c.id > after,
    )
    rows = [
        *connection.execute(wanted.order_by(effects.c.id).limit(each)),
        *connection.execute(wanted.order_by(effects.c.id.desc()).limit(each)),
    ]
    return {row.natural_key: row.remote_id for row in rows}


def order_names(connection: Connection, record_ids: Sequence[int]) -> Mapping[int, str]:
    """The orders' names by record id, for messages."""
    found = connection.execute(select(records.c.id, records.c.name).where(records.c.id.in_(list(record_ids))))
    return {row.id: row.name or str(row.id) for row in found}


def from_row(row: Row[Any]) -> StoredEffect:
    """From a row of the table."""
    values = {name: getattr(row, name) for name in StoredEffect.__dataclass_fields__ if name != "sealed"}
    kinds = {"kind": EffectKind(row.kind), "state": EffectState(row.state), "sealed": row.image}
    return StoredEffect(**values | kinds)


def sealed(vault: Vault, effect: StoredEffect, image: Image) -> bytes:
    """An image as it is stored: packed first, for sealed bytes cannot be packed."""
    packed = zlib.compress(encode(image), 1)
    return vault.seal(packed, associated=place(effect.connection_id, effect.natural_key))


def place(connection_id: int, natural_key: str) -> str:
    """Where an image belongs; part of what the seal covers."""
    return f"image of connection {connection_id}, {natural_key}"
