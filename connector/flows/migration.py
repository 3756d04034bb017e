"""Exchanges a classic token, which never ends, for an expiring one and its refresh token. There is no way back.

Shopify revokes the classic token by it. An answer that is lost can so leave us with neither; which of the two works is
then asked of the shop, and said.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from redis import Redis
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import (
    ConfigError,
    ConnectorError,
    OutcomeUnknown,
    Rejected,
    TransientError,
    Unauthorized,
    Unavailable,
    WrongEnvironment,
)
from connector.flows.install import Site
from connector.limits import Points
from connector.shopify.auth import AccessTokenHeader, OneToken
from connector.shopify.client import ShopifyClient
from connector.shopify.grants import App, Grants
from connector.shopify.shop import missing_scopes, shop
from connector.store import connections, credentials, operator_actions
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, NewCredential, StoredCredential
from connector.tokens import Token

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection whose classic token can be exchanged. `client_id` and `client_secret` as far as they are stored."""

    connection: StoredConnection
    credential: StoredCredential
    classic: Token

    @property
    def client_id(self) -> str | None:
        """The app's id."""
        return self.credential.secrets.get("client_id")

    @property
    def client_secret(self) -> str | None:
        """The app's secret."""
        return self.credential.secrets.get("client_secret")


@dataclass(frozen=True, slots=True)
class Migrated:
    """What came of it: when the new token ends by itself, and scopes that are needed and missing."""

    connection: StoredConnection
    ends_at: datetime | None
    refresh_ends_at: datetime | None
    missing: tuple[str, ...]


def candidate(site: Site, name: str) -> Candidate:
    """The connection of that name with its classic token. Raises ConfigError when it has none."""
    with site.engine.begin() as connection:
        stored = connections.by_name(connection, name)
        if stored is None:
            raise ConfigError(f"there is no connection named {name}; see `ml-connector connection list`")
        shopify = credentials.read(connection, site.vault, stored.id, SHOPIFY)
    if shopify is None or (shopify.token is None and shopify.auth != "client_credentials"):
        raise ConfigError(
            f"{name} has no Shopify token to exchange; install the app: ml-connector shopify install {name}"
        )
    token = shopify.token
    if token is None or shopify.auth == "client_credentials" or token.ends_at is not None or token.refresh_tokens:
        raise ConfigError(
            f"the Shopify token of {name} ends and is renewed by itself already; nothing is to be migrated"
        )
    return Candidate(stored, shopify, token)


def migrate(site: Site, redis: Redis, found: Candidate, app: App) -> Migrated:
    """Exchanges the token and stores what came for it. Raises ConnectorError saying which token works now."""
    _must_work(site, redis, found)
    try:
        issued = _exchanged(site, found, app)
    except ConfigError:
        raise
    except ConnectorError as error:
        raise _what_stands(site, redis, found, app, error) from error
    log.info("classic_token_exchanged", connection_id=found.connection.id)
    missing = tuple(missing_scopes(frozenset(issued.scopes)))
    return Migrated(found.connection, issued.ends_at, issued.refresh_ends_at, missing)


def _must_work(site: Site, redis: Redis, found: Candidate) -> None:
    """The classic token answers, and for the right shop: nothing irreversible is done before."""
    name = found.connection.name
    try:
        answered = _domain(site, redis, found)
    except Unauthorized as error:
        raise Unauthorized(
            f"Shopify refuses the classic token of {name}, so there is nothing to exchange: it was revoked, by the app's "
            "removal or by a migration whose answer was lost. Install the app: "
            f"ml-connector shopify install {name}"
        ) from error
    if answered != found.connection.shop:
        raise WrongEnvironment(
            f"the classic token of {name} is of {answered}, not of {found.connection.shop}; nothing was exchanged"
        )


def _exchanged(site: Site, found: Candidate, app: App) -> Token:
    """The new token, stored in the transaction that locks its row; once more on a new one if the database failed."""
    issued: Token | None = None
    try:
        with site.engine.begin() as connection:
            shopify = credentials.read_locked(connection, site.vault, found.connection.id, SHOPIFY)
            if shopify is None or shopify.token != found.classic:
                raise ConfigError(f"the credentials of {found.connection.name} were changed meanwhile; look again")
            grants = Grants(site.transport, app, url=found.connection.shopify_api_url)
            issued = grants.exchanged(found.classic.access_token)
            _store(connection, site, found, app, issued)
    except SQLAlchemyError:
        if issued is None:
            raise
        # Nobody else has this token, and the classic one is gone: a database that was away for a moment is tried again.
        with site.engine.begin() as connection:
            _store(connection, site, found, app, issued)
    return issued


def _store(connection: Connection, site: Site, found: Candidate, app: App, issued: Token | None) -> None:
    """Keeps the new token instead of the classic one, and the app's credentials, which renew it."""
    secrets = {**found.credential.secrets, "client_id": app.client_id, "client_secret": app.client_secret}
    credentials.put(connection, site.vault, found.connection.id, SHOPIFY, NewCredential("offline", secrets, issued))
    connections.touch(connection, found.connection.id)
    action = "classic token exchanged" if issued else "classic token lost"
    operator_actions.write_down(connection, found.connection.id, actor="operator", action=action)


def _what_stands(site: Site, redis: Redis, found: Candidate, app: App, error: ConnectorError) -> ConnectorError:
    """Which token works after a failure, asked of the shop."""
    name = found.connection.name
    try:
        _domain(site, redis, found)
    except Unauthorized:
        with site.engine.begin() as connection:
            _store(connection, site, found, app, None)
        return Unauthorized(
            f"{error}. The exchange was carried out: the classic token of {name} is revoked, and the new one did not reach "
            f"us, so {name} has no token now. Nothing is lost but the token; install the app to get another one: "
            f"ml-connector shopify install {name}"
        )
    except ConnectorError as unanswered:
        return OutcomeUnknown(
            f"{error}. Whether the exchange was carried out is not known, for the shop does not answer now ({unanswered}). "
            f"Run `ml-connector shopify migrate-token {name}` again later: it looks first whether the classic token works"
        )
    sentence = f"{error}. Nothing was changed: the classic token of {name} still works"
    if isinstance(error, TransientError):
        return Unavailable(f"{sentence}; run the same command again")
    return Rejected(sentence)


def _domain(site: Site, redis: Redis, found: Candidate) -> str:
    """Which shop answers to the classic token. Raises Unauthorized when none does."""
    stored = found.connection
    client = ShopifyClient(
        site.transport,
        AccessTokenHeader(OneToken(found.classic.access_token, "look whether the app was uninstalled")),
        Points(redis, stored.shop),
        url=stored.shopify_api_url,
        version=stored.shopify_api_version,
    )
    return shop(client).domain
