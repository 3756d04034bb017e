"""Webhook subscriptions in step with what is needed: compared, made, mended; a vanished one leaves a silent interval.

Shopify deletes a subscription after eight failed deliveries (shopify.dev, "webhooks troubleshooting", 2026-09).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine

from connector.errors import ConfigError, Rejected
from connector.flows.systems import Systems
from connector.shopify import subscriptions as shopify
from connector.shopify.subscriptions import NEEDED, Subscription, Wanted
from connector.store import connections
from connector.store import subscriptions as store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one topic needs: `state` is ok, missing, elsewhere (another address or other fields) or refused."""

    wanted: Wanted
    state: str
    detail: str = ""
    found: Subscription | None = None


def check(systems: Systems, uri: str) -> list[Difference]:
    """Each needed topic beside what stands in the shop; changes nothing."""
    return compared(NEEDED, shopify.subscriptions(systems.shopify), uri)


def sync(systems: Systems, engine: Engine, uri: str) -> list[Difference]:
    """Makes what is missing, mends what points elsewhere, remembers what is there; what was done, by topic.

    Raises ConfigError for an address Shopify cannot reach.
    """
    if not uri.startswith("https://") and systems.connection.shopify_api_url.startswith("https://"):
        raise ConfigError(f"Shopify delivers to https:// only, not to {uri}; set CONNECTOR_PUBLIC_URL")
    done = [_synced(systems, difference, uri) for difference in check(systems, uri)]
    with engine.begin() as connection:
        connections.keep_webhook_url(connection, systems.connection.id, uri)
        for difference in done:
            if difference.found is not None:
                store.mark_seen(connection, systems.connection.id, difference.wanted.topic, difference.found.id)
    return done


def mend(systems: Systems, engine: Engine) -> int:
    """Makes again what vanished of the subscriptions we made, and notes the silent interval; returns how many.

    A shop in which we made none is left alone: its webhooks were set up in another way.
    """
    with engine.begin() as connection:
        known = store.made(connection, systems.connection.id)
    if not known:
        return 0
    standing = {found.id: found for found in shopify.subscriptions(systems.shopify)}
    vanished = [made for made in known.values() if made.remote_id not in standing]
    uri = _address(list(standing.values()), systems)
    with engine.begin() as connection:
        for made in known.values():
            if made.remote_id in standing:
                store.mark_seen(connection, systems.connection.id, made.topic, made.remote_id)
    wanted = {item.topic: item for item in NEEDED}
    mended = 0
    for made in vanished:
        if uri is None or made.topic not in wanted:
            log.warning("subscription_vanished", connection_id=systems.connection.id, topic=made.topic)
            continue
        again = shopify.subscribe(systems.shopify, wanted[made.topic], uri)
        with engine.begin() as connection:
            store.note_silence(connection, systems.connection.id, made.topic, since=made.seen_at)
            store.mark_seen(connection, systems.connection.id, made.topic, again.id)
        log.warning("subscription_mended", connection_id=systems.connection.id, topic=made.topic)
        mended += 1
    return mended


def compared(needed: Sequence[Wanted], standing: Sequence[Subscription], uri: str) -> list[Difference]:
    """What each needed topic lacks. A subscription of ours is known by its address or its name."""
    return [_compared(wanted, standing, uri) for wanted in needed]


def _compared(wanted: Wanted, standing: Sequence[Subscription], uri: str) -> Difference:
    same_topic = [found for found in standing if found.topic == wanted.enum]
    for found in same_topic:
        if found.uri == uri:
            if found.include_fields == wanted.include_fields:
                return Difference(wanted, "ok", found=found)
            return Difference(wanted, "elsewhere", "other fields are included", found)
    for found in same_topic:
        if found.name == wanted.name:
            return Difference(wanted, "elsewhere", f"points to {found.uri}", found)
    return Difference(wanted, "missing")


def _synced(systems: Systems, difference: Difference, uri: str) -> Difference:
    try:
        if difference.state == "missing":
            made = shopify.subscribe(systems.shopify, difference.wanted, uri)
            return Difference(difference.wanted, "ok", "made", made)
        if difference.state == "elsewhere" and difference.found is not None:
            shopify.change(systems.shopify, difference.found.id, difference.wanted, uri)
            return Difference(difference.wanted, "ok", f"mended: {difference.detail}", difference.found)
    except Rejected as error:
        scope = f"; the app needs {difference.wanted.scope}" if difference.wanted.scope else ""
        return Difference(difference.wanted, "refused", f"{error}{scope}")
    return difference


def _address(standing: Sequence[Subscription], systems: Systems) -> str | None:
    """Where our subscriptions point: kept with the connection when they were made, else as those that are left do."""
    made_at = systems.connection.webhook_url
    return made_at or next((found.uri for found in standing if found.uri.endswith(systems.connection.key)), None)
