"""How each kind of log-in gets a new token, from what is stored at that moment: a rotated secret counts at once."""

from functools import lru_cache

from connector.errors import Unauthorized
from connector.flows.tokens import Issue
from connector.netsuite import auth as netsuite
from connector.netsuite.auth import Certificate
from connector.shopify.grants import App, Grants
from connector.store.credentials import StoredCredential
from connector.tokens import Token
from connector.transport import Transport


def shopify_issue(transport: Transport, *, name: str, url: str) -> Issue:
    """Tokens of a shop: by client credentials or by refresh token; a static one and a session cannot be renewed."""

    def issue(stored: StoredCredential) -> Token:
        if stored.auth == "client_credentials":
            return app_grants(transport, stored, url=url).client_credentials()
        if stored.auth == "offline" and stored.token is not None and stored.token.refresh_tokens:
            return app_grants(transport, stored, url=url).refreshed(stored.token)
        if stored.auth == "static":
            raise Unauthorized(
                "Shopify refuses the static access token; look whether the app was uninstalled, then give a new one: "
                f"ml-connector connection rotate {name} access-token"
            )
        option = " --online" if stored.auth == "online" else ""
        whose = f" of {stored.secrets['user']}" if stored.secrets.get("user") else ""
        raise Unauthorized(
            f"there is no Shopify token that works: the session{whose} ended or the app was never installed; "
            f"sign in again: ml-connector shopify install {name}{option}"
        )

    return issue


def netsuite_issue(transport: Transport, *, url: str) -> Issue:
    """Tokens of an account, by its certificate."""

    def issue(stored: StoredCredential) -> Token:
        if stored.auth != "oauth2":
            raise Unauthorized(
                "NetSuite's log-in was changed to another kind; who has the connection open reads it again"
            )
        return netsuite.issue(transport, certificate(stored), api_url=url)

    return issue


def certificate(stored: StoredCredential) -> Certificate:
    """The certificate of a stored credential, its key parsed once."""
    secrets = stored.secrets
    return _parsed(secrets["client_id"], secrets["certificate_id"], secrets["private_key"], secrets.get("algorithm"))


def app_grants(transport: Transport, stored: StoredCredential, *, url: str) -> Grants:
    """The token endpoint, asked as the app of a stored credential. Raises Unauthorized without client_id and secret."""
    try:
        app = App(stored.secrets["client_id"], stored.secrets["client_secret"])
    except KeyError as error:
        raise Unauthorized(
            f"shopify.{error.args[0]} is missing in the connection file; add it and add again"
        ) from error
    return Grants(transport, app, url=url)


@lru_cache(maxsize=64)
def _parsed(client_id: str, certificate_id: str, pem: str, algorithm: str | None) -> Certificate:
    return Certificate.from_pem(client_id, certificate_id, pem, algorithm=algorithm)
