"""Which store a page is about that shows one at a time."""

from connector.store.connections import StoredConnection
from web.console.refusals import NotFound
from web.console.site import Visit


def the_store(visit: Visit, name: str | None) -> StoredConnection:
    """The store that is named, else the first. Raises NotFound where there is none that is seen."""
    if name is not None:
        return visit.store(name)
    if not visit.stores:
        raise NotFound("there is no store that you may see")
    return visit.stores[0]
