"""`connection ping` on the command line: what it prints, and what it exits with."""

import base64
import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from connector.cli.main import root
from connector.errors import ConfigError
from connector.mapping.rules import Rules
from tests.pings import change, unwritten_world
from tests.world import KEY, SESSION_SECRET, World


@pytest.fixture
def world(database: Engine, redis_url: str) -> Iterator[World]:
    """A connection that lacks nothing, and to which nothing is written."""
    with unwritten_world(database, redis_url) as opened:
        yield opened


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs `connection ping` in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", "https://hooks.example.com")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(root, ["connection", "ping", *arguments])

    return call


def test_a_good_connection_prints_a_line_a_probe_and_its_verdict_last(run: Any, world: World) -> None:
    result = run("us-store")
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert lines[-1] == "ready"
    assert sum(line.startswith("✓") for line in lines) == 21
    assert not [line for line in lines if line.startswith(("✗", "!", "-"))]


def test_warnings_exit_with_0_and_failures_with_1(run: Any, world: World) -> None:
    world.account.change({"concurrency": 3})
    warned = run("us-store")
    assert (warned.exit_code, warned.stdout.rstrip().splitlines()[-1]) == (0, "ready with warnings")
    world.account.change({"denied_records": ["salesOrder"]})
    failed = run("us-store")
    assert (failed.exit_code, failed.stdout.rstrip().splitlines()[-1]) == (1, "not ready")
    assert "Sales Order (TRAN_SALESORD)" in " ".join(failed.stdout.split())


def test_json_tells_every_probe(run: Any, world: World) -> None:
    world.account.change({"suiteql_allowed": False})
    result = run("us-store", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert set(told) == {"connection", "shop", "netsuite_account", "at", "verdict", "probes", "proposal", "unread"}
    assert (told["connection"], told["verdict"]) == ("us-store", "not ready")
    assert all(set(found) == {"side", "name", "status", "ms", "finding", "sentences"} for found in told["probes"])
    assert {found["status"] for found in told["probes"]} == {"ok", "failed", "skipped"}
    assert len(told["probes"]) == 21
    assert told["unread"] == ["NetSuite"]


def test_a_proposal_alone_is_toml_on_standard_output(run: Any, world: World) -> None:
    change(world, rules={"time_zone": "Europe/Paris"})
    result = run("us-store", "--propose")
    read = tomllib.loads(result.stdout)
    assert result.exit_code == 0
    merged = {"time_zone": "Europe/Paris"} | read["rules"]
    assert Rules.from_json(merged).currencies == {"USD": "1"}
    assert merged["subsidiary"] == "1"
    shown = run("us-store").stdout
    assert result.stdout in shown
    assert shown.rstrip().splitlines()[-1] == "not ready"


def test_a_proposal_that_could_not_look_at_everything_says_so(run: Any, world: World) -> None:
    world.shop.config.access_token = "shpat_rotated"
    result = run("us-store", "--propose")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "not read: Shopify" in result.stderr


def test_an_unknown_connection_is_wrong_use(run: Any, world: World) -> None:
    assert isinstance(run("nobody").exception, ConfigError)
