"""/alerts: what is watched and from when on, who is told, and what came up."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field
from sqlalchemy import Connection

from connector.errors import ConnectorError
from connector.flows import alert_rules, alerting
from connector.flows.alert_rules import AlertRule
from connector.store import alert_channels, alerts, operator_actions
from connector.store.alert_channels import ChannelKind, StoredChannel
from connector.store.alerts import StoredAlert
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import AskedList, Form
from web.console.paging import ROWS, cursor, id_of
from web.console.refusals import BadInput, NotFound
from web.console.screens import Console, Done
from web.console.site import Visit


class RuleForm(Form):
    """How a rule is to stand; a box that is not ticked is not sent."""

    enabled: bool = False
    threshold: Decimal = Field(default=Decimal(0), ge=0, le=alert_rules.MOST)


class ChannelForm(Form):
    """A new channel. `target`: an e-mail address, or the address that is posted to."""

    name: str
    kind: Literal["email", "slack", "webhook"]
    target: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule; `unit` is None where it has no threshold."""

    kind: str
    says: str
    unit: str | None
    enabled: bool
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel. `target` without what is secret in it."""

    id: int
    name: str
    kind: str
    target: str
    told_at: datetime | None
    failed_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class StoreAlerts:
    """Rules and channels of one store."""

    store: str
    rules: tuple[RuleRow, ...]
    channels: tuple[ChannelRow, ...]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert; `closed_at` is None while it stands."""

    store: str
    kind: str
    said: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """Rules and channels by store, and alerts, the newest first."""

    stores: tuple[StoreAlerts, ...]
    rows: tuple[AlertRow, ...]
    after: str | None
    mail_is_set: bool


def alerts_screen(console: Console) -> None:
    """Registers the screen and its acts."""

    @console.screen("alerts", "/alerts", AskedList, AlertsPage)
    def read(visit: Visit, asked: AskedList) -> AlertsPage:
        """What is watched, who is told, and what came up."""
        stores = [visit.store(asked.store)] if asked.store else visit.stores
        with visit.engine.begin() as database:
            found = alerts.listed(database, visit.chosen(asked.store), limit=ROWS + 1, before=id_of(asked.after))
            each = tuple(
                StoreAlerts(
                    stored.name,
                    tuple(_rule(rule) for rule in alert_rules.rules(database, stored.id)),
                    tuple(
                        _channel(one)
                        for one in alert_channels.of_connection(database, visit.site.runtime.vault, stored.id)
                    ),
                )
                for stored in stores
            )
        names = {stored.id: stored.name for stored in visit.stores}
        after = cursor([found[ROWS - 1].id]) if len(found) > ROWS else None
        rows = tuple(_alert(one, names) for one in found[:ROWS])
        return AlertsPage(each, rows, after, "CONNECTOR_SMTP_URL" in visit.site.settings)

    _register_acts(console)


def _register_acts(console: Console) -> None:
    @console.act("alerts_rule", "/alerts/<store>/rules/<kind>", RuleForm)
    def set_rule(visit: Visit, form: RuleForm, store: str, kind: str) -> Done:
        """Turn a rule on or off, and say from when on it is an alert."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            alert_rules.set_rule(database, stored.id, kind, enabled=form.enabled, threshold=form.threshold)
            _write_down(database, visit, stored, "alert rule set", kind=kind, **form.model_dump(mode="json"))
        return Done(
            f"{kind.replace('_', ' ')} of {store} is {'watched' if form.enabled else 'not watched'}.", _at(store)
        )

    @console.act("alerts_add_channel", "/alerts/<store>/channels", ChannelForm, role=Role.ADMIN)
    def add(visit: Visit, form: ChannelForm, store: str) -> Done:
        """Add somebody who is told."""
        stored, kind = visit.store(store), ChannelKind(form.kind)
        target = _target(kind, form)
        with visit.engine.begin() as database:
            if form.name in {one.name for one in _channels(database, visit, stored)}:
                raise BadInput(f"{store} has a channel {form.name} already", fields={"name": "taken"})
            alert_channels.add(database, visit.site.runtime.vault, stored.id, form.name, kind, target)
            _write_down(database, visit, stored, "alert channel added", name=form.name, kind=kind)
        signed = " Its messages are signed with this secret." if "secret" in target else ""
        return Done(f"{form.name} is told of alerts of {store} from now on.{signed}", _at(store), target.get("secret"))

    @console.act("alerts_remove_channel", "/alerts/<store>/channels/<int:number>/remove", Form, role=Role.ADMIN)
    def remove(visit: Visit, _form: Form, store: str, number: int) -> Done:
        """Take a channel away."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            channel = _the_channel(database, visit, stored, number)
            alert_channels.remove(database, channel.id)
            _write_down(database, visit, stored, "alert channel removed", name=channel.name)
        return Done(f"{channel.name} is told nothing more.", _at(store))

    @console.act("alerts_test_channel", "/alerts/<store>/channels/<int:number>/test", Form)
    def test(visit: Visit, _form: Form, store: str, number: int) -> Done:
        """Send a channel a test message now."""
        stored = visit.store(store)
        with visit.engine.begin() as database:
            channel = _the_channel(database, visit, stored, number)
        notice = alerting.test_notice(store, visit.site.address, now=visit.now)
        try:
            visit.site.teller.tell(channel, notice, now=visit.now)
        except ConnectorError as error:
            with visit.engine.begin() as database:
                alert_channels.failed(database, channel.id, str(error), now=visit.now)
                _write_down(database, visit, stored, "alert channel tested", name=channel.name, failure=str(error))
            return Done(f"The test did not reach {channel.name}: {error}.", _at(store))
        with visit.engine.begin() as database:
            alert_channels.told(database, channel.id, now=visit.now)
            _write_down(database, visit, stored, "alert channel tested", name=channel.name)
        return Done(f"{channel.name} took the test message.", _at(store))


def _target(kind: ChannelKind, form: ChannelForm) -> dict[str, str]:
    """What is sealed. Raises BadInput for an address that nothing can be sent to."""
    if kind is ChannelKind.EMAIL:
        if "@" not in form.target.strip("@") or any(one.isspace() for one in form.target):
            raise BadInput(f"{form.target} is no e-mail address", fields={"target": "e-mail address"})
        return {"to": form.target}
    try:
        parts = urlsplit(form.target)
    except ValueError as error:
        raise BadInput(f"{form.target} is no address", fields={"target": "address"}) from error
    is_own = parts.hostname in ("127.0.0.1", "localhost")
    if not parts.hostname or parts.scheme not in (("http", "https") if is_own else ("https",)):
        raise BadInput("the address must begin with https://", fields={"target": "address"})
    secret = {"secret": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"}
    return {"url": form.target} | (secret if kind is ChannelKind.WEBHOOK else {})


def _channels(database: Connection, visit: Visit, stored: StoredConnection) -> list[StoredChannel]:
    return alert_channels.of_connection(database, visit.site.runtime.vault, stored.id)


def _the_channel(database: Connection, visit: Visit, stored: StoredConnection, number: int) -> StoredChannel:
    for channel in _channels(database, visit, stored):
        if channel.id == number:
            return channel
    raise NotFound(f"{stored.name} has no such channel")


def _write_down(database: Connection, visit: Visit, stored: StoredConnection, action: str, **details: object) -> None:
    operator_actions.write_down(database, stored.id, actor=visit.who.name, action=action, details=details)


def _at(store: str) -> str:
    return f"/alerts?store={store}"


def _rule(rule: AlertRule) -> RuleRow:
    return RuleRow(rule.kind, rule.says, rule.unit, rule.enabled, rule.threshold)


def _channel(channel: StoredChannel) -> ChannelRow:
    target = channel.target.get("to") or urlsplit(channel.target["url"]).hostname or ""
    return ChannelRow(
        channel.id, channel.name, channel.kind, target, channel.told_at, channel.failed_at, channel.failure
    )


def _alert(alert: StoredAlert, names: dict[int, str]) -> AlertRow:
    return AlertRow(names[alert.connection_id], alert.kind, alert.said, alert.opened_at, alert.closed_at)
