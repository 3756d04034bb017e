"""Webhooks as Shopify sends them: REST-style body, real headers, signed over the raw bytes, one try each."""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from connector.sandbox.shopify.shop import DeliveryLog, Shop

# Shopify gives a receiver one second to connect and five in all.
_TIMEOUT = (1, 5)
_sessions = threading.local()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook, ready to send."""

    topic: str
    order_id: int | None
    webhook_id: str
    headers: dict[str, str]
    body: bytes
    url: str


def webhook(shop: Shop, delivery: dict[str, Any]) -> Webhook:
    """A signed webhook about an order as it is now, or with the body that was given.

    Members: topic, order_id, and where wanted webhook_id, event_id, body, url.
    """
    order_id = delivery.get("order_id")
    found = shop.order(order_id) if order_id is not None else None
    payload = delivery.get("body") or (found[0] if found else {"id": order_id})
    payload = {name: payload[name] for name in payload if name != "fulfillment_orders"}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    webhook_id = delivery.get("webhook_id") or str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": delivery["topic"],
        "X-Shopify-Hmac-Sha256": signature(shop.config.webhook_secret, body),
        "X-Shopify-Shop-Domain": shop.config.shop,
        "X-Shopify-API-Version": shop.config.api_version,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": delivery.get("event_id") or str(uuid.uuid4()),
        "X-Shopify-Triggered-At": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    url = delivery.get("url") or shop.config.webhook_url
    if url is None:
        raise KeyError("webhook_url is not set")
    return Webhook(delivery["topic"], order_id, webhook_id, headers, body, url)


def signature(secret: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def deliver(shop: Shop, delivery: dict[str, Any]) -> list[int]:
    """Sends one webhook `copies` times at once, under one webhook id; the statuses (0: no answer in time)."""
    made = webhook(shop, delivery)
    copies = delivery.get("copies", 1)
    if copies == 1:
        return [_send(shop, made)]
    with ThreadPoolExecutor(copies) as pool:
        return list(pool.map(lambda _: _send(shop, made), range(copies)))


def deliver_all(shop: Shop, deliveries: Sequence[dict[str, Any]], *, parallel: int) -> dict[str, Any]:
    """Sends many, begun in their order, `parallel` at a time."""
    with ThreadPoolExecutor(parallel) as pool:
        statuses = [status for answers in pool.map(lambda item: deliver(shop, item), deliveries) for status in answers]
    failed = [status for status in statuses if not 200 <= status < 300]
    return {"sent": len(statuses), "acknowledged": len(statuses) - len(failed), "failed": failed}


def tell(shop: Shop, deliveries: Sequence[dict[str, Any]]) -> None:
    """What a mutation caused: sent behind its answer's back, or kept in `shop.news` while there is no address."""
    if shop.config.webhook_url is None:
        shop.news += deliveries
        return
    threading.Thread(target=lambda: [deliver(shop, item) for item in deliveries], daemon=True).start()


def _send(shop: Shop, made: Webhook) -> int:
    session = getattr(_sessions, "session", None)
    if session is None:
        session = _sessions.session = requests.Session()
        session.trust_env = False
    sent_at = time.time()
    try:
        response = session.post(made.url, data=made.body, headers=made.headers, timeout=_TIMEOUT, allow_redirects=False)
        status = response.status_code
    except requests.RequestException:
        status = 0
    shop.log_delivery(DeliveryLog(made.webhook_id, made.topic, made.order_id, sent_at, time.time(), status))
    return status
