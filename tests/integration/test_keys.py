"""The keys that seal: everything is sealed anew while others read and write, and what cannot be is named."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select, text, update

from connector.config import Key
from connector.errors import ConfigError, InvalidAnswer
from connector.flows.resealing import counted, reseal
from connector.netsuite.keygen import KeyKind, key_pair
from connector.store import (
    alert_channels,
    api_answers,
    connections,
    credentials,
    inbox,
    made_keys,
    operator_actions,
    privacy,
    users,
)
from connector.store.alert_channels import ChannelKind
from connector.store.columns import metadata
from connector.store.connection_tables import credentials as credentials_table
from connector.store.credentials import NETSUITE, SHOPIFY
from connector.store.inbox import Delivery
from connector.store.records import ORDER
from connector.store.roles import Role
from connector.store.seals import SEALED
from connector.store.tables import events
from connector.store.users import NewUser
from connector.tokens import Token
from connector.vault import Vault
from tests import factories
from tests.clock import now
from tests.payloads import rest_order
from tests.waiting import eventually
from tests.world import KEY, World, new_connection

NEW, GONE = Key("new", b"n" * 32), Key("gone", b"g" * 32)
ROTATED = Vault((NEW, KEY))


def body(number: int) -> bytes:
    """What a delivery said."""
    return json.dumps({"id": number, "note": f"naïve café {number}"}, ensure_ascii=False).encode()


def delivery(world: World, number: int, vault: Vault) -> Delivery:
    """A delivery about order `number`, sealed by the first key of a vault."""
    return Delivery(
        connection_id=world.connection.id,
        topic="orders/create",
        delivery_id=f"w-{number}",
        event_id=None,
        triggered_at=None,
        headers={},
        body=inbox.sealed_body(vault, world.connection.id, f"w-{number}", body(number)),
        body_sha256=b"",
        record_kind=ORDER,
        shopify_id=str(number),
    )


def quiet(_what: str, _count: int) -> None:
    """Nobody looks at the progress."""


def environment(monkeypatch: pytest.MonkeyPatch, *keys: Key) -> None:
    """CONNECTOR_KEYS of the next commands."""
    monkeypatch.setenv("CONNECTOR_KEYS", ",".join(f"{k.id}:{base64.b64encode(k.secret).decode()}" for k in keys))


def opened_bodies(world: World, vault: Vault) -> dict[str, bytes]:
    """Every body by its delivery id."""
    with world.engine.begin() as connection:
        rows = connection.execute(select(events)).all()
    return {row.delivery_id: inbox.opened_body(vault, row.connection_id, row.delivery_id, row.body) for row in rows}


@contextmanager
def meanwhile(call: Callable[[], Any]) -> Iterator[list[Any]]:
    """Calls again and again in another thread while the block runs; what it returned."""
    stop = threading.Event()
    answers: list[Any] = []

    def run() -> None:
        while not stop.is_set():
            answers.append(call())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            yield answers
        finally:
            stop.set()
        running.result()


def test_everything_is_sealed_anew_and_the_old_key_is_needed_no_more(
    run: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.work(world.sell(rest_order()))
    for number in range(3):
        world.deliver(delivery(world, number, world.runtime.vault))
    with world.engine.begin() as connection:
        privacy.keep_export(
            connection,
            world.runtime.vault,
            world.connection.id,
            "request",
            customer_id="7",
            document={"a": 1},
            due_at=now(),
        )
        user_id = users.add(connection, NewUser("anna", Role.ADMIN))
        assert user_id is not None
        answer = api_answers.Key("ada", "k1", b"")
        api_answers.take(connection, world.runtime.vault, answer, now=now())
        api_answers.keep(connection, world.runtime.vault, answer, b"{}")
        alert_channels.add(
            connection, world.runtime.vault, world.connection.id, "team", ChannelKind.SLACK, {"url": "https://x"}
        )
        made_keys.keep(connection, world.runtime.vault, key_pair(KeyKind.EC, "x", now=now()), made_by="ada")
        users.put_totp(connection, world.runtime.vault, user_id, "JBSWY3DPEHPK3PXP")
    environment(monkeypatch, NEW, KEY)
    checked = run("keys", "rotate", "--check", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["keys"]["events.body"] == {"test": 3}
    done = run("keys", "rotate")
    assert done.exit_code == 0, done.output
    assert "the key test seals nothing any more: take it out of CONNECTOR_KEYS" in done.stdout
    assert "sealed anew in" in done.stderr
    environment(monkeypatch, NEW)
    again = run("keys", "rotate", "--json")
    report = json.loads(again.stdout)
    assert (again.exit_code, report["is_done"], report["missing"]) == (0, True, [])
    assert report["sealed"] == {
        "alert_channels.sealed": 0,
        "api_answers.body": 0,
        "credentials.sealed": 0,
        "credentials.token": 0,
        "effects.image": 0,
        "events.body": 0,
        "exports.document": 0,
        "made_keys.sealed": 0,
        "users.totp": 0,
    }
    assert report["keys"] == {
        "alert_channels.sealed": {"new": 1},
        "api_answers.body": {"new": 1},
        "credentials.sealed": {"new": 2},
        "credentials.token": {"new": 2},
        "effects.image": {"new": 2},
        "events.body": {"new": 3},
        "exports.document": {"new": 1},
        "made_keys.sealed": {"new": 1},
        "users.totp": {"new": 1},
    }
    assert opened_bodies(world, Vault((NEW,))) == {f"w-{number}": body(number) for number in range(3)}
    with world.engine.begin() as connection:
        (export,) = privacy.exports_of(connection, "request")
        assert privacy.fetch_export(connection, Vault((NEW,)), export) == {"a": 1}
        user = users.by_id(connection, user_id)
        assert user is not None
        assert users.totp_secret(Vault((NEW,)), user) == "JBSWY3DPEHPK3PXP"
        assert api_answers.take(connection, Vault((NEW,)), answer, now=now()) == api_answers.Answered(b"", b"{}")
        (channel,) = alert_channels.of_connection(connection, Vault((NEW,)), world.connection.id)
        assert channel.target == {"url": "https://x"}
        written = connection.execute(text("select details from operator_actions where action = 'keys rotated'"))
        details = written.scalars().all()
    assert details[0] == {
        "key": "new",
        "sealed": {
            "alert_channels.sealed": 1,
            "api_answers.body": 1,
            "credentials.sealed": 2,
            "credentials.token": 2,
            "effects.image": 2,
            "events.body": 3,
            "exports.document": 1,
            "made_keys.sealed": 1,
            "users.totp": 1,
        },
    }


def test_every_sealed_column_of_the_database_is_known_to_the_rotation() -> None:
    hashes = ("_hash", "_sha256")
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.name.endswith(hashes)
    }
    assert binary == {sealed.name for sealed in SEALED}


def test_a_missing_key_is_named_with_what_it_sealed_and_the_rest_is_done(
    run: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(delivery(world, 1, Vault((GONE,))))
    for number in range(2, 5):
        world.deliver(delivery(world, number, world.runtime.vault))
    environment(monkeypatch, NEW, KEY)
    result = run("keys", "rotate")
    assert result.exit_code == 1
    assert "CONNECTOR_KEYS lacks the key gone, which sealed 1 webhook bodies" in result.stderr
    assert "the key test seals nothing any more" in result.stdout
    with pytest.raises(ConfigError, match="CONNECTOR_KEYS lacks the key gone that sealed webhook"):
        opened_bodies(world, ROTATED)
    environment(monkeypatch, NEW, KEY, GONE)
    assert run("keys", "rotate").exit_code == 0
    assert opened_bodies(world, Vault((NEW,)))["w-1"] == body(1)


def test_a_value_that_was_copied_there_is_named_and_left(
    run: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        world.deliver(delivery(world, number, world.runtime.vault))
    with world.engine.begin() as connection:
        connection.execute(text("update events set body = (select body from events where delivery_id = 'w-0')"))
    environment(monkeypatch, NEW, KEY)
    result = run("keys", "rotate", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["closed"] == [f"webhook {world.connection.id}/w-1"]
    assert report["keys"]["events.body"] == {"new": 1, "test": 1}


@pytest.mark.parametrize("value", [b"", b"\x01", b"\x01\xff", b"plain text"])
def test_what_is_no_sealed_value_does_not_stop_the_rotation(world: World, value: bytes) -> None:
    for number in range(2):
        world.deliver(delivery(world, number, world.runtime.vault))
    with world.engine.begin() as connection:
        connection.execute(update(events).where(events.c.delivery_id == "w-0").values(body=value))
    report = reseal(world.engine, ROTATED, quiet, actor="test")
    assert report.tallies[2].keys == {"": 1, "new": 1}
    assert not report.is_done


@pytest.mark.parametrize(
    ("connection_of", "side", "column"),
    [("us-store", NETSUITE, "sealed"), ("other", SHOPIFY, "sealed"), ("us-store", SHOPIFY, "token")],
)
def test_a_credential_copied_to_another_place_does_not_open(
    world: World, connection_of: str, side: str, column: str
) -> None:
    with world.engine.begin() as connection:
        new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json(), name="other")
        others = {"other": connections.add(connection, new, world.runtime.vault).id, "us-store": world.connection.id}
        place = (credentials_table.c.connection_id == others["us-store"]) & (credentials_table.c.side == SHOPIFY)
        stolen = connection.execute(select(credentials_table.c.sealed).where(place)).scalar_one()
        target = (credentials_table.c.connection_id == others[connection_of]) & (credentials_table.c.side == side)
        connection.execute(update(credentials_table).where(target).values({column: stolen}))
        with pytest.raises(InvalidAnswer, match="was changed or belongs elsewhere"):
            credentials.read(connection, world.runtime.vault, others[connection_of], side)


def test_others_write_and_read_while_the_key_is_rotated_and_nothing_is_lost(world: World) -> None:
    for number in range(1000):
        world.deliver(delivery(world, number, world.runtime.vault))
    numbers = iter(range(1000, 100_000))

    def write() -> int:
        number = next(numbers)
        # A process that was not started again yet seals with the old key.
        world.deliver(delivery(world, number, ROTATED if number % 2 else world.runtime.vault))
        return number

    def renew() -> str:
        with world.engine.begin() as connection:
            stored = credentials.read_locked(connection, ROTATED, world.connection.id, SHOPIFY)
            assert stored is not None
            assert stored.token is not None
            counter = int(stored.token.access_token.rpartition("-")[2] or 0) if "-" in stored.token.access_token else 0
            credentials.keep_token(connection, world.runtime.vault, stored, Token(f"t-{counter + 1}", now()))
            return f"t-{counter + 1}"

    with meanwhile(write) as written, meanwhile(renew) as tokens:
        eventually(lambda: len(written) > 20 and len(tokens) > 20)
        reseal(world.engine, ROTATED, quiet, actor="test")
        during = len(written)
        eventually(lambda: len(written) > during + 20)
    report = reseal(world.engine, ROTATED, quiet, actor="test")
    assert report.is_done
    assert report.needless == ("test",)
    assert opened_bodies(world, Vault((NEW,))) == {f"w-{n}": body(n) for n in range(written[-1] + 1)}
    with world.engine.begin() as connection:
        stored = credentials.read(connection, Vault((NEW,)), world.connection.id, SHOPIFY)
    assert stored is not None
    assert stored.token is not None
    # Each renewal counts on from the one before: none was overwritten by an older one.
    assert stored.token.access_token == tokens[-1] == f"t-{len(tokens)}"


def test_a_body_that_is_redacted_meanwhile_is_not_brought_back(world: World) -> None:
    for number in range(3):
        world.deliver(delivery(world, number, world.runtime.vault))
    with ThreadPoolExecutor(1) as pool, world.engine.begin() as connection:
        about = privacy.events_about(connection, world.runtime.vault, world.connection.id, ORDER, ["1"])
        ids = [event.id for event in about]
        privacy.redact_events(connection, world.runtime.vault, ids, lambda _body: b'{"redacted":true}')
        running = pool.submit(reseal, world.engine, ROTATED, quiet, actor="test")
        # The other two are not kept waiting.
        eventually(lambda: counted(world.engine, ROTATED).tallies[2].keys == {"new": 2, "test": 1})
        connection.commit()
        assert running.result().is_done
    assert opened_bodies(world, Vault((NEW,))) == {"w-0": body(0), "w-1": b'{"redacted":true}', "w-2": body(2)}


def test_a_running_renewal_is_waited_for_and_keeps_its_token(world: World) -> None:
    with ThreadPoolExecutor(1) as pool, world.engine.begin() as connection:
        stored = credentials.read_locked(connection, world.runtime.vault, world.connection.id, SHOPIFY)
        assert stored is not None
        running = pool.submit(reseal, world.engine, ROTATED, quiet, actor="test")
        eventually(lambda: counted(world.engine, ROTATED).tallies[0].keys == {"new": 1, "test": 1})
        credentials.keep_token(
            connection, world.runtime.vault, stored, Token("fetched meanwhile", now(), now() + timedelta(1))
        )
        connection.commit()
        assert running.result().is_done
    with world.engine.begin() as connection:
        kept = credentials.read(connection, Vault((NEW,)), world.connection.id, SHOPIFY)
    assert kept is not None
    assert kept.token is not None
    assert kept.token.access_token == "fetched meanwhile"


def test_what_was_broken_off_goes_on_where_it_ended(world: World) -> None:
    for number in range(500):
        world.deliver(delivery(world, number, world.runtime.vault))

    def broken_off(what: str, count: int) -> None:
        if what == "webhook bodies" and count >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(world.engine, ROTATED, broken_off, actor="test")
    assert counted(world.engine, ROTATED).tallies[2].keys == {"new": 200, "test": 300}
    report = reseal(world.engine, ROTATED, quiet, actor="test")
    assert (report.tallies[2].sealed, report.is_done) == (300, True)
    with world.engine.begin() as connection:
        assert operator_actions.of_connection(connection, world.connection.id) == []
