"""Mutations on orders: marked as paid, captured, cancelled by a job, tagged, given metafields. Each tells its webhooks.

Texts of refusals where Shopify documents none are this sandbox's own; nobody may read them.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from connector.sandbox.shopify.acts.amounts import Coins
from connector.sandbox.shopify.acts.scene import RefusedError
from connector.sandbox.shopify.acts.standing import shipped_units
from connector.sandbox.shopify.acts.verbs import act
from connector.sandbox.shopify.metafields import set_metafields
from connector.sandbox.shopify.shop import Shop
from connector.sandbox.shopify.values.orders import order_value
from connector.sandbox.shopify.values.parts import gid
from connector.sandbox.shopify.values.payments import transaction_value
from connector.sandbox.shopify.webhooks import tell

Json = dict[str, Any]

_LONGEST_NOTE = 255
_job_numbers = count(1)


def order_mutations(shop: Shop) -> Json:
    """The resolvers, and those of the queries that look after a job."""
    return {
        "orderMarkAsPaid": lambda _info, input: _mark_paid(shop, input),
        "orderCapture": lambda _info, input: _capture(shop, input),
        "orderCancel": lambda _info, **asked: _cancel(shop, asked),
        "tagsAdd": lambda _info, id, tags: _tag(shop, id, lambda known: [*known, *tags]),
        "tagsRemove": lambda _info, id, tags: _tag(shop, id, lambda known: [tag for tag in known if tag not in tags]),
        "metafieldsSet": lambda _info, metafields: set_metafields(shop, metafields),
        "job": lambda _info, id: _job(shop, id),
        "node": lambda _info, id: shop.jobs.get(id.replace("/Job/", "/OrderCancelJobResult/")),
    }


def run_jobs(shop: Shop) -> None:
    """Does what was started: each cancellation succeeds or fails."""
    for result in [item for item in shop.jobs.values() if not item["done"]]:
        try:
            deliveries = act(shop, result["asked"])
        except RefusedError as refusal:
            error = {"code": "INVALID", "field": None, "message": str(refusal)}
            result |= {"done": True, "status": "FAILED", "errors": [error]}
        else:
            result |= {"done": True, "status": "SUCCEEDED", "order": _order(shop, result["asked"]["order_id"])}
            tell(shop, deliveries)


def _mark_paid(shop: Shop, asked: Json) -> Json:
    order_id = _number(asked["id"])
    found = shop.order(order_id)
    if found is None:
        return _refused("order", ["id"], "Order does not exist")
    if found[0].get("cancelled_at") or found[0].get("financial_status") == "paid":
        return _refused("order", ["id"], "Order cannot be marked as paid.")
    try:
        tell(shop, act(shop, {"act": "mark_paid", "order_id": order_id}))
    except RefusedError:
        return _refused("order", ["id"], "Order cannot be marked as paid.")
    return {"order": _order(shop, order_id), "userErrors": []}


def _capture(shop: Shop, asked: Json) -> Json:
    order_id, parent_id = _number(asked["id"]), _number(asked["parentTransactionId"])
    found = shop.order(order_id)
    if found is None:
        return _refused("transaction", ["id"], "Order does not exist")
    problem = _capture_problem(*found, asked)
    if problem is None:
        wish = {"act": "capture", "order_id": order_id, "parent_id": parent_id, "amount": str(asked["amount"])}
        try:
            tell(shop, act(shop, wish))
        except RefusedError as refusal:
            problem = str(refusal)
    if problem is not None:
        return _refused("transaction", ["parentTransactionId"], problem)
    order, transactions = shop.order(order_id) or found
    return {"transaction": transaction_value(transactions[-1], order), "userErrors": []}


def _capture_problem(order: Json, transactions: list[Json], asked: Json) -> str | None:
    parent_id = _number(asked["parentTransactionId"])
    parent = next((item for item in transactions if item["id"] == parent_id), None)
    if parent is None or parent["kind"] != "authorization" or parent["status"] != "success":
        return "Transaction is not a successful authorization"
    coins = Coins.of(order)
    if asked.get("currency") != coins.shown and (coins.shown != coins.shop or asked.get("currency")):
        return f"Currency must be {coins.shown}"
    of_parent = [item for item in transactions if item.get("parent_id") == parent_id and item["status"] == "success"]
    if parent.get("expired") or any(item["kind"] == "void" for item in of_parent):
        return "The authorization has expired or was voided"
    if any(item["kind"] == "capture" for item in of_parent) and not parent.get("multi_capturable"):
        return "The authorization has already been captured"
    return None if Decimal(str(asked["amount"])) > 0 else "Amount must be positive"


def _cancel(shop: Shop, asked: Json) -> Json:
    order_id = _number(asked["orderId"])
    found = shop.order(order_id)
    problem = "Order does not exist" if found is None else _cancel_problem(found[0], asked)
    if problem is not None:
        code = "NOT_FOUND" if found is None else "INVALID"
        errors = [{"code": code, "field": ["orderId"], "message": problem}]
        return {"job": None, "jobResult": None, "orderCancelUserErrors": errors, "userErrors": []}
    refund = (asked.get("refundMethod") or {}).get("originalPaymentMethodsRefund") or asked.get("refund")
    wish = {
        "act": "cancel", "order_id": order_id, "reason": asked["reason"].lower(), "restock": asked["restock"],
        "refund": "original" if refund else "none", "note": asked.get("staffNote"),
        "location_id": shop.config.locations[0]["id"],
    }  # fmt: skip
    number = next(_job_numbers)
    started: Json = {"id": gid("OrderCancelJobResult", number), "done": False, "status": "STARTED", "errors": []}
    shop.jobs[started["id"]] = {"__typename": "OrderCancelJobResult", "order": None, "asked": wish, **started}
    if not shop.config.slow_jobs:
        run_jobs(shop)
    # The job has only begun when the answer is written.
    job = {"id": gid("Job", number), "done": False}
    return {"job": job, "jobResult": {**started, "order": None}, "orderCancelUserErrors": [], "userErrors": []}


def _cancel_problem(order: Json, asked: Json) -> str | None:
    if order.get("cancelled_at"):
        return "Order has already been cancelled"
    if len(asked.get("staffNote") or "") > _LONGEST_NOTE:
        return f"Staff note is too long (maximum is {_LONGEST_NOTE} characters)"
    if any(item.get("status") == "open" for item in order.get("returns") or []):
        return "Order has an active return"
    if any(shipped_units(order, line["id"]) for line in order["line_items"]):
        return "Order has fulfillments that cannot be cancelled"
    return None


def _tag(shop: Shop, owner: str, changed: Callable[[list[str]], list[str]]) -> Json:
    found = shop.order(_number(owner))
    if found is None:
        return _refused("node", ["id"], "Resource not found")
    known = [tag for tag in (found[0].get("tags") or "").split(", ") if tag]
    tags = list(dict.fromkeys(changed(known)))
    if tags != known:
        tell(shop, act(shop, {"act": "update", "order_id": found[0]["id"], "changes": {"tags": ", ".join(tags)}}))
    return {"node": {"__typename": "Order", **_order(shop, found[0]["id"])}, "userErrors": []}


def _job(shop: Shop, job_id: str) -> Json | None:
    result = shop.jobs.get(job_id.replace("/Job/", "/OrderCancelJobResult/"))
    return None if result is None else {"id": job_id, "done": result["done"]}


def _order(shop: Shop, order_id: int) -> Json:
    found = shop.order(order_id)
    return {} if found is None else order_value(*found, shop.config.companies)


def _refused(member: str, field: list[str], message: str) -> Json:
    return {member: None, "userErrors": [{"field": field, "message": message}]}


def _number(gid_text: str) -> int:
    return int(gid_text.rpartition("/")[2])
