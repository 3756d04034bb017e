"""One part of the product, or of both systems, as the overview shows it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from connector.store.connections import StoredConnection

GOOD, WARN, STOP = "good", "warn", "stop"


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `tone`: good, warn or stop; `word` says the same; `heard_at`: when it was last known to work.

    `details`: the path of the page that says more; None where the person may open none.
    """

    name: str
    tone: str
    word: str
    said: str
    heard_at: datetime | None
    details: str | None


def connection_path(stored: StoredConnection) -> str:
    """The page of a connection."""
    return f"/connections/{quote(stored.name, safe='')}"
