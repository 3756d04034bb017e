"""What one pass needs of one connection: both clients, its rules, and how its e-mails are hashed."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Protocol

from sqlalchemy import Engine

from connector.flows.leasing import Leases
from connector.flows.tokens import SessionFirst, SharedToken
from connector.limits import Lane
from connector.mapping.rules import Rules
from connector.netsuite.client import NetSuiteClient
from connector.shopify.client import ShopifyClient
from connector.store.connections import StoredConnection
from connector.vault import Vault

# Tells the workers that a record is due.
Wake = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Systems:
    """One connection, opened. `tokens` are those that can be renewed."""

    connection: StoredConnection
    rules: Rules
    shopify: ShopifyClient
    netsuite: NetSuiteClient
    email_key: bytes = field(repr=False)
    tokens: tuple[SharedToken | SessionFirst, ...] = ()

    @property
    def shop_id(self) -> int:
        """Part of every external id; known from the first check on."""
        if self.connection.shop_id is None:
            raise RuntimeError(f"{self.connection.name} was opened without a check")
        return self.connection.shop_id

    def email_hash(self, email: str) -> bytes:
        """Keyed hash of an e-mail address, without regard to case: equal addresses can be found, none can be read."""
        return hmac.digest(self.email_key, email.strip().lower().encode(), hashlib.sha256)


def behind_everybody(systems: Systems) -> Systems:
    """For what a person imports from before: its calls wait for everybody else's, and the go-live date does not count."""
    orders = systems.rules.orders.model_copy(update={"created_after": None})
    rules = systems.rules.model_copy(update={"orders": orders})
    return replace(systems, rules=rules, netsuite=systems.netsuite.in_lane(Lane.HISTORY))


class Workplace(Protocol):
    """What flows run in; connector.runtime.Runtime is one."""

    engine: Engine
    vault: Vault
    leases: Leases
    # Set once this process is to end: what goes on for minutes ends at its next call.
    leaving: Event

    def open_systems(self, connection_id: int) -> Systems:
        """A connection, opened for work: its shop and account are the approved ones. Raises what the guard raises."""

    def open_unchecked(self, connection_id: int) -> Systems:
        """A connection, opened as it stands now, without asking who answers."""
