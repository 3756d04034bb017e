"""Installs the app in a shop: a link for one person, a browser that begins, Shopify's signed answer, a stored token.

Shopify's code is good once. So the rows of the attempt and of the credential stay locked from before the code is
exchanged until its token is stored: nobody exchanges or renews beside it, and the state is used with the token or not
at all. A process that dies in between leaves the state unused and the code spent; the same link then begins again.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from connector.errors import ConfigError, InvalidAnswer, Unauthorized
from connector.flows import install_checks as checks
from connector.flows.install_checks import LINK_LIFE, NEW_LINK, STATE_LIFE, Over
from connector.flows.privacy import UNINSTALLED
from connector.shopify.authorization import authorize_url, per_user
from connector.shopify.grants import App, Grants
from connector.shopify.shop import SCOPES, missing_scopes
from connector.store import connections, credentials, installs, operator_actions
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE, NewCredential, StoredCredential
from connector.store.installs import Install
from connector.tokens import Token
from connector.transport import Transport
from connector.vault import Vault

log = structlog.get_logger(__name__)

INSTALL_PATH = "/auth/shopify/install"
CALLBACK_PATH = "/auth/shopify/callback"


@dataclass(frozen=True, slots=True)
class Site:
    """Where installs happen. `public_url` is how browsers and Shopify reach us; `engine` has transactions."""

    engine: Engine
    vault: Vault
    transport: Transport
    public_url: str

    @property
    def redirect_url(self) -> str:
        """Where Shopify sends a merchant back to; the app must allow it."""
        return self.public_url + CALLBACK_PATH


@dataclass(frozen=True, slots=True)
class Offer:
    """A new link. `notes`: what else to set before it is opened."""

    connection: StoredConnection
    link: str = field(repr=False)
    per_user: bool
    ends_at: datetime
    redirect_url: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link leads to."""

    connection: StoredConnection
    per_user: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it. `missing`: scopes that are needed and were not granted."""

    connection: StoredConnection
    per_user: bool
    missing: tuple[str, ...]
    session_ends_at: datetime | None


def offer(site: Site, name: str, *, per_user: bool, now: datetime, actor: str = "operator") -> Offer:
    """Makes a link that installs the app of a connection once. Raises ConfigError naming what is missing for it."""
    with site.engine.begin() as connection:
        stored = connections.by_name(connection, name)
        if stored is None:
            raise ConfigError(f"there is no connection named {name}; see `ml-connector connection list`")
        shopify = _present(credentials.read(connection, site.vault, stored.id, SHOPIFY))
        _must_have_use(stored, shopify, per_user=per_user)
        app = _app(stored, shopify)
        _must_be_reachable(site, stored)
        link = secrets.token_urlsafe(32)
        installs.offer(connection, stored.id, link, per_user=per_user, ends_at=now + LINK_LIFE)
        operator_actions.write_down(
            connection, stored.id, actor=actor, action="install offered", details={"per_user": per_user}
        )
    notes = () if app.client_secret in shopify.secrets["webhook_secrets"] else (_UNKNOWN_SIGNATURE,)
    address = f"{site.public_url}{INSTALL_PATH}?link={link}"
    return Offer(stored, address, per_user, now + LINK_LIFE, site.redirect_url, notes)


def invitation(site: Site, link: str, browser: str | None, *, now: datetime) -> Invitation:
    """What a link leads to; nothing is changed by looking. Raises InstallRefused."""
    with site.engine.begin() as connection:
        install = checks.offered(connection, link, browser, now)
        stored = connections.by_id(connection, install.connection_id)
        _present(credentials.read(connection, site.vault, stored.id, SHOPIFY))
    return Invitation(stored, install.per_user, install.ends_at)


def begin(site: Site, link: str, browser: str, *, now: datetime) -> str:
    """Binds a link to a browser; where it must go now. Raises InstallRefused.

    The same browser may begin again until the token is stored: a button is pressed twice, a log-in is given up.
    """
    state = secrets.token_urlsafe(32)
    with site.engine.begin() as connection:
        install = checks.offered(connection, link, browser, now)
        stored = connections.by_id(connection, install.connection_id)
        app = _app(stored, _present(credentials.read(connection, site.vault, stored.id, SHOPIFY)))
        _must_be_reachable(site, stored)
        installs.begin(connection, install.id, state=state, browser=browser, ends_at=now + STATE_LIFE)
    log.info("install_begun", connection_id=stored.id, install_id=install.id)
    url = authorize_url(
        stored.shopify_api_url,
        client_id=app.client_id,
        scopes=tuple(SCOPES),
        redirect_uri=site.redirect_url,
        state=state,
    )
    return per_user(url) if install.per_user else url


def finish(site: Site, query: bytes, browser: str | None, *, now: datetime) -> Installed:
    """Checks Shopify's answer, exchanges its code, stores the token. Raises InstallRefused, TransientError."""
    answer = checks.answer_of(query)
    with site.engine.begin() as connection:
        install = checks.begun(connection, answer, browser, now)
        stored = connections.by_id(connection, install.connection_id)
        checks.must_be_the_shop(answer, stored)
        shopify = _present(credentials.read_locked(connection, site.vault, stored.id, SHOPIFY))
        app = _app(stored, shopify)
        checks.must_be_signed(answer, app, stored, now)
        token = _exchanged(Grants(site.transport, app, url=stored.shopify_api_url), answer.code, install, stored)
        _keep(connection, site.vault, install, shopify, token)
        installs.use(connection, install.id, now=now)
        missing = tuple(missing_scopes(frozenset(token.scopes)))
        _let_go_on(connection, stored, install, missing)
        stored = connections.by_id(connection, stored.id)
    log.info("app_installed", connection_id=stored.id, install_id=install.id, per_user=install.per_user)
    return Installed(stored, install.per_user, missing, token.ends_at if install.per_user else None)


def _exchanged(grants: Grants, code: str, install: Install, stored: StoredConnection) -> Token:
    """The token for a code, of the kind that was asked for."""
    try:
        token = grants.online_from_code(code) if install.per_user else grants.offline_from_code(code)
    except Unauthorized as error:
        raise Over(
            f"{error}. Nothing was stored. Open the install link again, or {NEW_LINK} {stored.name}. Do it soon: if "
            f"Shopify gave a token that did not reach us, the one that {stored.name} used before may have ended by it."
        ) from error
    is_session = token.ends_at is not None and not token.refresh_tokens
    if is_session != install.per_user:
        raise InvalidAnswer(
            f"Shopify gave a token of the other kind than was asked for (one person's session: {is_session}); nothing "
            f"was stored; {NEW_LINK} {stored.name}"
        )
    return token


def _keep(connection: Connection, vault: Vault, install: Install, shopify: StoredCredential, token: Token) -> None:
    """Stores the token. A session stands beside what there was, and work falls back to that when it ends."""
    given = {name: value for name, value in shopify.secrets.items() if name != "user"}
    if not install.per_user:
        credentials.put(connection, vault, shopify.connection_id, SHOPIFY, NewCredential("offline", given, token))
        credentials.forget(connection, shopify.connection_id, side=SHOPIFY_ONLINE)
        return
    credentials.put(connection, vault, shopify.connection_id, SHOPIFY_ONLINE, NewCredential("online", {}, token))
    falls_back = shopify.auth in ("static", "client_credentials") or (shopify.token and shopify.token.refresh_tokens)
    if not falls_back:
        # From now on it is a person who has to sign in again; what is missing is said with that in mind.
        user = {"user": token.user} if token.user else {}
        credentials.keep_secrets(connection, vault, shopify, NewCredential("online", given | user))


def _let_go_on(connection: Connection, stored: StoredConnection, install: Install, missing: tuple[str, ...]) -> None:
    """Tells every process, ends a pause that an uninstalled app had caused, writes the act down.

    Whether the shop that answers to this token is the connection's is asked by the guard: `touch` makes it look before
    anything is written, and a probe may look at once where the connection is halted.
    """
    connections.touch(connection, stored.id)
    if not stored.enabled and stored.paused_because == UNINSTALLED:
        connections.resume(connection, stored.id)
    details = {"install": install.id, "per_user": install.per_user, "missing_scopes": list(missing)}
    operator_actions.write_down(connection, stored.id, actor="merchant", action="app installed", details=details)


def _present(shopify: StoredCredential | None) -> StoredCredential:
    if shopify is None:
        raise Over("The connection that this link was made for is gone; add its file again and make a new link.")
    return shopify


def _app(stored: StoredConnection, shopify: StoredCredential) -> App:
    missing = [f"shopify.{name}" for name in ("client_id", "client_secret") if not shopify.secrets.get(name)]
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} of {stored.name} missing: copy them from the app in Shopify's Dev Dashboard into "
            "the connection's file, then `ml-connector connection add FILE`"
        )
    return App(shopify.secrets["client_id"], shopify.secrets["client_secret"])


def _must_have_use(stored: StoredConnection, shopify: StoredCredential, *, per_user: bool) -> None:
    if shopify.auth == "client_credentials" and not per_user:
        raise ConfigError(
            f'{stored.name} has shopify.auth = "client_credentials", which gets its tokens by itself; to install the app '
            'by a link instead, set shopify.auth = "offline" in its file and add it again'
        )


def _must_be_reachable(site: Site, stored: StoredConnection) -> None:
    """A shop over http is a sandbox on this machine."""
    if stored.shopify_api_url.startswith("https://") and not site.public_url.startswith("https://"):
        raise ConfigError(
            f"Shopify sends a merchant back to https:// only, not to {site.public_url}; set CONNECTOR_PUBLIC_URL to the "
            "https:// address of the web process"
        )


_UNKNOWN_SIGNATURE = (
    "the app's client_secret is not among shopify.webhook_secrets; webhooks that the app makes are signed with it, so add "
    "it there too"
)
