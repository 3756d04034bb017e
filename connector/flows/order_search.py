"""Orders found by whatever a person has in hand, an e-mail address too: only its keyed hash is stored."""

from collections.abc import Sequence

from connector.flows.systems import Workplace
from connector.store import connections, order_list
from connector.store.records import RecordView

# A buyer of more orders than these is looked for in Shopify.
LIMIT = 200


def found_orders(workplace: Workplace, term: str) -> Sequence[RecordView]:
    """Orders, newest first, by name, Shopify id, external id, NetSuite's number or id, or the buyer's e-mail address."""
    hashes: dict[int, bytes] = {}
    if "@" in term:
        with workplace.engine.begin() as connection:
            known = [stored.id for stored in connections.every(connection)]
        hashes = {number: workplace.open_unchecked(number).email_hash(term) for number in known}
    with workplace.engine.begin() as connection:
        return order_list.found(connection, term, email_hashes=hashes, limit=LIMIT)
