"""The shop's variants by SKU, as the twin of the item map has them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from connector.store.mirror_tables import shop_items


def by_sku(connection: Connection, connection_id: int, skus: Sequence[str]) -> dict[str, list[str]]:
    """Ids of the variants with each of these SKUs that is known."""
    found = connection.execute(
        select(shop_items.c.sku, shop_items.c.variant)
        .where(
            shop_items.c.connection_id == connection_id,
            shop_items.c.sku.in_(list(skus)),
            shop_items.c.variant.is_not(None),
            shop_items.c.deleted_at.is_(None),
        )
        .order_by(shop_items.c.variant)
    )
    known: dict[str, list[str]] = {}
    for row in found:
        known.setdefault(row.sku, []).append(str(row.variant))
    return known
