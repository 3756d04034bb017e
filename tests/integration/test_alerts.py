"""Alerts: what comes up is opened once, told once to each channel, and closed when it is over."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from connector.flows import alert_rules, alerting
from connector.flows.alerting import Teller
from connector.flows.jobs import JOBS
from connector.netsuite.keygen import KeyKind, key_pair
from connector.notices.mail import MailServer
from connector.store import alert_channels, alerts, connections
from connector.store.alert_channels import ChannelKind, StoredChannel
from connector.store.alerts import StoredAlert
from connector.store.tables import events, records
from tests.clock import later, now
from tests.payloads import rest_order
from tests.telling import Receiver, mailing, receiving
from tests.world import World

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
NOBODY = Teller(None, "https://hooks.example.com")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where webhooks arrive."""
    with receiving() as opened:
        yield opened


@pytest.fixture
def quiet(world: World) -> World:
    """The world with no rule watched."""
    with world.engine.begin() as connection:
        for rule in alert_rules.rules(connection, world.connection.id):
            alert_rules.set_rule(connection, world.connection.id, rule.kind, enabled=False, threshold=rule.threshold)
    return world


def test_an_order_that_waits_too_long_opens_one_alert_and_closes_it(quiet: World, receiver: Receiver) -> None:
    watch(quiet, "oldest_order", 30)
    add(quiet, "team", ChannelKind.WEBHOOK, url=receiver.url, secret=SECRET)
    record = quiet.sell(rest_order())
    look(quiet, now())
    assert listed(quiet) == []
    late = later(timedelta(minutes=31))
    look(quiet, late)
    look(quiet, late)
    (alert,) = listed(quiet)
    assert (alert.kind, alert.said) == ("oldest_order", "order 5001 has waited 31 minutes; look whether workers run")
    assert told(quiet, late) == 1
    assert told(quiet, late) == 0
    quiet.work(record)
    look(quiet, late)
    assert told(quiet, late) == 1
    assert [json.loads(post.body)["type"] for post in receiver.posts] == [
        "alert.oldest_order.opened",
        "alert.oldest_order.closed",
    ]
    (alert,) = listed(quiet)
    assert alert.closed_at == late


def test_a_webhook_is_signed_as_the_standard_says(quiet: World, receiver: Receiver) -> None:
    add(quiet, "team", ChannelKind.WEBHOOK, url=receiver.url, secret=SECRET)
    opened_alert(quiet)
    assert told(quiet, now()) == 1
    (post,) = receiver.posts
    signed = f"{post.headers['Webhook-Id']}.{post.headers['Webhook-Timestamp']}.".encode() + post.body
    expected = base64.b64encode(hmac.new(b"s" * 32, signed, hashlib.sha256).digest()).decode()
    assert post.headers["Webhook-Signature"] == f"v1,{expected}"


def test_slack_is_told_in_its_own_words(quiet: World, receiver: Receiver) -> None:
    add(quiet, "channel", ChannelKind.SLACK, url=receiver.url)
    opened_alert(quiet)
    assert told(quiet, now()) == 1
    said = json.loads(receiver.posts[0].body)["text"]
    assert said.startswith("*us-store: halted*\nnothing is written: the shop said no")
    assert "https://hooks.example.com/alerts?store=us-store" in said


def test_a_message_that_does_not_arrive_is_tried_again_and_arrives_once(quiet: World, receiver: Receiver) -> None:
    add(quiet, "team", ChannelKind.WEBHOOK, url=receiver.url, secret=SECRET)
    opened_alert(quiet)
    receiver.answers = [503]
    start = now()
    assert told(quiet, start) == 0
    assert channel(quiet).failure == "the receiver answered 503"
    assert told(quiet, start) == 0
    assert told(quiet, start + timedelta(minutes=2)) == 1
    assert channel(quiet).failure is None
    assert len({post.headers["Webhook-Id"] for post in receiver.posts}) == 1


def test_a_message_that_is_refused_is_given_up(quiet: World, receiver: Receiver) -> None:
    add(quiet, "team", ChannelKind.WEBHOOK, url=receiver.url, secret=SECRET)
    opened_alert(quiet)
    receiver.answers = [410]
    assert told(quiet, now()) == 0
    assert told(quiet, later(timedelta(days=1))) == 0
    assert len(receiver.posts) == 1


def test_a_process_that_dies_while_it_sends_leaves_the_message_to_the_next(quiet: World, receiver: Receiver) -> None:
    add(quiet, "team", ChannelKind.WEBHOOK, url=receiver.url, secret=SECRET)
    opened_alert(quiet)
    start = now()
    with quiet.engine.begin() as connection:
        taken = alerts.take(connection, now=start, again_in=timedelta(minutes=5), limit=50)
    assert len(taken) == 1
    assert told(quiet, start + timedelta(minutes=1)) == 0
    assert told(quiet, start + timedelta(minutes=6)) == 1


def test_an_alert_arrives_by_mail(quiet: World) -> None:
    add(quiet, "mail", ChannelKind.EMAIL, to="ops@example.com")
    opened_alert(quiet)
    with mailing() as (url, post):
        assert (
            alerting.send(quiet.runtime, Teller(MailServer(url, "connector@example.com"), "https://c"), now=now()) == 1
        )
    (message,) = post.messages
    assert (message["To"], message["Subject"]) == ("ops@example.com", "us-store: halted")


def test_a_mail_server_whose_certificate_nobody_vouches_for_is_told_nothing(quiet: World, tmp_path: Path) -> None:
    add(quiet, "mail", ChannelKind.EMAIL, to="ops@example.com")
    opened_alert(quiet)
    pair = key_pair(KeyKind.EC, "127.0.0.1", now=now())
    file = tmp_path / "server.pem"
    file.write_text(pair.private_key + pair.certificate)
    with mailing(file) as (url, post):
        assert (
            alerting.send(quiet.runtime, Teller(MailServer(url, "connector@example.com"), "https://c"), now=now()) == 0
        )
    assert post.messages == []
    assert channel(quiet).failure == "the mail server was not reached: SSLCertVerificationError"


def test_a_mail_server_that_refuses_is_not_asked_again(quiet: World) -> None:
    add(quiet, "mail", ChannelKind.EMAIL, to="nobody@example.com")
    opened_alert(quiet)
    with mailing() as (url, post):
        post.refuses = "nobody@example.com"
        teller = Teller(MailServer(url, "connector@example.com"), "https://c")
        assert alerting.send(quiet.runtime, teller, now=now()) == 0
        assert alerting.send(quiet.runtime, teller, now=later(timedelta(days=1))) == 0
    assert channel(quiet).failure == "the mail server refused it: SMTPRecipientsRefused"


def test_without_a_mail_server_the_channel_says_what_to_set(quiet: World) -> None:
    add(quiet, "mail", ChannelKind.EMAIL, to="ops@example.com")
    opened_alert(quiet)
    assert alerting.send(quiet.runtime, NOBODY, now=now()) == 0
    assert "CONNECTOR_SMTP_URL" in (channel(quiet).failure or "")


def test_a_rate_counts_only_orders_of_the_last_hour_and_five_at_least(quiet: World) -> None:
    watch(quiet, "problem_rate", 20)
    for number in range(5001, 5005):
        quiet.work(quiet.sell(rest_order(number, sku="GHOST")))
    look(quiet, now())
    assert listed(quiet) == []
    quiet.work(quiet.sell(rest_order(5005)))
    look(quiet, now())
    assert [alert.said for alert in listed(quiet)] == ["4 of the last hour's 5 orders are held or parked; see Problems"]
    with quiet.engine.begin() as connection:
        connection.execute(update(records).values(created_at=now() - timedelta(hours=2)))
    look(quiet, now())
    assert listed(quiet)[0].closed_at is not None


def test_a_shop_that_falls_silent_is_noticed(quiet: World) -> None:
    watch(quiet, "webhook_silence", 24)
    look(quiet, later(timedelta(hours=23)))
    assert listed(quiet) == []
    look(quiet, later(timedelta(hours=25)))
    assert [alert.kind for alert in listed(quiet)] == ["webhook_silence"]
    with quiet.engine.begin() as connection:
        connection.execute(
            events.insert().values(
                connection_id=quiet.connection.id, source="webhook", topic="orders/create", delivery_id="d1", headers={},
                body=b"", body_sha256=b"", received_at=later(timedelta(hours=24)),
            )
        )  # fmt: skip
    look(quiet, later(timedelta(hours=25)))
    assert listed(quiet)[0].closed_at is not None


def test_a_certificate_that_ends_is_told_in_time(quiet: World) -> None:
    watch(quiet, "credential_end", 30)
    with quiet.engine.begin() as connection:
        connection.execute(
            text("update credentials set certificate_ends_at = now() + interval '31 days' where side = 'netsuite'")
        )
    look(quiet, now())
    assert listed(quiet) == []
    look(quiet, later(timedelta(days=2)))
    (alert,) = listed(quiet)
    assert (alert.subject, "keygen" in alert.said) == ("netsuite certificate", True)


@pytest.mark.parametrize(("counts", "comes_up"), [({"different": 3}, True), ({"different": 0}, False)])
def test_stock_that_differs_is_told(quiet: World, counts: dict[str, int], comes_up: bool) -> None:
    watch(quiet, "stock_drift", 0)
    ran(quiet, "inventory.drift", "done", counts=counts)
    look(quiet, now())
    assert [alert.kind for alert in listed(quiet)] == (["stock_drift"] if comes_up else [])


def test_a_schedule_that_fails_is_told_with_its_reason(quiet: World) -> None:
    watch(quiet, "schedule_late", 10_000)
    ran(quiet, "orders.poll", "failed", reason="SuiteQL refuses the column foo")
    look(quiet, now())
    assert [alert.said for alert in listed(quiet)] == ["orders.poll fails: SuiteQL refuses the column foo"]


def test_a_paused_connection_raises_nothing_but_what_ends(quiet: World) -> None:
    watch(quiet, "oldest_order", 30)
    quiet.sell(rest_order())
    with quiet.engine.begin() as connection:
        connections.pause(connection, quiet.connection.id, because="stocktaking")
    look(quiet, later(timedelta(hours=2)))
    assert listed(quiet) == []


def watch(world: World, kind: str, threshold: int) -> None:
    with world.engine.begin() as connection:
        alert_rules.set_rule(connection, world.connection.id, kind, enabled=True, threshold=Decimal(threshold))


def add(world: World, name: str, kind: ChannelKind, **target: str) -> None:
    with world.engine.begin() as connection:
        alert_channels.add(connection, world.runtime.vault, world.connection.id, name, kind, target)


def channel(world: World) -> StoredChannel:
    with world.engine.begin() as connection:
        return alert_channels.of_connection(connection, world.runtime.vault, world.connection.id)[0]


def opened_alert(world: World) -> None:
    watch(world, "halted", 0)
    with world.engine.begin() as connection:
        connection.execute(text("update connections set halt_code = 'unauthorized', halt_reason = 'the shop said no'"))
    look(world, now())


def ran(world: World, name: str, outcome: str, *, reason: str | None = None, counts: Any = None) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "insert into scheduled_runs (connection_id, name, started_at, lease_until, finished_at, outcome, reason, counts) "
                "values (:connection_id, :name, now(), now(), now(), :outcome, :reason, cast(:counts as jsonb))"
            ),
            {
                "connection_id": world.connection.id, "name": name, "outcome": outcome, "reason": reason,
                "counts": json.dumps(counts or {}),
            },
        )  # fmt: skip


def look(world: World, at: datetime) -> None:
    alerting.look(world.runtime, JOBS, now=at)


def told(world: World, at: datetime) -> int:
    return alerting.send(world.runtime, NOBODY, now=at)


def listed(world: World) -> list[StoredAlert]:
    with world.engine.begin() as connection:
        return alerts.listed(connection, [world.connection.id], limit=50)
