"""Webhook subscriptions in step with what is needed: compared, made, mended; a vanished one leaves a silent interval.

Shopify deletes a subscription after eight failed deliveries (shopify.dev, "webhooks troubleshooting", 2026-09). What an
app declares in its own configuration (shopify.app.toml) is not deleted, and not shown by the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import Engine

from connector.errors import ConfigError, Forbidden, Rejected, WrongEnvironment
from connector.flows.systems import Systems
from connector.shopify import subscriptions as shopify
from connector.shopify.shop import Shop, shop
from connector.shopify.subscriptions import Subscription, Wanted, needed
from connector.store import connections
from connector.store import subscriptions as store
from connector.store.subscriptions import Made

log = structlog.get_logger(__name__)


class State(StrEnum):
    """How one needed topic stands in the shop."""

    OK = "ok"
    MISSING = "missing"
    # Delivered to another address: nothing comes here.
    ELSEWHERE = "elsewhere"
    # Delivered here, but with other members, in another format or through a filter.
    FIELDS = "fields"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """One needed topic beside what stands in the shop. `was`: how it stood before we did something about it just now."""

    wanted: Wanted
    state: State
    detail: str = ""
    found: Subscription | None = None
    was: State | None = None

    @property
    def is_mended(self) -> bool:
        """True when it was made or mended just now."""
        return self.was is not None and self.state is State.OK


@dataclass(frozen=True, slots=True)
class Survey:
    """Every needed topic, and what stands in the shop under our address or name without being needed."""

    differences: list[Difference]
    unneeded: list[Subscription]


def check(systems: Systems, uri: str) -> list[Difference]:
    """Each needed topic beside what stands in the shop; changes nothing."""
    return survey(systems, uri).differences


def survey(systems: Systems, uri: str) -> Survey:
    """Needed topics and our superfluous subscriptions; changes nothing."""
    standing = shopify.subscriptions(systems.shopify)
    differences = compared(needed(shop(systems.shopify).scopes), standing, uri)
    used = {difference.found.id for difference in differences if difference.found is not None}
    return Survey(differences, [found for found in standing if found.id not in used and shopify.is_ours(found, uri)])


def sync(systems: Systems, engine: Engine, uri: str) -> list[Difference]:
    """Makes what is missing, mends what differs, remembers what is there; what became of each topic.

    Raises ConfigError for an address Shopify cannot reach, WrongEnvironment for another shop.
    """
    if not uri.startswith("https://") and systems.connection.shopify_api_url.startswith("https://"):
        raise ConfigError(f"Shopify delivers to https:// only, not to {uri}; set CONNECTOR_PUBLIC_URL")
    answered = _the_shop(systems)
    if systems.connection.webhook_url != uri:
        with engine.begin() as connection:
            connections.keep_webhook_url(connection, systems.connection.id, uri)
    return _in_step(systems, engine, answered, uri)


def mend(systems: Systems, engine: Engine) -> int:
    """As `sync`, for a shop in which we made subscriptions before; returns how many were made or mended.

    A shop in which we made none is left alone: its webhooks were set up in another way.
    """
    with engine.begin() as connection:
        known = store.made(connection, systems.connection.id)
    uri = systems.connection.webhook_url
    if not known or uri is None:
        return 0
    return sum(done.is_mended for done in _in_step(systems, engine, _the_shop(systems), uri))


def compared(needed: Sequence[Wanted], standing: Sequence[Subscription], uri: str) -> list[Difference]:
    """What each needed topic lacks. A subscription of ours is known by its address or its name."""
    return [_compared(wanted, standing, uri) for wanted in needed]


def _compared(wanted: Wanted, standing: Sequence[Subscription], uri: str) -> Difference:
    same_topic = [found for found in standing if found.topic == wanted.enum]
    for found in same_topic:
        if found.uri == uri:
            detail = _deviation(wanted, found)
            return Difference(wanted, State.FIELDS if detail else State.OK, detail, found)
    for found in same_topic:
        if found.name == wanted.name and shopify.is_ours(found, uri):
            return Difference(wanted, State.ELSEWHERE, f"points to {found.uri}", found)
    return Difference(wanted, State.MISSING)


def _deviation(wanted: Wanted, found: Subscription) -> str:
    """How deliveries of this subscription differ from what we need; empty when they do not."""
    if set(found.include_fields) != set(wanted.include_fields):
        given, needed = (", ".join(fields) or "all fields" for fields in (found.include_fields, wanted.include_fields))
        return f"includes {given} instead of {needed}"
    if found.format != "JSON":
        return f"comes as {found.format} instead of JSON"
    return f"is filtered by {found.filter}" if found.filter else ""


def _the_shop(systems: Systems) -> Shop:
    """Who answers. Raises WrongEnvironment when that is another shop: nothing is made there."""
    answered = shop(systems.shopify)
    if answered.domain != systems.connection.shop:
        raise WrongEnvironment(
            f"shopify.shop is {systems.connection.shop}, but {answered.domain} answers with this token; no webhook was "
            "made. Check shop, api_url and the token"
        )
    return answered


def _in_step(systems: Systems, engine: Engine, answered: Shop, uri: str) -> list[Difference]:
    """Each topic as it stands afterwards. What is there is remembered, and when something was not."""
    with engine.begin() as connection:
        known = store.made(connection, systems.connection.id)
        looked_at = store.database_time(connection)
    found = compared(needed(answered.scopes), shopify.subscriptions(systems.shopify), uri)
    return [_remembered(systems, engine, _mended(systems, one, answered, uri), known, looked_at) for one in found]


def _remembered(
    systems: Systems, engine: Engine, done: Difference, known: Mapping[str, Made], looked_at: datetime
) -> Difference:
    """Notes a silent interval: from when the subscription was last seen to when it is known to stand again.

    One that stands under another id vanished too, and somebody made it again; also we, if we died before we wrote it down.
    """
    topic, connection_id = done.wanted.topic, systems.connection.id
    if done.state is not State.OK or done.found is None:
        log.warning("webhook_not_in_step", connection_id=connection_id, topic=topic, state=done.state)
        return done
    before = known.get(topic)
    was_silent = done.was in (State.MISSING, State.ELSEWHERE) or (before and before.remote_id != done.found.id)
    with engine.begin() as connection:
        moment = store.database_time(connection) if done.is_mended or was_silent else looked_at
        if before is not None and was_silent:
            store.note_silence(connection, connection_id, topic, since=before.seen_at, until=moment)
        store.mark_seen(connection, connection_id, topic, done.found.id, at=moment)
    if done.is_mended:
        log.info("webhook_mended", connection_id=connection_id, topic=topic, was=done.was)
    return done


def _mended(systems: Systems, difference: Difference, answered: Shop, uri: str) -> Difference:
    """The topic after what had to be done about it."""
    wanted, found, was = difference.wanted, difference.found, difference.state
    if was is State.OK:
        return difference
    try:
        if found is None:
            return Difference(wanted, State.OK, "made", _made(systems, wanted, uri), was)
        changed = shopify.change(systems.shopify, found, wanted, uri)
        return Difference(wanted, State.OK, f"mended: {difference.detail}", changed, was)
    except (Rejected, Forbidden) as error:
        missing = wanted.scope in answered.missing_scopes()
        advice = f"; grant the app the scope {wanted.scope}, then sync again" if missing else ""
        return Difference(wanted, State.REFUSED, f"{error}{advice}", found, was)


def _made(systems: Systems, wanted: Wanted, uri: str) -> Subscription:
    """The new subscription, or the one somebody else made between our look and now. Raises Rejected, Forbidden."""
    try:
        return shopify.subscribe(systems.shopify, wanted, uri)
    except Rejected:
        again = _compared(wanted, shopify.subscriptions(systems.shopify), uri)
        if again.state is State.OK and again.found is not None:
            return again.found
        raise
