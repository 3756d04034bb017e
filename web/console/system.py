"""/system: what runs here – versions, schema, settings without secrets, what is kept for how long, and where to look further."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from redis import RedisError
from sqlalchemy import text

from connector.mapping.rules import Rules
from connector.store import census, clock, schema
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.screens import API, Console
from web.console.site import Visit


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days the deliveries of one store keep what they said."""

    store: str
    event_days: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A part of the product, and when it was last heard of."""

    part: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SystemPage:
    """What runs here. `settings` by environment variable, secrets only as `set`; `queue` is None while Redis is away."""

    versions: Mapping[str, str]
    schema_is_current: bool
    settings: Mapping[str, str]
    heard: tuple[Heard, ...]
    waiting: Mapping[str, int] | None
    oldest_pending_seconds: float
    kept: tuple[Kept, ...]
    links: Mapping[str, str]


def system_screen(console: Console) -> None:
    """Registers the screen."""

    @console.screen("system", "/system", Asked, SystemPage, role=Role.ADMIN)
    def read(visit: Visit, _asked: Asked) -> SystemPage:
        """Versions, schema, settings without secrets, retention, and where to look further."""
        with visit.engine.begin() as database:
            postgres = database.execute(text("show server_version")).scalar_one()
            heard = census.heard(database)
            oldest = census.oldest_pending_seconds(database, now=clock.read(database).at)
        queues, redis = _of_redis(visit)
        return SystemPage(
            versions={
                "ml-connector": version("ml-connector"), "Python": platform.python_version(),
                "PostgreSQL": str(postgres), "Redis": redis,
            },
            schema_is_current=schema.is_current(visit.engine),
            settings=visit.site.settings,
            heard=tuple(Heard(part, at.astimezone(UTC)) for part, at in heard.items()),
            waiting=queues,
            oldest_pending_seconds=oldest,
            kept=tuple(Kept(one.name, Rules.from_json(one.rules).events.keep_days) for one in visit.stores),
            links=_links(visit),
        )  # fmt: skip


def _of_redis(visit: Visit) -> tuple[Mapping[str, int] | None, str]:
    """Wakes that wait in each queue, and the server's version."""
    redis = visit.site.runtime.redis
    try:
        info = redis.info("server")
        said = str(info.get("valkey_version") or info.get("redis_version"))
        return {name: int(redis.llen(name)) for name in ("orders", "maintenance")}, said
    except RedisError as error:
        return None, f"not reached ({type(error).__name__})"


def _links(visit: Visit) -> Mapping[str, str]:
    links = {"Metrics (Prometheus)": "/metrics", "Ready": "/readyz", "API description (OpenAPI)": f"{API}/openapi.json"}
    flower = visit.site.settings.get("CONNECTOR_FLOWER_URL")
    return links | ({"Flower": flower} if flower else {})
