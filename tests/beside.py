"""What a shop has that no order brings: a draft of other rules, somebody who is told of alerts, a token, a proof, a job."""

from dataclasses import replace

from connector.flows import api_access, replay
from connector.flows.acting import Who
from connector.flows.reconciling import reconcile
from connector.flows.rule_changes import version_of
from connector.flows.rules_file import rules_as_toml
from connector.runtime import Runtime
from connector.store import alert_channels, rule_drafts
from connector.store.alert_channels import ChannelKind
from connector.store.api_tokens import NewToken
from connector.store.connections import StoredConnection
from connector.store.event_list import EventFilter
from connector.store.roles import Role
from tests.clock import now

_BY = Who("command line", Role.ADMIN)


def beside(runtime: Runtime, stored: StoredConnection) -> None:
    """Makes it; the job runs until a worker has done it."""
    version = version_of(runtime, stored, None)
    orders = {"orders": {**version.rules.get("orders", {}), "note": "none"}}
    text = rules_as_toml(stored.name, replace(version, rules={**version.rules, **orders}), with_defaults=False)
    with runtime.engine.begin() as connection:
        rule_drafts.keep(connection, stored.id, text, base_version=version.version, actor="ada")
        target = {"to": "warehouse@example.com"}
        alert_channels.add(connection, runtime.vault, stored.id, "warehouse team", ChannelKind.EMAIL, target)
    api_access.make(runtime.engine, NewToken("reports", role=Role.VIEWER), by=_BY, now=now())
    reconcile(runtime.open_systems(stored.id), runtime, lambda _: None)
    replay.start(
        runtime, EventFilter(connection_id=stored.id, topic="orders/create"), because="prices were wrong", actor="ada"
    )
