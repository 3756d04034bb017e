"""What the law asks for: data handed over and persons erased, through the receiver and the worker."""

import base64
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text, update

from connector.cli.main import root
from connector.errors import ConfigError
from connector.store import connections, order_notes
from connector.store.connection_tables import exports
from connector.store.tables import customers, events, records
from tests.clock import later
from tests.office import (
    COMPLIANCE,
    CUSTOMER,
    DATA_REQUEST,
    GUEST,
    PLANTED,
    REDACT,
    REQUEST,
    SHOP_ID,
    Office,
    buys,
    has_been_here,
    order_of_planted,
    quoted_by_netsuite,
)
from tests.payloads import rest_order
from tests.world import KEY, SESSION_SECRET


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str) -> Any:
    """Runs a command in the environment of the world."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("CONNECTOR_KEYS", f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}")
    monkeypatch.setenv("CONNECTOR_SESSION_SECRET", SESSION_SECRET)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(root, list(arguments))

    return call


@pytest.mark.parametrize("topic", COMPLIANCE)
def test_a_compliance_request_with_a_bad_signature_gets_401_and_does_nothing(office: Office, topic: str) -> None:
    office.world.shop.config.webhook_secret = "somebody else's"
    assert office.send(topic, COMPLIANCE[topic]) == 401
    assert office.bodies() == []
    assert office.stored().enabled


def test_a_request_for_data_is_put_together_and_waits_for_the_operator(office: Office) -> None:
    has_been_here(office)
    office.ask("customers/data_request", DATA_REQUEST)
    record = office.record("data_request")
    assert (record.state, record.reason_subject) == ("held", "privacy:data_request")
    assert "ml-connector privacy export 9999" in record.reason
    assert f"before {later(timedelta(days=30)):%Y-%m-%d}" in record.reason
    assert not [value for value in PLANTED.values() if value in record.reason]


def test_the_data_is_sealed_where_it_is_kept(office: Office) -> None:
    has_been_here(office)
    office.ask("customers/data_request", DATA_REQUEST)
    with office.engine.begin() as connection:
        row = connection.execute(select(exports)).one()
    assert b"Planted" not in row.document
    assert "Planted" not in repr(row)


def test_the_operator_fetches_the_data_and_the_request_is_done(office: Office, run: Any, tmp_path: Path) -> None:
    has_been_here(office)
    office.ask("customers/data_request", DATA_REQUEST)
    listed = json.loads(run("privacy", "list", "--json").stdout)
    assert [(row["request"], row["connection"], row["state"]) for row in listed] == [("9999", "us-store", "due")]
    out = tmp_path / "data.json"
    result = run("privacy", "export", "9999", "--out", str(out), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (
        0, {"request": "9999", "file": str(out), "deliveries": 5},
    )  # fmt: skip
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    document = json.loads(out.read_text("utf-8"))
    topics = [delivery["topic"] for delivery in document["deliveries"]]
    assert topics == ["orders/create", "orders/updated", "refunds/create", "customers/update", "draft_orders/create"]
    assert document["deliveries"][0]["body"]["note"] == PLANTED["note"]
    assert document["customer"] == REQUEST["customer"]
    assert [effect["kind"] for effect in document["written_to_netsuite"]] == [
        "customer", "sales_order", "customer_deposit",
    ]  # fmt: skip
    assert office.record("data_request").state == "in_sync"
    assert json.loads(run("privacy", "list", "--json").stdout)[0]["state"] == "fetched"
    act = office.acts()[-1]
    assert (act.actor, act.action) == ("command line", "customer data exported")
    assert act.details == {"request": "9999", "customer": str(CUSTOMER)}


def test_data_that_could_not_be_written_down_was_not_fetched(office: Office, run: Any, tmp_path: Path) -> None:
    office.ask("customers/data_request", DATA_REQUEST)
    (tmp_path / "there").write_text("before")
    result = run("privacy", "export", "9999", "--out", str(tmp_path / "there"))
    assert isinstance(result.exception, ConfigError)
    assert "File exists" in str(result.exception)
    assert (tmp_path / "there").read_text() == "before"
    assert office.record("data_request").state == "held"
    assert office.acts() == []


def test_without_a_file_the_data_is_printed(office: Office, run: Any) -> None:
    has_been_here(office)
    office.ask("customers/data_request", DATA_REQUEST)
    assert json.loads(run("privacy", "export", "9999").stdout)["customer"] == REQUEST["customer"]


def test_a_request_that_was_answered_is_not_asked_again(office: Office, run: Any) -> None:
    office.ask("customers/data_request", DATA_REQUEST)
    run("privacy", "export", "9999")
    office.ask("customers/data_request", DATA_REQUEST)
    assert office.record("data_request").state == "in_sync"


def test_an_overdue_request_is_found_wrong(office: Office, run: Any) -> None:
    office.ask("customers/data_request", DATA_REQUEST)
    assert run("privacy", "list").exit_code == 0
    with office.engine.begin() as connection:
        connection.execute(update(exports).values(due_at=later(timedelta(days=-1))))
    result = run("privacy", "list")
    assert (result.exit_code, "overdue" in result.stdout) == (1, True)


def test_an_unknown_request_is_wrong_use(office: Office, run: Any) -> None:
    assert "privacy list" in str(run("privacy", "export", "1").exception)


def test_a_redacted_customer_is_nowhere_to_be_found(office: Office) -> None:
    has_been_here(office)
    quoted_by_netsuite(office)
    with office.engine.begin() as connection:
        order_notes.add(connection, office.record("order").id, who="otto", said=f"{PLANTED['name']} called")
    office.ask("customers/data_request", DATA_REQUEST)
    assert office.planted() == [*PLANTED, "city"]
    office.ask("customers/redact", REDACT)
    assert office.planted() == []
    assert office.record("customer_redact").state == "in_sync"


def test_ids_hashes_and_amounts_stay_for_the_books(office: Office) -> None:
    has_been_here(office)
    with office.engine.begin() as connection:
        before = connection.execute(select(events.c.body_sha256, events.c.headers).order_by(events.c.id)).all()
        mirror = connection.execute(select(customers)).all()
    office.ask("customers/redact", REDACT)
    body = office.bodies()[0]
    assert (body["id"], body["name"], body["total_price"], body["customer"]) == (
        5001,
        "#1001",
        "20.00",
        {"id": CUSTOMER},
    )
    assert body["line_items"][0]["sku"] == "MUG-RED"
    record = office.record("order")
    assert (record.name, str(record.total), record.state) == ("#1001", "20.00", "in_sync")
    with office.engine.begin() as connection:
        after = connection.execute(select(events.c.body_sha256, events.c.headers).order_by(events.c.id)).all()
        assert connection.execute(select(customers)).all() == mirror
        kept = connection.execute(text("select natural_key, remote_id, amount from effects order by id")).all()
    assert after[: len(before)] == before
    assert [row.natural_key for row in kept][1:] == [
        f"SHOPIFY-{SHOP_ID}-ORDER-5001", f"SHOPIFY-{SHOP_ID}-TXN-85001",
    ]  # fmt: skip


def test_the_erasure_is_written_down_without_the_person(office: Office) -> None:
    has_been_here(office)
    office.ask("customers/data_request", DATA_REQUEST)
    office.ask("customers/redact", REDACT)
    act = office.acts()[-1]
    assert (act.actor, act.action) == ("Shopify", "customer redacted")
    # Five deliveries, the request for data and the request to redact itself.
    assert act.details == {"customer": str(CUSTOMER), "orders": ["5001"], "deliveries": 7, "unfetched": ["9999"]}


def test_a_request_for_data_ends_with_the_erasure(office: Office, run: Any) -> None:
    office.ask("customers/data_request", DATA_REQUEST)
    office.ask("customers/redact", REDACT)
    record = office.record("data_request")
    assert (record.state, record.reason) == ("excluded", "erased on request")
    assert isinstance(run("privacy", "export", "9999").exception, ConfigError)


def test_data_of_somebody_erased_meanwhile_is_not_put_together(office: Office) -> None:
    assert office.send("customers/data_request", DATA_REQUEST) == 200
    with office.engine.begin() as connection:
        connection.execute(text("update records set next_attempt_at = now() + interval '1 hour'"))
    office.ask("customers/redact", REDACT)
    with office.engine.begin() as connection:
        connection.execute(text("update records set next_attempt_at = now(), state = 'pending'"))
    office.work()
    assert office.record("data_request").state == "excluded"
    assert office.planted() == []


def test_a_buyer_without_an_account_is_known_by_their_email(office: Office) -> None:
    buys(office, order_of_planted() | {"customer": None})
    office.ask("draft_orders/create", {"id": 77, "email": PLANTED["email"]})
    office.ask("customers/data_request", DATA_REQUEST | {"customer": GUEST})
    office.ask("customers/redact", REDACT | {"customer": GUEST})
    assert office.planted() == []
    assert office.record("data_request").state == "excluded"
    assert office.acts()[-1].details["customer"] is None


def test_others_are_left_as_they_are(office: Office) -> None:
    has_been_here(office)
    buys(office, rest_order(5002))
    office.ask("customers/update", {"id": 7012, "email": "ada@example.com", "first_name": "Ada"})
    office.ask("draft_orders/create", {"id": 78, "email": "ada@example.com"})
    other = {"id": 7012, "email": "ada@example.com", "phone": None}
    theirs = DATA_REQUEST | {"customer": other, "orders_requested": [5002], "data_request": {"id": 10000}}
    office.ask("customers/data_request", theirs)
    office.ask("customers/redact", REDACT)
    untouched = [body for body in office.bodies() if not body.get("redacted")]
    assert [body["id"] for body in untouched[:3]] == [5002, 7012, 78]
    assert untouched[3]["customer"] == other
    with office.engine.begin() as connection:
        waiting = connection.execute(select(exports.c.request_id)).scalars().all()
    assert waiting == ["10000"]


def test_redacting_again_is_harmless(office: Office) -> None:
    has_been_here(office)
    office.ask("customers/redact", REDACT)
    before = office.bodies()
    office.ask("customers/redact", REDACT)
    assert office.bodies()[: len(before)] == before
    assert office.record("customer_redact").state == "in_sync"
    assert office.planted() == []


def test_two_requests_that_come_at_once_are_both_carried_out(office: Office) -> None:
    has_been_here(office)
    buys(office, order_of_planted(5002))
    assert office.send("customers/redact", REDACT) == 200
    assert office.send("customers/redact", REDACT | {"orders_to_redact": [5002]}) == 200
    office.work()
    assert office.planted() == []


def test_a_request_of_a_paused_and_halted_connection_is_carried_out(office: Office) -> None:
    has_been_here(office)
    with office.engine.begin() as connection:
        connections.pause(connection, office.world.connection.id, because="a test")
        connection.execute(
            text("update connections set halt_code = 'unauthorized', halt_reason = 'x', probe_at = now()")
        )
    office.ask("customers/redact", REDACT)
    assert office.planted() == []


@pytest.mark.parametrize("topic", [topic for topic in COMPLIANCE])
def test_a_request_of_another_shop_that_shares_the_app_is_left_to_a_person(office: Office, topic: str) -> None:
    has_been_here(office)
    before = office.bodies()
    ids = {"id": 999} if topic == "app/uninstalled" else {"shop_id": 999}
    office.ask(topic, COMPLIANCE[topic] | ids)
    assert office.bodies()[: len(before)] == before
    assert office.stored().enabled
    assert office.token() is not None
    with office.engine.begin() as connection:
        held = connection.execute(select(records).where(records.c.reason_subject == "privacy:shop")).one()
    assert held.state == "held"
    assert f"{topic} came to the webhook URL of us-store, but is of shop 999" in held.reason


def test_recorded_orders_keep_no_person_through_the_receiver(office: Office, shared: Path) -> None:
    ids = []
    for path in sorted((shared / "fixtures" / "shopify").glob("order_*.json")):
        body = json.loads(path.read_text("utf-8"))
        ids.append(body["id"])
        assert office.send("orders/create", body) == 200
    placeholders = ("buyer@example.com", "+15555550100", "1 Example Street", "192.0.2.1", "masked")
    assert [mark for mark in placeholders if mark in office.everything()] == list(placeholders)
    guest = {"email": "buyer@example.com", "phone": None}
    assert office.send("customers/redact", REDACT | {"customer": guest, "orders_to_redact": ids}) == 200
    with office.engine.begin() as connection:
        found = select(records.c.id).where(records.c.kind == "customer_redact")
        office.world.work(connection.execute(found).scalar_one())
    assert [mark for mark in placeholders if mark in office.everything()] == []
    assert sorted(body["id"] for body in office.bodies() if "id" in body) == sorted(ids)
