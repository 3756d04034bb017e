"""Addresses of the console that several screens link to."""

from urllib.parse import quote


def order_path(name: str | None, shopify_id: str, store: str) -> str:
    """The page of an order, by its name where it has one."""
    return f"/orders/{quote(name or shopify_id, safe='')}?store={quote(store, safe='')}"
