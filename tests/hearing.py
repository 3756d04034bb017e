"""Webhooks that a world hears, kept as the receiver keeps them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from connector.shopify.webhooks import notice
from connector.store.inbox import Accepted, Delivery, sealed_body
from tests.world import World

_ids = count(1)


def heard(
    world: World,
    topic: str,
    body: Mapping[str, Any],
    *,
    event_id: str | None = None,
    triggered_at: datetime | None = None,
) -> Accepted:
    """A delivery comes in, three seconds after what it tells of where no other moment is given."""
    return world.deliver(delivery(world, topic, body, event_id=event_id, triggered_at=triggered_at))


def delivery(
    world: World,
    topic: str,
    body: Mapping[str, Any],
    *,
    event_id: str | None = None,
    triggered_at: datetime | None = None,
) -> Delivery:
    """The same, not kept yet."""
    content = json.dumps(body).encode()
    delivery_id = f"heard-{next(_ids)}"
    headers = {"X-Shopify-Topic": topic, "X-Shopify-Webhook-Id": delivery_id}
    said = notice(headers, content)
    return Delivery(
        connection_id=world.connection.id,
        topic=topic,
        delivery_id=delivery_id,
        event_id=event_id,
        triggered_at=triggered_at or datetime.now(UTC) - timedelta(seconds=3),
        headers=headers,
        body=sealed_body(world.runtime.vault, world.connection.id, delivery_id, content),
        body_sha256=hashlib.sha256(content).digest(),
        record_kind=said.kind,
        shopify_id=said.shopify_id,
    )
