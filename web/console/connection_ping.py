"""/connections/<store>/ping and …/webhooks: both systems are asked while the page is made. Nothing is written to either."""

from dataclasses import dataclass
from datetime import datetime

from connector.errors import ConnectorError
from connector.flows import overview, subscriptions
from connector.flows.ping import run
from connector.flows.ping.report import CONNECTION, NETSUITE, SHOPIFY, Report
from connector.flows.subscriptions import Survey
from connector.shopify.shop import SCOPES, shop
from connector.store.roles import Role
from web.console.asking import Asked
from web.console.screens import Console
from web.console.site import Visit, environment


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One probe. `status`: ok, warning, failed or skipped; `sentences` say what to change and where."""

    name: str
    status: str
    ms: int
    finding: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """The probes of the connection itself, of Shopify or of NetSuite."""

    side: str
    of: str
    probes: tuple[ProbeRow, ...]


@dataclass(frozen=True, slots=True)
class PingPage:
    """What a ping found. `verdict`: ready, ready with warnings, not ready; `proposal`: rules as TOML, empty for none.

    `proposes_values`: false where it holds nothing but comments, what could not be found by name.
    """

    store: str
    environment: str
    at: datetime
    verdict: str
    sides: tuple[Side, ...]
    proposal: str
    proposes_values: bool
    rules_version: int
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic in the shop. `state`: ok, missing, elsewhere, fields, refused, unneeded."""

    topic: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """One scope that is needed, what for, and whether the app has it."""

    scope: str
    needed_for: str
    is_granted: bool


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """The shop's subscriptions beside the needed ones. `problem`: why the shop could not be asked."""

    store: str
    environment: str
    webhook_url: str
    topics: tuple[Topic, ...]
    scopes: tuple[ScopeRow, ...]
    problem: str | None


def connection_ping_screen(console: Console) -> None:
    """Registers both; who only looks may not make the account count a log-in."""

    @console.screen("connections_ping", "/connections/<store>/ping", Asked, PingPage, role=Role.OPERATOR)
    def ping(visit: Visit, _asked: Asked, store: str) -> PingPage:
        """Ask both systems everything the connection needs."""
        stored = visit.store(store)
        url = overview.webhook_url(stored, visit.site.address)
        report = run.ping(visit.site.runtime, stored.id, webhook_url=url, now=visit.now)
        return PingPage(
            store, environment(stored), report.at, report.verdict, _sides(report), report.proposal.toml,
            bool(report.proposal.rules), stored.rules_version, report.unread,
        )  # fmt: skip

    @console.screen("connections_webhooks", "/connections/<store>/webhooks", Asked, WebhooksPage, role=Role.OPERATOR)
    def webhooks(visit: Visit, _asked: Asked, store: str) -> WebhooksPage:
        """Ask the shop which webhooks come here, and what the app may do."""
        stored = visit.store(store)
        url = overview.webhook_url(stored, visit.site.address)
        try:
            systems = visit.site.runtime.open_unchecked(stored.id)
            survey, answered = subscriptions.survey(systems, url), shop(systems.shopify)
        except ConnectorError as error:
            return WebhooksPage(store, environment(stored), url, (), (), str(error))
        missing = answered.missing_scopes()
        scopes = tuple(ScopeRow(scope, use, scope not in missing) for scope, use in SCOPES.items())
        return WebhooksPage(store, environment(stored), url, _topics(survey), scopes, None)


def _sides(report: Report) -> tuple[Side, ...]:
    heads = {CONNECTION: report.connection, SHOPIFY: report.shop, NETSUITE: report.account}
    return tuple(
        Side(
            side,
            of,
            tuple(
                ProbeRow(probe.name, probe.status.value, probe.ms, probe.finding, probe.sentences)
                for probe in report.probes
                if probe.side == side
            ),
        )
        for side, of in heads.items()
    )


def _topics(survey: Survey) -> tuple[Topic, ...]:
    needed = (Topic(one.wanted.topic, one.state.value, one.detail) for one in survey.differences)
    unneeded = (Topic(one.topic, "unneeded", f"points to {one.uri}") for one in survey.unneeded)
    return (*needed, *unneeded)
