"""Keys for NetSuite's log-in that were made in the console: the private one sealed, until a connection has it or a month is over.

Between making a key and using it a person uploads its certificate, and NetSuite says the certificate's id.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from connector.netsuite.keygen import KeyPair
from connector.store.console_tables import made_keys
from connector.vault import Vault

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """One key without what is secret of it. `certificate`: PEM text, which NetSuite gets; `ends_at`: when it ends."""

    name: str
    certificate: str
    ends_at: datetime
    made_at: datetime


def place(name: str) -> str:
    """Where a sealed private key belongs."""
    return f"made_keys:{name}"


def keep(connection: Connection, vault: Vault, pair: KeyPair, *, made_by: str) -> str:
    """Keeps a key under a new name, which is returned; those of a month ago are forgotten."""
    name = secrets.token_hex(8)
    sealed = vault.seal(pair.private_key.encode(), associated=place(name))
    values = {
        "name": name,
        "made_by": made_by,
        "sealed": sealed,
        "certificate": pair.certificate,
        "ends_at": pair.ends_at,
    }
    made_at = connection.execute(insert(made_keys).values(**values).returning(made_keys.c.made_at)).scalar_one()
    connection.execute(delete(made_keys).where(made_keys.c.made_at < made_at - KEPT))
    return name


def of(connection: Connection, made_by: str) -> list[MadeKey]:
    """The keys that somebody made and no connection has yet, newest first."""
    columns = [getattr(made_keys.c, name) for name in MadeKey.__dataclass_fields__]
    found = connection.execute(select(*columns).where(made_keys.c.made_by == made_by).order_by(made_keys.c.id.desc()))
    return [MadeKey(**row) for row in found.mappings()]


def private_key(connection: Connection, vault: Vault, name: str, *, made_by: str) -> str | None:
    """The private key in PEM text; None for a key that is not there, or that somebody else made."""
    found = connection.execute(
        select(made_keys.c.sealed).where(made_keys.c.name == name, made_keys.c.made_by == made_by)
    ).scalar_one_or_none()
    return None if found is None else vault.open(found, associated=place(name)).decode()


def forget(connection: Connection, name: str) -> None:
    """A connection has it now."""
    connection.execute(delete(made_keys).where(made_keys.c.name == name))
