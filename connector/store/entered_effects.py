"""Effects of what was not made by us first: orders entered in NetSuite, their draft orders, and what we adopted."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.effects import ENTERED, Image, Intent, StoredEffect, sealed
from connector.store.tables import EffectKind, EffectState, effects, records
from connector.vault import Vault


def link(connection: Connection, connection_id: int, record_id: int, intent: Intent, remote_id: str) -> None:
    """Keeps that a thing stands over there already, unless something of that key was sent before. Its image comes later.

    There is no total of ours to compare it with.
    """
    values: dict[str, Any] = {
        "state": EffectState.CONFIRMED,
        "remote_id": remote_id,
        "request_hash": intent.request_hash,
    }
    values |= {"confirmed_at": func.now(), "verified_at": func.now()}
    statement = insert(effects).values(
        connection_id=connection_id,
        record_id=record_id,
        kind=intent.kind,
        natural_key=intent.natural_key,
        fence=0,
        **values,
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "natural_key"],
            set_=values,
            where=effects.c.state == EffectState.PLANNED,
        )
    )


def keep_amount(connection: Connection, effect: StoredEffect, amount: Decimal, currency: str) -> None:
    """What the thing comes to over there, where it was not us who said it."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(amount=amount, currency=currency))


def keep_image(connection: Connection, vault: Vault, effect: StoredEffect, image: Image) -> None:
    """Keeps what stands over there, where nothing was known of it."""
    connection.execute(update(effects).where(effects.c.id == effect.id).values(image=sealed(vault, effect, image)))


def renew(connection: Connection, effect: StoredEffect) -> None:
    """What was taken away is to be made again: nothing of it stands."""
    connection.execute(
        update(effects)
        .where(effects.c.id == effect.id)
        .values(state=EffectState.PLANNED, remote_id=None, image=None, verified_at=None)
    )


def linked_orders(connection: Connection, connection_id: int, netsuite_ids: Collection[str]) -> dict[str, str]:
    """Those of some sales orders that were entered in NetSuite and are orders of the shop: its id by NetSuite's."""
    found = connection.execute(
        select(effects.c.remote_id, records.c.shopify_id)
        .join(records, records.c.id == effects.c.record_id)
        .where(
            effects.c.connection_id == connection_id,
            effects.c.kind == EffectKind.SALES_ORDER,
            effects.c.request_hash == ENTERED,
            effects.c.remote_id.in_(sorted(netsuite_ids)),
        )
    )
    return {row.remote_id: row.shopify_id for row in found}


def open_drafts(connection: Connection, connection_id: int) -> list[str]:
    """Natural keys of the drafts that may stand and did not become an order."""
    found = connection.execute(
        select(effects.c.natural_key).where(
            effects.c.connection_id == connection_id,
            effects.c.kind == EffectKind.DRAFT_ORDER,
            effects.c.state != EffectState.WITHDRAWN,
            effects.c.verified_at.is_(None),
        )
    )
    return list(found.scalars())
