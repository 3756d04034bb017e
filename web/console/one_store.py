"""Which store a page is about that shows one at a time."""

from dataclasses import dataclass

from connector.store.connections import StoredConnection
from web.console.refusals import NotFound
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class NoStore:
    """There is no connection yet, or none that is seen: the page says what to do."""

    store: None = None


def first_store(visit: Visit, name: str | None) -> StoredConnection | None:
    """The store that is named, else the first; None where none is seen. Raises NotFound for a name that is not there."""
    if name is not None:
        return visit.store(name)
    return visit.stores[0] if visit.stores else None


def the_store(visit: Visit, name: str | None) -> StoredConnection:
    """As `first_store`, for what only a page of a store leads to. Raises NotFound where none is seen."""
    found = first_store(visit, name)
    if found is None:
        raise NotFound("there is no store that you may see")
    return found
