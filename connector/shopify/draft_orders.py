"""Draft orders of the shop: read, found by tag, created, changed, completed, deleted. Source: Admin GraphQL API 2026-10.

None of the mutations can be repeated blindly; each is sent once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.shopify.client import ShopifyClient
from connector.shopify.money import Money
from connector.shopify.reading import Attribute, attributes, read, whole

_PAGE = 50
# The search may answer longer SKUs that begin alike: room for them.
_VARIANTS = 250
_SKUS = 25

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """A draft as it is now. `order_id` is the order it became, None before; `total` what the buyer is shown.

    `is_ready`: Shopify is done with what it still had to compute of it, and it can be completed.
    """

    id: str
    name: str
    is_ready: bool
    order_id: str | None
    total: Money
    tags: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    @classmethod
    def from_json(cls, data: Json) -> "DraftOrder":
        """From the fragment Draft. Raises InvalidAnswer."""
        return read(f"draft order {data.get('name')}", _draft, data)


def _draft(data: Json) -> DraftOrder:
    order = data.get("order")
    return DraftOrder(
        id=str(data["legacyResourceId"]),
        name=data["name"],
        is_ready=data["ready"],
        order_id=None if order is None else str(order["legacyResourceId"]),
        total=Money.from_json(data["totalPriceSet"]["presentmentMoney"]),
        tags=tuple(data["tags"]),
        attributes=attributes(data["customAttributes"]),
    )


def draft_order(client: ShopifyClient, draft_id: str) -> DraftOrder | None:
    """The draft, or None when it was deleted."""
    found = client.query("DraftOrderById", {"id": _gid(draft_id)})["draftOrder"]
    return None if found is None else DraftOrder.from_json(found)


def draft_orders_tagged(client: ShopifyClient, tag: str) -> list[DraftOrder]:
    """The drafts with a tag, oldest first: by the search, which lags seconds behind, and among the newest ones."""
    data = client.query("DraftOrdersTagged", {"query": f"tag:'{tag}'", "tagged": _PAGE, "newest": _PAGE})
    found = {
        draft.id: draft
        for name in ("tagged", "newest")
        for draft in (DraftOrder.from_json(node) for node in data[name]["nodes"])
        if tag in draft.tags
    }
    return sorted(found.values(), key=lambda draft: int(draft.id))


def create_draft_order(client: ShopifyClient, values: Json) -> DraftOrder:
    """Makes a draft of a DraftOrderInput."""
    return DraftOrder.from_json(client.mutate("DraftOrderCreate", {"input": values})["draftOrder"])


def update_draft_order(client: ShopifyClient, draft_id: str, values: Json) -> DraftOrder:
    """Gives an open draft other values; doing it twice does no harm."""
    return DraftOrder.from_json(
        client.mutate("DraftOrderUpdate", {"id": _gid(draft_id), "input": values})["draftOrder"]
    )


def complete_draft_order(client: ShopifyClient, draft_id: str) -> DraftOrder:
    """Makes an order of an open draft; its payment is pending. A draft that was completed is refused."""
    return DraftOrder.from_json(client.mutate("DraftOrderComplete", {"id": _gid(draft_id)})["draftOrder"])


def delete_draft_order(client: ShopifyClient, draft_id: str) -> None:
    """Deletes a draft."""
    client.mutate("DraftOrderDelete", {"input": {"id": _gid(draft_id)}})


def variants_by_sku(client: ShopifyClient, skus: Sequence[str]) -> dict[str, list[str]]:
    """Ids of the variants with exactly these SKUs. Raises InvalidAnswer where the search answers too many."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(skus), _SKUS):
        wanted = skus[start : start + _SKUS]
        query = " OR ".join(f"sku:'{_escaped(sku)}'" for sku in wanted)
        page = client.query("VariantsBySku", {"query": query, "first": _VARIANTS})["productVariants"]
        for node in whole(page, f"variants of {len(wanted)} SKUs"):
            if node.get("sku") in wanted:
                found.setdefault(node["sku"], []).append(str(node["legacyResourceId"]))
    return found


def _escaped(sku: str) -> str:
    return sku.replace("\\", "\\\\").replace("'", "\\'")


def _gid(draft_id: str) -> str:
    return f"gid://shopify/DraftOrder/{draft_id}"
