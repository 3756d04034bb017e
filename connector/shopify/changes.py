"""Which orders changed in a stretch of time, oldest change first: only their ids and when; each is read by its own pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.shopify.client import ShopifyClient
from connector.shopify.reading import Json, moment, numeric, read

PAGE = 250
# Shopify pages at most 25,000 objects deep; before that the next stretch begins where the last page ended.
_PAGES = 80


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """An order and its last change, to the second."""

    order_id: str
    name: str
    updated_at: datetime

    @classmethod
    def from_json(cls, data: Json) -> "ChangedOrder":
        """From a node. Raises InvalidAnswer."""
        return read("order", lambda node: cls(numeric(node["id"]), node["name"], moment(node["updatedAt"])), data)


def changed_orders(
    client: ShopifyClient, since: datetime, until: datetime | None = None
) -> Iterator[Sequence[ChangedOrder]]:
    """Pages of orders changed at or after `since` and before `until`; one may be seen twice when it changes meanwhile."""
    while True:
        last = None
        for number, page in enumerate(_pages(client, since, until), start=1):
            yield page
            last = page[-1].updated_at if page else last
            if number == _PAGES:
                break
        else:
            return
        if last is None or last <= since:
            raise AssertionError("twenty thousand orders changed in one second")
        since = last


def _pages(client: ShopifyClient, since: datetime, until: datetime | None) -> Iterator[Sequence[ChangedOrder]]:
    asked = f"updated_at:>='{_utc(since)}'" + (f" updated_at:<'{_utc(until)}'" if until else "")
    after: str | None = None
    while True:
        found = client.query("OrdersUpdatedSince", {"first": PAGE, "after": after, "query": asked})["orders"]
        yield [ChangedOrder.from_json(node) for node in found["nodes"]]
        if not found["pageInfo"]["hasNextPage"]:
            return
        after = found["pageInfo"]["endCursor"]


def _utc(at: datetime) -> str:
    """Quoted and in UTC: an unquoted time is cut at its colon and filters wrongly without an error (seen in 2026)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
