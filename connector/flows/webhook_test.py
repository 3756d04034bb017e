"""A signed test delivery to our own receiver, over the address that Shopify uses: it shows that the way in is open.

It is kept like any other; its topic names no record, so that it sets nothing off.
"""

import base64
import hmac
import secrets
from datetime import datetime

import orjson

from connector.errors import Rejected, Unavailable
from connector.flows.rotation import gone
from connector.flows.systems import Workplace
from connector.shopify.webhooks import SIGNATURE
from connector.store import credentials
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY
from connector.store.last_deliveries import TEST_TOPIC
from connector.transport import Deadlines, Request, Transport

TOPIC = TEST_TOPIC
_DEADLINES = Deadlines(connect=3, read=6)


def send_test(workplace: Workplace, stored: StoredConnection, url: str, *, now: datetime) -> str:
    """Sends one delivery to `url`; returns its delivery id. Raises Unavailable, Rejected, OutcomeUnknown."""
    delivery_id = f"test-{secrets.token_hex(8)}"
    body = orjson.dumps({"test": True, "sent_at": now.isoformat()})
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": TOPIC,
        "X-Shopify-Webhook-Id": delivery_id,
        "X-Shopify-Shop-Domain": stored.shop,
        "X-Shopify-Triggered-At": now.isoformat(),
        "X-Shopify-Test": "true",
        SIGNATURE: _signature(workplace, stored, body),
    }
    transport = Transport("this product's receiver", deadlines=_DEADLINES, connections=1)
    try:
        answer = transport.send(Request("POST", url, "webhook test", headers, body))
    finally:
        transport.close()
    if answer.status_code >= 500:
        raise Unavailable(f"the address answered {answer.status_code}")
    if answer.status_code != 200:
        raise Rejected(f"the address answered {answer.status_code}; another program, or another database, stands there")
    return delivery_id


def _signature(workplace: Workplace, stored: StoredConnection, body: bytes) -> str:
    """By the newest secret, as Shopify will."""
    with workplace.engine.begin() as connection:
        found = credentials.read(connection, workplace.vault, stored.id, SHOPIFY)
    if found is None:
        raise gone(stored.name)
    secret: str = found.secrets["webhook_secrets"][0]
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
