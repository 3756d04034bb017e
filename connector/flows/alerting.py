"""Alerts: looks at every connection once a minute, and tells its channels what came up and what is over.

A message is a row before it is sent: one that does not arrive is tried again for a day, and is sent once however many
processes look.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from connector.errors import ConfigError, ConnectorError, PermanentError
from connector.flows import alert_rules
from connector.flows.alert_conditions import standing
from connector.flows.scheduled import Job
from connector.flows.systems import Workplace
from connector.notices import posts
from connector.notices.mail import MailServer
from connector.notices.notice import Notice
from connector.store import alert_channels, alerts, connections
from connector.store.alert_channels import ChannelKind, StoredChannel
from connector.store.alerts import Owed
from connector.transport import Transport

log = structlog.get_logger(__name__)

EVERY_SECONDS = 60
_KEPT = timedelta(days=90)
# So few that all of them are sent within the lease, though each takes as long as it may.
_AT_ONCE = 10
# A process that dies while it sends leaves its messages alone for this long.
_LEASE = timedelta(minutes=10)
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
_MOST_ATTEMPTS = 26
# Any constant: whoever looks holds this lock.
_LOCK = 7_431_902_260


class Teller:
    """Sends notices to channels. `mail` is None where no mail server is set."""

    def __init__(self, mail: MailServer | None, address: str) -> None:
        self._mail = mail
        self._address = address
        self._transport: Transport = posts.transport()

    @property
    def address(self) -> str:
        """Where the console is reached."""
        return self._address

    def tell(self, channel: StoredChannel, notice: Notice, *, now: datetime) -> None:
        """Raises TransientError when it can be tried again, PermanentError and ConfigError when it cannot."""
        target = channel.target
        if channel.kind is ChannelKind.SLACK:
            posts.slack(self._transport, target["url"], notice)
        elif channel.kind is ChannelKind.WEBHOOK:
            posts.webhook(self._transport, target["url"], target["secret"], notice, now=now)
        elif self._mail is None:
            raise ConfigError("no mail server is set: CONNECTOR_SMTP_URL and CONNECTOR_MAIL_FROM")
        else:
            self._mail.send(target["to"], notice)


def look(workplace: Workplace, jobs: Sequence[Job], *, now: datetime) -> None:
    """Compares every connection with its rules. Whoever comes while another looks leaves it to him."""
    with workplace.engine.begin() as connection:
        if not connection.execute(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}).scalar_one():
            return
        for stored in connections.every(connection):
            rules = alert_rules.rules(connection, stored.id)
            found = standing(connection, stored, rules, jobs, now=now)
            alerts.keep(connection, stored.id, found, now=now)
        alerts.delete_older(connection, now - _KEPT)


def send(workplace: Workplace, teller: Teller, *, now: datetime) -> int:
    """Sends the messages that are owed now; returns how many arrived."""
    with workplace.engine.begin() as connection:
        owed = alerts.take(connection, now=now, again_in=_LEASE, limit=_AT_ONCE)
        names = {stored.id: stored.name for stored in connections.every(connection)}
    arrived = 0
    for one in owed:
        with workplace.engine.begin() as connection:
            channel = alert_channels.by_id(connection, workplace.vault, one.channel_id)
        if channel is not None:
            store = names.get(one.alert.connection_id, "a removed connection")
            arrived += _told(workplace, teller, channel, one, store, now=now)
    return arrived


def test_notice(store: str, address: str, *, now: datetime) -> Notice:
    """What the test button sends."""
    return Notice(
        id=f"test-{int(now.timestamp())}", kind="test", title=f"{store}: test of an alert",
        text="This is what an alert looks like. Nothing is wrong.", link=f"{address}/alerts", at=now,
    )  # fmt: skip


def _told(
    workplace: Workplace, teller: Teller, channel: StoredChannel, owed: Owed, store: str, *, now: datetime
) -> bool:
    try:
        teller.tell(channel, _notice(owed, store, teller.address), now=now)
    except ConnectorError as error:
        _note_failure(workplace, channel, owed, error, now)
        return False
    with workplace.engine.begin() as connection:
        alerts.sent(connection, owed, now=now)
        alert_channels.told(connection, channel.id, now=now)
    return True


def _note_failure(
    workplace: Workplace, channel: StoredChannel, owed: Owed, error: ConnectorError, now: datetime
) -> None:
    log.warning("alert_not_told", channel=channel.id, kind=owed.alert.kind, reason=error.code)
    with workplace.engine.begin() as connection:
        alert_channels.failed(connection, channel.id, str(error), now=now)
        if isinstance(error, PermanentError) or owed.attempts >= _MOST_ATTEMPTS:
            alerts.give_up(connection, owed, now=now)
        else:
            alerts.postpone(connection, owed, until=now + _WAITS[min(owed.attempts, len(_WAITS)) - 1])


def _notice(owed: Owed, store: str, address: str) -> Notice:
    alert = owed.alert
    is_over = owed.turn == "closed"
    said = alert.kind.replace("_", " ")
    return Notice(
        id=f"alert-{alert.id}-{owed.turn}",
        kind=f"{alert.kind}.{owed.turn}",
        title=f"{store}: {said}{' is over' if is_over else ''}",
        text=f"Over: {alert.said}" if is_over else alert.said,
        link=f"{address}/alerts?store={store}",
        at=alert.closed_at if is_over and alert.closed_at else alert.opened_at,
    )
