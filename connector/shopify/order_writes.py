"""What is written to a Shopify order: paid, captured, cancelled, tagged, its metafields. Source: Admin GraphQL API 2026-10."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import Rejected
from connector.shopify.client import ShopifyClient
from connector.shopify.money import Money
from connector.shopify.payments import Transaction
from connector.shopify.reading import numeric, read

# Orders a metafieldsSet takes at most, with two metafields each; Shopify takes 25 metafields.
ORDERS_A_CALL = 12
LONGEST_TAG = 40
# Only this app sees what stands in its own namespace.
_NAMESPACE = "$app:ml-connector"


@dataclass(frozen=True, slots=True)
class Cancelling:
    """How far the job is that cancels an order. `status`: STARTED, SUCCEEDED or FAILED."""

    id: str
    status: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an order is told of its twin in NetSuite."""

    order_id: str
    number: str
    netsuite_id: str


def mark_paid(client: ShopifyClient, order_id: str) -> tuple[Transaction, ...]:
    """Books what is outstanding as paid; the order's transactions as they stand then. Raises Rejected."""
    payload = client.mutate("OrderMarkAsPaid", {"input": {"id": _gid(order_id)}})
    found = (payload.get("order") or {}).get("transactions") or []
    return tuple(read(f"order {order_id}", Transaction.from_json, item) for item in found)


def capture(client: ShopifyClient, order_id: str, authorization_id: str, money: Money) -> str:
    """Takes money of an authorisation, in the buyer's currency; the capture's id. Raises Rejected, also when it failed."""
    wanted = {
        "id": _gid(order_id),
        "parentTransactionId": f"gid://shopify/OrderTransaction/{authorization_id}",
        "amount": str(money.amount),
        "currency": money.currency,
    }
    payload = client.mutate("OrderCapture", {"input": wanted})
    made = payload.get("transaction") or {}
    if made.get("status") in ("FAILURE", "ERROR"):
        raise Rejected(f"Shopify could not capture the authorisation {authorization_id} of order {order_id}")
    return numeric(made.get("id") or "")


def cancel(client: ShopifyClient, order_id: str, *, note: str) -> Cancelling:
    """Begins to cancel an order: what it reserved is free again, no money goes back. Raises Rejected."""
    payload = client.mutate("OrderCancel", {"orderId": _gid(order_id), "restock": True, "staffNote": note[:255]})
    return _cancelling(payload.get("jobResult") or {})


def cancelling(client: ShopifyClient, job_id: str) -> Cancelling | None:
    """How far a cancellation is; None for a job that Shopify has forgotten."""
    node = client.query("OrderCancelJob", {"id": job_id})["node"]
    return None if node is None else _cancelling(node)


def annotate(client: ShopifyClient, annotations: Sequence[Annotation]) -> Mapping[str, str]:
    """Writes number and id of up to ORDERS_A_CALL orders, all or none; the orders that stood in the way, and why.

    Raises Rejected where no single order is to blame.
    """
    metafields = [
        {"ownerId": _gid(item.order_id), "namespace": _NAMESPACE, "key": key, "value": value, "type": _TEXT}
        for item in annotations
        for key, value in (("netsuite_order", item.number), ("netsuite_order_id", item.netsuite_id))
    ]
    errors = client.attempt("MetafieldsSet", {"metafields": metafields})["userErrors"]
    to_blame = {
        annotations[error["elementIndex"] // 2].order_id: str(error["message"])
        for error in errors
        if error.get("elementIndex") is not None
    }
    if errors and not to_blame:
        raise Rejected("Shopify refuses MetafieldsSet: " + "; ".join(str(error["message"]) for error in errors))
    return to_blame


def add_tag(client: ShopifyClient, order_id: str, tag: str) -> None:
    """Adds a tag, unless it is there. Raises Rejected."""
    client.mutate("TagsAdd", {"id": _gid(order_id), "tags": [tag]})


_TEXT = "single_line_text_field"


def _cancelling(node: Mapping[str, Any]) -> Cancelling:
    problem = "; ".join(str(error["message"]) for error in node.get("errors") or [])
    return Cancelling(str(node.get("id") or ""), str(node.get("status") or "STARTED"), problem)


def _gid(order_id: str) -> str:
    return f"gid://shopify/Order/{order_id}"
