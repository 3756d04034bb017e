"""What a draft order is made of beside the sales order: its items' SKUs, the shop's variants, the shop's customer."""

import hashlib
from typing import Any

from sqlalchemy import Engine

from connector.errors import NotMapped
from connector.flows import catalog
from connector.flows.systems import Systems
from connector.mapping import external_ids
from connector.mapping.draft_orders import Proposal, draft_input
from connector.netsuite.entered_orders import EnteredOrder
from connector.shopify.draft_orders import variants_by_sku
from connector.store import customers, items, shop_variants
from connector.transport import encode


def proposed(order: EnteredOrder, systems: Systems, engine: Engine) -> dict[str, Any]:
    """The DraftOrderInput of a sales order. Raises NotMapped for a SKU that two variants share."""
    catalog.refresh_once(catalog.ITEM_CATALOG, systems, engine, seconds=None)
    with engine.begin() as connection:
        skus = items.skus_of(connection, systems.connection.id, {line.item for line in order.lines})
    skus = {line.item: line.name.rpartition(" : ")[2] for line in order.lines} | skus
    known = Proposal(
        skus, _variants(order, sorted(set(skus.values())), systems, engine), _customer(order, systems, engine)
    )
    return draft_input(order, known, systems.rules)


def fingerprint(values: dict[str, Any]) -> str:
    """What two equal inputs have in common; nothing of a person can be read from it."""
    return hashlib.sha256(encode(values)).hexdigest()


def _variants(order: EnteredOrder, skus: list[str], systems: Systems, engine: Engine) -> dict[str, str]:
    with engine.begin() as connection:
        found = shop_variants.by_sku(connection, systems.connection.id, skus)
    if missing := [sku for sku in skus if sku not in found]:
        found |= variants_by_sku(systems.shopify, missing)
    for sku, variants in found.items():
        if len(variants) > 1:
            raise NotMapped(
                f"sales order {order.number}: the SKU {sku!r} is shared by the variants {', '.join(variants)} in Shopify; "
                "give each a SKU of its own",
                subject=f"shared_sku:{sku}",
            )
    return {sku: variants[0] for sku, variants in found.items()}


def _customer(order: EnteredOrder, systems: Systems, engine: Engine) -> str | None:
    """The customer of the shop that is linked to the order's; a company buys by its location, which the order does not say."""
    prefix = external_ids.customer(systems.shop_id, "")
    with engine.begin() as connection:
        key = customers.shop_key(connection, systems.connection.id, order.entity, prefix=prefix)
    return None if key is None else key.removeprefix(prefix)
