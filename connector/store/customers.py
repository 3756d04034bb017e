"""NetSuite's customers: found by e-mail without a call, and what the shop is told of them. Texts are keyed hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, cast, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.effects import StoredEffect, from_row
from connector.store.tables import EffectKind, EffectState, customers, effects

Owned = Mapping[str, Any]
_KEPT = ("email_hash", "subsidiary", "inactive", "owned")


@dataclass(frozen=True, slots=True)
class MirroredCustomer:
    """One NetSuite customer. `email_hash` is None without an address; `owned`: what is told of it, by rule."""

    netsuite_id: int
    email_hash: bytes | None
    subsidiary: str
    inactive: bool
    owned: Owned


@dataclass(frozen=True, slots=True)
class Changed:
    """A customer that is linked to the shop, and whose owned fields are not those that were compared last, if ever."""

    netsuite_id: int
    owned: Owned
    was_told: bool
    effect: StoredEffect


def by_email(connection: Connection, connection_id: int, email_hash: bytes, subsidiary: str | None) -> list[int]:
    """Ids of the active customers with that e-mail, within the subsidiary when one is given, oldest first."""
    query = select(customers.c.netsuite_id).where(
        customers.c.connection_id == connection_id,
        customers.c.email_hash == email_hash,
        customers.c.inactive.is_(False),
    )
    if subsidiary is not None:
        query = query.where(customers.c.subsidiary == subsidiary)
    return list(connection.execute(query.order_by(customers.c.netsuite_id)).scalars())


def keep(connection: Connection, connection_id: int, found: Sequence[MirroredCustomer]) -> None:
    """Stores customers as they are now."""
    if not found:
        return
    rows = [
        {"connection_id": connection_id, "netsuite_id": customer.netsuite_id}
        | {name: getattr(customer, name) for name in _KEPT}
        for customer in sorted(found, key=lambda customer: customer.netsuite_id)
    ]
    statement = insert(customers).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={name: statement.excluded[name] for name in _KEPT},
        )
    )


def changed(connection: Connection, connection_id: int, *, limit: int) -> list[Changed]:
    """Linked customers of which something else is owned than was compared last.

    In the order of the effects' index: of the others, which nobody told anything, there can be far more.
    """
    netsuite_id = cast(effects.c.remote_id, BigInteger)
    linked = (
        select(customers.c.netsuite_id, customers.c.owned, customers.c.told, effects)
        .select_from(effects)
        .join(
            customers,
            (customers.c.connection_id == effects.c.connection_id) & (customers.c.netsuite_id == netsuite_id),
        )
        .where(
            effects.c.connection_id == connection_id,
            effects.c.kind == EffectKind.CUSTOMER,
            effects.c.state != EffectState.WITHDRAWN,
            customers.c.owned.is_not(None),
            customers.c.owned.is_distinct_from(customers.c.told),
        )
        .order_by(netsuite_id)
        .limit(limit)
    )
    return [
        Changed(row.netsuite_id, row.owned, row.told is not None, from_row(row)) for row in connection.execute(linked)
    ]


def owned_of(connection: Connection, connection_id: int, netsuite_id: str) -> Owned | None:
    """What is owned of a customer as NetSuite said it last; None where it did not."""
    found = connection.execute(
        select(customers.c.owned).where(
            customers.c.connection_id == connection_id, customers.c.netsuite_id == int(netsuite_id)
        )
    )
    owned: Owned | None = found.scalar_one_or_none()
    return owned


def shop_key(connection: Connection, connection_id: int, netsuite_id: str, *, prefix: str) -> str | None:
    """The key, of those that begin so, under which a customer of NetSuite is linked to the shop; the oldest."""
    found = connection.execute(
        select(effects.c.natural_key)
        .where(
            effects.c.connection_id == connection_id,
            effects.c.kind == EffectKind.CUSTOMER,
            effects.c.remote_id == netsuite_id,
            effects.c.state != EffectState.WITHDRAWN,
            effects.c.natural_key.startswith(prefix, autoescape=True),
        )
        .order_by(effects.c.id)
        .limit(1)
    )
    return found.scalar_one_or_none()


def mark_told(connection: Connection, connection_id: int, found: Changed) -> None:
    """These owned fields were compared, or a record has the duty to; not where NetSuite said something else meanwhile."""
    connection.execute(
        update(customers)
        .where(
            customers.c.connection_id == connection_id,
            customers.c.netsuite_id == found.netsuite_id,
            customers.c.owned == found.owned,
        )
        .values(told=found.owned)
    )


def forget(connection: Connection, connection_id: int, netsuite_id: str) -> None:
    """Takes a customer out that is no more in NetSuite."""
    connection.execute(
        delete(customers).where(customers.c.connection_id == connection_id, customers.c.netsuite_id == int(netsuite_id))
    )
