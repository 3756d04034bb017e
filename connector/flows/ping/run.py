"""One ping of one connection: all probes of both sides, the verdict, and what the rules could be."""

from datetime import datetime

from connector.flows import endings, guard
from connector.flows.ping import features
from connector.flows.ping.examination import Examination, Found, Key
from connector.flows.ping.netsuite import ACCOUNT, NetSuiteProbes
from connector.flows.ping.proposals import Seen, proposal
from connector.flows.ping.report import CONNECTION, Proposal, Report
from connector.flows.ping.shopify import IDENTITY, ShopifyProbes
from connector.flows.systems import Systems, Workplace
from connector.store import connections
from connector.store.connections import StoredConnection

CREDENTIALS: Key = (CONNECTION, "credentials")


def ping(workplace: Workplace, connection_id: int, *, webhook_url: str, now: datetime) -> Report:
    """Asks both systems everything the connection needs and changes nothing in either.

    Works while it is paused, halted or was never checked. `webhook_url` is where its webhooks should go.
    """
    with workplace.engine.begin() as database:
        stored = connections.by_id(database, connection_id)
    asked = _Ping(workplace, stored, webhook_url, now)
    return asked.report()


class _Ping:
    """What the probes of one ping share."""

    def __init__(self, workplace: Workplace, stored: StoredConnection, webhook_url: str, now: datetime) -> None:
        self._workplace = workplace
        self._stored = stored
        self._now = now
        self._opened: Systems | None = None
        self._examination = Examination()
        self._shopify = ShopifyProbes(self._examination, workplace, self._systems, webhook_url)
        self._netsuite = NetSuiteProbes(self._examination, workplace, self._systems)

    def report(self) -> Report:
        """All probes, in order."""
        look, stored = self._examination.look, self._stored
        look((CONNECTION, "state"), self._state)
        look(CREDENTIALS, self._credentials)
        self._shopify.run(needs=CREDENTIALS)
        self._netsuite.run(needs=CREDENTIALS)
        needs = (IDENTITY, ACCOUNT)
        look((CONNECTION, "environment"), self._environment, needs=needs)
        proposed, unread = self._proposal()
        return Report(
            stored.name, stored.shop, stored.netsuite_account, self._now,
            tuple(self._examination.probes), proposed, unread,
        )  # fmt: skip

    def _systems(self) -> Systems:
        if self._opened is None:
            self._opened = self._workplace.open_unchecked(self._stored.id)
        return self._opened

    def _state(self) -> Found:
        stored = self._stored
        warnings = []
        if not stored.enabled:
            warnings.append(
                f"{stored.name} is paused ({stored.paused_because or 'no reason given'}): nothing is written; to go on: "
                f"ml-connector connection resume {stored.name}"
            )
        if stored.halt_code is not None:
            warnings.append(
                f"{stored.name} is halted: {stored.halt_reason}; it goes on by itself once a probe of the workers "
                "succeeds, which they make from time to time"
            )
        states = [word for word, holds in (("paused", not stored.enabled), ("halted", bool(stored.halt_code))) if holds]
        return Found(" and ".join(states) or "working", warnings=tuple(warnings))

    def _credentials(self) -> Found:
        self._systems()
        with self._workplace.engine.begin() as database:
            near = endings.endings(database, self._workplace.vault, self._stored, now=self._now)
        if not near:
            return Found("open; nothing ends soon")
        warnings = [
            f"{_side(ending.side)}'s {ending.what} {'ended' if ending.ends_at <= self._now else 'ends'} on "
            f"{ending.ends_at:%Y-%m-%d %H:%M} UTC: {ending.advice}"
            for ending in near
        ]
        first = near[0]
        verb = "ended" if first.ends_at <= self._now else "ends"
        return Found(f"{_side(first.side)}'s {first.what} {verb} {first.ends_at:%Y-%m-%d}", warnings=tuple(warnings))

    def _environment(self) -> Found:
        systems, answered = self._systems(), self._shopify.answered
        if answered is None:
            raise LookupError("the shop did not answer")
        pair = guard.judged(systems, self._workplace.engine, answered)
        kinds = {True: "production", False: "test"}
        both = f"{kinds[pair.shop_is_production]} shop, {kinds[pair.account_is_production]} account"
        return Found(f"approved: {both}" if self._stored.approved else f"{both}; approved at the first use")

    def _proposal(self) -> tuple[Proposal, tuple[str, ...]]:
        if self._opened is None:
            return Proposal(), ("Shopify", "NetSuite")
        is_our_shop = self._examination.is_met(IDENTITY)
        is_our_account = self._examination.is_met(ACCOUNT)
        seen = Seen(
            shop=self._shopify.answered if is_our_shop else None,
            locations=self._shopify.locations if is_our_shop else None,
            used=self._shopify.used if is_our_shop else None,
            sights=self._netsuite.sights if is_our_account else {},
            has_subsidiaries=self._netsuite.features.get(features.ONE_WORLD) is not False,
        )
        unread = self._shopify.unread() if is_our_shop else ["Shopify"]
        unread += self._netsuite.unread() if is_our_account else ["NetSuite"]
        return proposal(seen, self._opened.rules, name=self._stored.name), tuple(unread)


def _side(side: str) -> str:
    return {"shopify": "Shopify", "netsuite": "NetSuite"}[side]
