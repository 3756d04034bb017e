"""What a person does to a connection: pause it, let it go on, test its address, approve its pair, remove it."""

from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows import install, operating, overview, subscriptions
from connector.flows.guard import Pair
from connector.flows.install import Site
from connector.flows.webhook_test import send_test
from connector.store import operator_actions
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from connector.transport import Transport
from web.console.asking import Asked, Because, Form
from web.console.refusals import BadInput, Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment


class PairForm(Because):
    """The pair that was shown, and why it is the right one."""

    shop: str
    shop_id: int
    account: str


class RemoveForm(Because):
    """The name of the connection, typed."""

    typed: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One member of the pair: as it was approved, and as it answers now."""

    member: str
    approved: str | None
    answers: str


@dataclass(frozen=True, slots=True)
class ApprovePage:
    """Who answers on both sides. `problem`: why nobody could be asked; then there is no pair."""

    store: str
    environment: str
    shop: str
    shop_id: int | None
    account: str
    rows: tuple[PairRow, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class RemovePage:
    """What is about to be removed."""

    store: str
    environment: str
    shop: str
    netsuite_account: str


def connection_acts_screen(console: Console) -> None:
    """Registers the acts, and the pages on which the two of them that weigh are asked for."""
    _register_work(console)
    _register_webhooks(console)
    _register_install(console)
    _register_approval(console)
    _register_removal(console)


def _at(store: str) -> str:
    return f"/connections/{store}"


def _register_work(console: Console) -> None:
    @console.act("connections_pause", "/connections/<store>/pause", Because, again="connections_one", reach=Reach.MANY)
    def pause(visit: Visit, form: Because, store: str) -> Done:
        """Stop all work on a connection; webhooks are still kept."""
        stored, because = visit.store(store), form.why
        with visit.engine.begin() as database:
            operating.pause(database, stored, because=because, actor=visit.who.name)
        return Done(f"{store} is paused. Webhooks are still kept, and worked on when it goes on.", _at(store))

    @console.act(
        "connections_resume", "/connections/<store>/resume", Because, asks_password=True, again="connections_one",
        reach=Reach.MONEY,
    )  # fmt: skip
    def resume(visit: Visit, form: Because, store: str) -> Done:
        """Let work on a connection go on."""
        stored, because = visit.store(store), form.why
        if stored.enabled:
            return Done(f"{store} was not paused.", _at(store))
        with visit.engine.begin() as database:
            operating.resume(database, stored, actor=visit.who.name, because=because)
        return Done(f"{store} goes on; what has gathered is begun within seconds.", _at(store))


def _register_webhooks(console: Console) -> None:
    @console.act("connections_test_webhook", "/connections/<store>/webhook-test", Form)
    def test(visit: Visit, _form: Form, store: str) -> Done:
        """Send a signed test delivery to the webhook URL."""
        stored = visit.store(store)
        url = overview.webhook_url(stored, visit.site.address)
        try:
            delivery = send_test(visit.site.runtime, stored, url, now=visit.now)
        except ConnectorError as error:
            _tested(visit, stored, {"failure": str(error)})
            return Done(f"The test did not arrive: {error}. Shopify would not get through either.", _at(store))
        _tested(visit, stored, {"delivery": delivery})
        return Done("The test went out over the webhook URL, was signed, and was kept: the way in is open.", _at(store))

    @console.act("connections_sync_webhooks", "/connections/<store>/webhooks", Form, role=Role.ADMIN)
    def sync(visit: Visit, _form: Form, store: str) -> Done:
        """Make the subscriptions that are missing in the shop, and mend those that differ."""
        stored = visit.store(store)
        systems = visit.site.runtime.open_unchecked(stored.id)
        url = overview.webhook_url(stored, visit.site.address)
        done = subscriptions.sync(systems, visit.engine, url)
        wrong = [f"{one.wanted.topic} ({one.detail or one.state})" for one in done if one.state != "ok"]
        with visit.engine.begin() as database:
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="webhooks synced",
                details={"mended": sum(one.is_mended for one in done), "wrong": len(wrong)},
            )  # fmt: skip
        said = f"{len(done) - len(wrong)} of {len(done)} topics come here"
        return Done(f"{said}; not in order: {', '.join(wrong)}." if wrong else f"{said}.", f"{_at(store)}/webhooks")


def _tested(visit: Visit, stored: StoredConnection, details: dict[str, str]) -> None:
    with visit.engine.begin() as database:
        operator_actions.write_down(
            database, stored.id, actor=visit.who.name, action="webhook test sent", details=details
        )


def _register_install(console: Console) -> None:
    @console.act("connections_install", "/connections/<store>/install", Form, role=Role.ADMIN)
    def offer(visit: Visit, _form: Form, store: str) -> Done:
        """Make a link that installs the app in the shop, good once and for 15 minutes, and open it."""
        stored, runtime = visit.store(store), visit.site.runtime
        transport = Transport("shopify")
        try:
            site = Site(runtime.engine, runtime.vault, transport, visit.site.address)
            made = install.offer(site, stored.name, per_user=False, now=visit.now, actor=visit.who.name)
        finally:
            transport.close()
        return Done("The link to install the app is good once, for 15 minutes.", made.link)


def _register_approval(console: Console) -> None:
    @console.screen("connections_approve", "/connections/<store>/approve", Asked, ApprovePage, role=Role.ADMIN)
    def ask(visit: Visit, _asked: Asked, store: str) -> ApprovePage:
        """Who answers on both sides now, beside who was approved."""
        stored = visit.store(store)
        place = environment(stored)
        try:
            pair = operating.answering_pair(visit.site.runtime, stored)
        except ConnectorError as error:
            return ApprovePage(store, place, stored.shop, None, stored.netsuite_account, (), str(error))
        before = stored.approved or {}
        rows = tuple(
            PairRow(name, _word(before.get(name)), _word(value) or "") for name, value in pair.to_json().items()
        )
        return ApprovePage(store, place, pair.shop, pair.shop_id, pair.account, rows, None)

    @console.act(
        "connections_approve_pair", "/connections/<store>/approve", PairForm, role=Role.ADMIN, asks_password=True,
        reach=Reach.MONEY,
    )  # fmt: skip
    def approve(visit: Visit, form: PairForm, store: str) -> Done:
        """Write to the pair of shop and account that answers now."""
        stored, because = visit.store(store), form.why
        pair = operating.answering_pair(visit.site.runtime, stored)
        if not _is(pair, form):
            raise Stale("another shop or account answers than the page showed; look at it again")
        is_lifted = operating.approve(visit.site.runtime, stored, pair, actor=visit.who.name, now=visit.now)
        with visit.engine.begin() as database:
            operator_actions.write_down(
                database, stored.id, actor=visit.who.name, action="pair approved because", details={"because": because}
            )
        return Done(
            f"{store} writes to {pair.shop} and {pair.account}{'; it is halted no more' if is_lifted else ''}.",
            _at(store),
        )


def _is(pair: Pair, form: PairForm) -> bool:
    return (pair.shop, pair.shop_id, pair.account) == (form.shop, form.shop_id, form.account)


def _word(value: object) -> str | None:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else None if value is None else str(value)


def _register_removal(console: Console) -> None:
    @console.screen("connections_remove", "/connections/<store>/remove", Asked, RemovePage, role=Role.ADMIN)
    def ask(visit: Visit, _asked: Asked, store: str) -> RemovePage:
        """What ends with a connection."""
        stored = visit.store(store)
        return RemovePage(store, environment(stored), stored.shop, stored.netsuite_account)

    @console.act(
        "connections_remove_now", "/connections/<store>/remove", RemoveForm, role=Role.ADMIN,
        asks_password=True, again="connections_remove", reach=Reach.MONEY,
    )  # fmt: skip
    def remove(visit: Visit, form: RemoveForm, store: str) -> Done:
        """End a connection: its secrets are destroyed, its webhook URL answers 404, its history stays."""
        stored, because = visit.store(store), form.why
        if form.typed != store:
            raise BadInput(f"type {store}", fields={"typed": f"type {store}; nothing was changed"})
        with visit.engine.begin() as database:
            operating.remove(database, stored, actor=visit.who.name, because=because)
        return Done(
            f"{store} is removed; delete its webhooks in {stored.shop}, which are answered 404 now.", "/connections"
        )
