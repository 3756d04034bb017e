"""New secrets in the place of old ones, each kept in one transaction; connector.flows.trial tries them before.

A change is made to what stands in the row once its lock is had, so that a renewal that runs meanwhile loses nothing.
The token there is stays in use until its end: both systems let it, and a refused one is replaced with the new secret.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connector.errors import ConfigError, Unauthorized
from connector.flows.systems import Workplace
from connector.netsuite.auth import Certificate
from connector.store import connections, credentials, operator_actions
from connector.store.connections import StoredConnection
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential, StoredCredential
from connector.tokens import Token


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A private key in PEM text, the id NetSuite gave its certificate, and when that ends where it is known."""

    certificate_id: str
    private_key: str = field(repr=False)
    algorithm: str | None = None
    ends_at: datetime | None = None

    def of(self, stored: StoredCredential) -> Certificate:
        """For the client id there is. Raises ConfigError for a key or algorithm NetSuite does not take."""
        client_id = stored.secrets["client_id"]
        return Certificate.from_pem(client_id, self.certificate_id, self.private_key, algorithm=self.algorithm)


class Rotation:
    """Changes the secrets of one connection. Every method raises ConfigError where the connection has no such secret."""

    def __init__(self, workplace: Workplace, stored: StoredConnection, *, actor: str) -> None:
        self._workplace = workplace
        self._stored = stored
        self._actor = actor

    def access_token(self, token: str, *, now: datetime) -> None:
        """Another token that does not renew itself."""

        def changed(before: StoredCredential) -> NewCredential:
            must_take_a_token(before, self._stored.name)
            return _new(before, token=Token(token, now))

        self._change(SHOPIFY, "access-token", changed)

    def client_secret(self, secret: str, *, token: Token | None) -> None:
        """Another secret of the app; where the old one signs webhooks the new one does too. `token`: what it gave."""

        def changed(before: StoredCredential) -> NewCredential:
            must_have(before, "client_secret", self._stored.name)
            accepted = before.secrets["webhook_secrets"]
            if before.secrets["client_secret"] in accepted:
                accepted = _in_front(secret, accepted)
            return _new(before, {"client_secret": secret, "webhook_secrets": accepted}, token=token)

        self._change(SHOPIFY, "client-secret", changed)

    def webhook_secret(self, secret: str) -> int:
        """One more secret that deliveries may be signed with; returns how many are accepted now."""

        def changed(before: StoredCredential) -> NewCredential:
            return _new(before, {"webhook_secrets": _in_front(secret, before.secrets["webhook_secrets"])})

        return len(self._change(SHOPIFY, "webhook-secret", changed).secrets["webhook_secrets"])

    def forget_old_webhook_secrets(self) -> int:
        """Only the newest secret is accepted from now on; returns how many were forgotten."""
        forgotten: list[str] = []

        def changed(before: StoredCredential) -> NewCredential:
            newest, *old = before.secrets["webhook_secrets"]
            forgotten[:] = old
            return _new(before, {"webhook_secrets": [newest]})

        self._change(SHOPIFY, "webhook-secret, old ones forgotten", changed)
        return len(forgotten)

    def event_secret(self, secret: str) -> int:
        """One more secret that NetSuite's events may be signed with, or the first; returns how many are accepted now."""

        def changed(before: StoredCredential) -> NewCredential:
            return _new(before, {"event_secrets": _in_front(secret, before.secrets.get("event_secrets", []))})

        return len(self._change(NETSUITE, "event-secret", changed).secrets["event_secrets"])

    def forget_old_event_secrets(self) -> int:
        """Only the newest secret is accepted from now on; returns how many were forgotten."""
        forgotten: list[str] = []

        def changed(before: StoredCredential) -> NewCredential:
            forgotten[:] = before.secrets.get("event_secrets", [])[1:]
            return _new(before, {"event_secrets": before.secrets.get("event_secrets", [])[:1]})

        self._change(NETSUITE, "event-secret, old ones forgotten", changed)
        return len(forgotten)

    def certificate(self, new: NewCertificate) -> None:
        """Another key and certificate of the same integration record."""

        def changed(before: StoredCredential) -> NewCredential:
            must_be(before, "oauth2", self._stored.name)
            new.of(before)
            secrets = {"certificate_id": new.certificate_id, "private_key": new.private_key, "algorithm": new.algorithm}
            return replace(_new(before, secrets), certificate_ends_at=new.ends_at)

        self._change(NETSUITE, "netsuite-certificate", changed)

    def tba_token(self, token_id: str, token_secret: str) -> None:
        """Another token of the same integration record."""

        def changed(before: StoredCredential) -> NewCredential:
            must_be(before, "tba", self._stored.name)
            return _new(before, {"token_id": token_id, "token_secret": token_secret})

        self._change(NETSUITE, "tba-token", changed)

    def _change(self, side: str, what: str, changed: Callable[[StoredCredential], NewCredential]) -> NewCredential:
        vault, connection_id = self._workplace.vault, self._stored.id
        with self._workplace.engine.begin() as connection:
            before = credentials.read_locked(connection, vault, connection_id, side)
            if before is None:
                raise gone(self._stored.name)
            new = changed(before)
            credentials.keep_secrets(connection, vault, before, new)
            if new.token is not None:
                credentials.keep_token(connection, vault, before, new.token)
            connections.touch(connection, connection_id)
            operator_actions.write_down(
                connection, connection_id, actor=self._actor, action="secret rotated", details={"what": what}
            )
        return new


def must_take_a_token(stored: StoredCredential, name: str) -> None:
    """Raises ConfigError for a connection whose tokens come from Shopify alone."""
    if stored.auth == "client_credentials":
        raise ConfigError(
            f"{name} has no access token to give: it is fetched with the client secret; "
            f"ml-connector connection rotate {name} client-secret changes that"
        )
    if stored.token is not None and stored.token.refresh_tokens:
        raise ConfigError(
            f"the tokens of {name} renew themselves; for new ones the app is installed again: "
            f"ml-connector shopify install {name}"
        )


def must_have(stored: StoredCredential, secret: str, name: str) -> None:
    """Raises ConfigError where that secret was never given."""
    if secret not in stored.secrets:
        raise ConfigError(f"{name} has no {secret}; put it into the connection file and add it again")


def must_be(stored: StoredCredential, auth: str, name: str) -> None:
    """Raises ConfigError for another kind of log-in."""
    if stored.auth != auth:
        raise ConfigError(
            f'netsuite.auth of {name} is "{stored.auth}", not "{auth}"; to change that, change the file and add it again'
        )


def gone(name: str) -> Unauthorized:
    """There is nothing to change."""
    return Unauthorized(f"the credentials of {name} are gone; add its file again")


def _new(
    before: StoredCredential, secrets: Mapping[str, Any] | None = None, *, token: Token | None = None
) -> NewCredential:
    """What there is with some secrets changed; one that is None is taken away."""
    merged = {name: value for name, value in {**before.secrets, **(secrets or {})}.items() if value is not None}
    return NewCredential(before.auth, merged, token, before.certificate_ends_at)


def _in_front(secret: str, accepted: list[str]) -> list[str]:
    return [secret, *(old for old in accepted if old != secret)]
