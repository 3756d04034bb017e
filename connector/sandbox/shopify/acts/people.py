"""Customers who change, are merged into another one, deleted, or made nameless."""

from typing import Any

from connector.sandbox.shopify.acts.scene import RefusedError
from connector.sandbox.shopify.shop import Shop

Json = dict[str, Any]
News = list[tuple[str, Json]]


def update_customer(shop: Shop, asked: Json, now: str) -> News:
    """`changes` on `customer_id`; the orders show the customer as he is now."""
    customer = {**_known(shop, asked["customer_id"]), **asked["changes"], "updated_at": now}
    shop.customers.put(customer)
    _embed(shop, customer["id"], customer)
    return [("customers/update", customer)]


def merge_customers(shop: Shop, asked: Json, _now: str) -> News:
    """`removed` goes into `kept`: his orders are the other one's, and he is no more."""
    kept, removed = _known(shop, asked["kept"]), _known(shop, asked["removed"])
    _embed(shop, removed["id"], kept)
    shop.customers.remove(removed["id"])
    body: Json = {
        "admin_graphql_api_id_customer_kept": f"gid://shopify/Customer/{kept['id']}",
        "admin_graphql_api_id_customer_deleted": f"gid://shopify/Customer/{removed['id']}",
        "admin_graphql_api_id_job": None,
        "status": "completed",
        "errors": [],
    }
    return [("customers/merge", body), ("customers/delete", _deleted(removed["id"])), ("customers/update", kept)]


def delete_customer(shop: Shop, asked: Json, _now: str) -> News:
    """Only a customer without orders can be deleted."""
    customer = _known(shop, asked["customer_id"])
    if any((order.get("customer") or {}).get("id") == customer["id"] for order, _ in shop.orders()):
        raise RefusedError(f"customer {customer['id']} has orders and cannot be deleted")
    shop.customers.remove(customer["id"])
    return [("customers/delete", _deleted(customer["id"]))]


def redact_customer(shop: Shop, asked: Json, now: str) -> News:
    """Everything personal goes; the orders stay, without a customer."""
    customer = _known(shop, asked["customer_id"])
    personal = ("first_name", "last_name", "email", "phone", "note", "default_address")
    emptied = {**customer, **dict.fromkeys(personal), "addresses": [], "tags": "", "updated_at": now}
    shop.customers.put(emptied)
    for order, transactions in shop.orders():
        if (order.get("customer") or {}).get("id") == customer["id"]:
            bare = {"customer": None, "email": "", "phone": None, "shipping_address": None, "billing_address": None}
            shop.put_order({**order, **bare}, transactions)
    return [("customers/update", emptied)]


def _known(shop: Shop, customer_id: int) -> Json:
    customer = shop.customers.find(customer_id)
    if customer is None:
        raise RefusedError(f"there is no customer {customer_id}")
    return customer


def _embed(shop: Shop, customer_id: int, customer: Json) -> None:
    """An order carries its customer without the list of addresses."""
    embedded = {name: value for name, value in customer.items() if name != "addresses"}
    for order, transactions in shop.orders():
        if (order.get("customer") or {}).get("id") == customer_id:
            shop.put_order({**order, "customer": embedded}, transactions)


def _deleted(customer_id: int) -> Json:
    return {"id": customer_id, "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}", "addresses": []}
