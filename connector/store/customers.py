"""NetSuite's customers by e-mail: an order needs no call to find its customer. E-mails are kept as keyed hashes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from connector.store.tables import customers


@dataclass(frozen=True, slots=True)
class MirroredCustomer:
    """One NetSuite customer that has an e-mail address."""

    netsuite_id: int
    email_hash: bytes
    subsidiary: str
    inactive: bool


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
        {
            "connection_id": connection_id,
            "netsuite_id": customer.netsuite_id,
            "email_hash": customer.email_hash,
            "subsidiary": customer.subsidiary,
            "inactive": customer.inactive,
        }
        for customer in sorted(found, key=lambda customer: customer.netsuite_id)
    ]
    statement = insert(customers).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "netsuite_id"],
            set_={name: statement.excluded[name] for name in ("email_hash", "subsidiary", "inactive")},
        )
    )


def forget(connection: Connection, connection_id: int, netsuite_id: str) -> None:
    """Takes a customer out that is no more in NetSuite."""
    connection.execute(
        delete(customers).where(customers.c.connection_id == connection_id, customers.c.netsuite_id == int(netsuite_id))
    )
