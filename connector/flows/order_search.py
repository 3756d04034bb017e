"""Orders found by whatever a person has in hand, an e-mail address too: only its keyed hash is stored."""

from collections.abc import Sequence
from contextlib import suppress

from connector.errors import Unauthorized
from connector.flows.systems import Workplace
from connector.store import connections, order_list
from connector.store.records import RecordView

# So many are read at a time.
LIMIT = 200


def found_orders(
    workplace: Workplace, term: str, *, connection_ids: Sequence[int] | None = None, before: int | None = None
) -> Sequence[RecordView]:
    """Orders, newest first, by name, Shopify id, external id, NetSuite's number or id, or the buyer's e-mail address.

    `connection_ids`: only theirs, None for all; `before`: only those behind the record of this id. At most LIMIT of them.
    """
    hashes: dict[int, bytes] = {}
    if "@" in term:
        with workplace.engine.begin() as connection:
            every = [stored.id for stored in connections.every(connection)]
        known = every if connection_ids is None else [number for number in every if number in connection_ids]
        for number in known:
            # Without its credentials a connection has no key to hash by; those of the others are looked through.
            with suppress(Unauthorized):
                hashes[number] = workplace.open_unchecked(number).email_hash(term)
    with workplace.engine.begin() as connection:
        return order_list.found(
            connection, term, email_hashes=hashes, limit=LIMIT, connection_ids=connection_ids, before=before
        )
