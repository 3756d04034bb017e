"""/system: what runs here."""

import base64
from dataclasses import replace

from connector.config import Settings
from connector.runtime import redis_client
from tests.visiting import Visitor, opened_console
from tests.world import World

SECRETS = {
    "DATABASE_URL": "postgres://app:dbsecret@db/connector",
    "REDIS_URL": "redis://:redissecret@cache:6379/0",
    "CONNECTOR_KEYS": f"k1:{base64.b64encode(b'k' * 32).decode()}",
    "CONNECTOR_SESSION_SECRET": "sessionsecret" * 4,
}


def test_an_admin_sees_versions_and_schema(ada: Visitor) -> None:
    read = ada.json("/system")
    assert set(read["versions"]) == {"ml-connector", "Python", "PostgreSQL", "Redis"}
    assert read["schema_is_current"] is True
    assert [one["store"] for one in read["kept"]] == ["us-store"]
    assert "Schema newest" in ada.reads("/system")


def test_others_do_not(otto: Visitor) -> None:
    assert otto.get("/system").status_code == 403


def test_settings_are_shown_without_their_secrets() -> None:
    shown = Settings.from_env(SECRETS | {"CONNECTOR_FLOWER_URL": "https://flower.example.com"}).shown()
    assert (shown["CONNECTOR_FLOWER_URL"], shown["DATABASE_URL"]) == ("https://flower.example.com", "set")
    assert "secret" not in " ".join(shown.values())


def test_without_redis_the_page_says_so(world: World) -> None:
    lost = redis_client("redis://127.0.0.1:1/0", socket_timeout=0.5)
    runtime = replace(world.runtime, redis=lost)
    with opened_console(replace(world, runtime=runtime)) as visitor:
        ada = replace(visitor, name="ada")
        assert "Redis is not reached" in ada.reads("/system")
        assert ada.json("/system")["waiting"] is None
