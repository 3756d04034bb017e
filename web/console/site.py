"""What every screen works with, and what one request may see of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from flask import Request
from sqlalchemy import Engine

from connector.flows.acting import Who
from connector.flows.alerting import Teller
from connector.netsuite.account import is_production
from connector.runtime import Runtime
from connector.store import connections
from connector.store.connections import StoredConnection
from web.console.refusals import NotFound


class Wakening(Protocol):
    """Tells the workers of records and runs that are due."""

    def put(self, record_ids: Sequence[int]) -> None:
        """Never waits."""

    def put_run(self, connection_id: int, name: str) -> None:
        """Never waits."""


class Gatekeeper(Protocol):
    """Knows who sent a request."""

    def who(self, request: Request) -> Who:
        """Raises NotSignedIn."""

    def watching(self, request: Request) -> Who:
        """As `who`, of a request that a page makes by itself."""


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of one process. `address`: under which the web process is reached, without a slash at its end.

    `settings`: what is set, by environment variable, without secrets.
    """

    runtime: Runtime
    wakes: Wakening
    gate: Gatekeeper
    teller: Teller
    address: str
    clock: Callable[[], datetime]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """The console's own pool, which has transactions."""
        return self.runtime.engine


@dataclass(frozen=True)
class Visit:
    """One request: who asks, when, and which connections they may see."""

    site: Site
    who: Who
    now: datetime

    @property
    def engine(self) -> Engine:
        """Where the screens read."""
        return self.site.engine

    @cached_property
    def stores(self) -> tuple[StoredConnection, ...]:
        """The connections that are seen, in the order of their names."""
        with self.engine.begin() as database:
            every = connections.every(database)
        return tuple(sorted((one for one in every if self.who.sees(one.id)), key=lambda one: one.name))

    def store(self, name: str) -> StoredConnection:
        """One of them. Raises NotFound for another name, and for one that is not seen."""
        for stored in self.stores:
            if stored.name == name:
                return stored
        raise NotFound(f"there is no connection {name}")

    def chosen(self, name: str | None) -> tuple[int, ...]:
        """Ids of the connections a list is about: the one of that name, else all that are seen."""
        return tuple(stored.id for stored in self.stores) if name is None else (self.store(name).id,)

    def store_of(self, connection_id: int) -> StoredConnection:
        """The connection of a row. Raises NotFound when it is not seen, as if the row were not there."""
        for stored in self.stores:
            if stored.id == connection_id:
                return stored
        raise NotFound("there is nothing under this address")


def environment(stored: StoredConnection) -> str:
    """PRODUCTION or SANDBOX, by the NetSuite account; an account served on this machine is a sandbox."""
    is_local = "//127.0.0.1" in stored.netsuite_api_url or "//localhost" in stored.netsuite_api_url
    return "PRODUCTION" if is_production(stored.netsuite_account) and not is_local else "SANDBOX"
