"""What a delivery's headers and body say, and whether Shopify signed it.

Facts: shopify.dev, webhooks, "delivery structure" and "verify deliveries" (2026-09).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

MAX_BODY = 5 * 1024 * 1024
SIGNATURE = "X-Shopify-Hmac-Sha256"

# Kept beside the body; the signature proves the delivery later, the rest tells when and why it came.
KEPT_HEADERS = (
    "X-Shopify-Topic",
    SIGNATURE,
    "X-Shopify-Shop-Domain",
    "X-Shopify-API-Version",
    "X-Shopify-Webhook-Id",
    "X-Shopify-Event-Id",
    "X-Shopify-Triggered-At",
    "X-Shopify-Name",
    "X-Shopify-Test",
    "Content-Type",
    "User-Agent",
)

# Which member of a body names the record that the topic is about, by the first part of the topic.
_ID_MEMBERS = {
    "orders": ("order", "id"),
    "refunds": ("order", "order_id"),
    "order_transactions": ("order", "order_id"),
    "fulfillments": ("order", "order_id"),
    "customers": ("customer", "id"),
}
# Topics whose body says it in its own way: kind, and the way to the id. shopify.dev, "privacy law compliance" (2026-03).
_ID_PATHS = {
    "orders/edited": ("order", ("order_edit", "order_id")),
    "customers/data_request": ("data_request", ("data_request", "id")),
    "customers/redact": ("customer_redact", ("customer", "id")),
    "shop/redact": ("shop_redact", ("shop_id",)),
    "app/uninstalled": ("uninstall", ("id",)),
}
# Two customers in one body, by their GraphQL ids; it needs the scope read_customer_merge. Recorded by Shopify's own types.
_MERGE = "customers/merge"
_KEPT, _DELETED = "admin_graphql_api_id_customer_kept", "admin_graphql_api_id_customer_deleted"
_CUSTOMER = re.compile(r"gid://shopify/Customer/(\d{1,19})")
# A person without an account has no id: the request is known by the hash of its body.
_NEVER_WITHOUT_ID = ("customer_redact", "data_request")


@dataclass(frozen=True, slots=True)
class Notice:
    """What one delivery says: look at this record again; `kind` and `shopify_id` are None when it names none."""

    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    kind: str | None
    shopify_id: str | None


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """True when `signature` (base64 HMAC-SHA256 of the raw body) fits any secret; all are tried, in constant time."""
    try:
        given = base64.b64decode(signature or "", validate=True)
    except binascii.Error:
        return False
    fits = False
    for secret in secrets:
        fits |= hmac.compare_digest(given, hmac.digest(secret.encode(), body, "sha256"))
    return fits


def notice(headers: Mapping[str, str], body: bytes) -> Notice:
    """What the delivery says. `headers` as in KEPT_HEADERS. Raises ValueError when the body is not a JSON object.

    Without X-Shopify-Webhook-Id the delivery is known by the hash of its topic and body.
    """
    payload = orjson.loads(body)
    if not isinstance(payload, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004  orjson.loads raises the same class
    topic = headers.get("X-Shopify-Topic", "")
    kind, shopify_id = _subject(topic, payload)
    if shopify_id is None and kind in _NEVER_WITHOUT_ID:
        shopify_id = hashlib.sha256(body).hexdigest()
    return Notice(
        topic=topic,
        delivery_id=headers.get("X-Shopify-Webhook-Id") or hashlib.sha256(topic.encode() + b"\n" + body).hexdigest(),
        event_id=headers.get("X-Shopify-Event-Id"),
        triggered_at=_time(headers.get("X-Shopify-Triggered-At")),
        kind=kind if shopify_id else None,
        shopify_id=shopify_id,
    )


def _subject(topic: str, payload: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Kind and id of the record that the delivery is about."""
    if topic == _MERGE:
        return "customer_merge", _merged(payload)
    if topic in _ID_PATHS:
        kind, path = _ID_PATHS[topic]
    elif (first := topic.partition("/")[0]) in _ID_MEMBERS:
        kind, member = _ID_MEMBERS[first]
        path = (member,)
    else:
        return None, None
    value: Any = payload
    for member in path:
        value = value.get(member) if isinstance(value, dict) else None
    # `type`, not isinstance: true is an int to Python.
    return kind, str(value) if type(value) is int and 0 < value < 2**63 else None


def _merged(payload: Mapping[str, Any]) -> str | None:
    """`kept-deleted`, the ids of two customers that were made one; None while they are not, or where none is named."""
    found = [_CUSTOMER.fullmatch(str(payload.get(name))) for name in (_KEPT, _DELETED)]
    numbers = [match[1] for match in found if match is not None]
    return "-".join(numbers) if len(numbers) == 2 and payload.get("status") == "completed" else None


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
