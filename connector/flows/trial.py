"""New secrets tried against the systems before they replace the old ones; nothing of ours is changed here.

Not tried: a webhook secret (only a delivery shows it), and the client secret of an app whose tokens are refreshed (a
refresh uses the refresh token up).
"""

from connector.errors import WrongEnvironment
from connector.flows.rotation import NewCertificate, gone, must_be, must_have, must_take_a_token
from connector.flows.systems import Workplace
from connector.netsuite import auth as netsuite
from connector.netsuite.tba import SignedRequest, TokenKeys
from connector.shopify.auth import AccessTokenHeader, OneToken
from connector.shopify.grants import App, Grants
from connector.shopify.shop import Shop, shop
from connector.store import credentials
from connector.store.connections import StoredConnection
from connector.store.credentials import NETSUITE, SHOPIFY, StoredCredential
from connector.tokens import Token
from connector.transport import Deadlines, Transport

_DEADLINES = Deadlines(connect=5, read=15)


def access_token(workplace: Workplace, stored: StoredConnection, token: str) -> Shop:
    """The shop that answers to a new token. Raises Unauthorized, and WrongEnvironment for another shop."""
    must_take_a_token(_read(workplace, stored, SHOPIFY), stored.name)
    client = workplace.open_unchecked(stored.id).shopify.signed_in_with(
        AccessTokenHeader(OneToken(token, "copy it anew, and check that it is of this shop"))
    )
    answered = shop(client)
    if answered.domain != stored.shop:
        raise WrongEnvironment(f"the new token is of {answered.domain}, and {stored.name} is of {stored.shop}")
    return answered


def client_secret(workplace: Workplace, stored: StoredConnection, secret: str) -> Token | None:
    """The token a new secret gives, None for an app that is not asked so. Raises Unauthorized."""
    before = _read(workplace, stored, SHOPIFY)
    must_have(before, "client_secret", stored.name)
    if before.auth != "client_credentials":
        return None
    app = App(before.secrets["client_id"], secret)
    transport = Transport("shopify", deadlines=_DEADLINES)
    try:
        return Grants(transport, app, url=stored.shopify_api_url).client_credentials()
    finally:
        transport.close()


def certificate(workplace: Workplace, stored: StoredConnection, new: NewCertificate) -> None:
    """Raises Unauthorized when NetSuite gives no token for it."""
    before = _read(workplace, stored, NETSUITE)
    must_be(before, "oauth2", stored.name)
    transport = Transport("netsuite", deadlines=_DEADLINES)
    try:
        netsuite.issue(transport, new.of(before), api_url=stored.netsuite_api_url)
    finally:
        transport.close()


def tba_token(workplace: Workplace, stored: StoredConnection, token_id: str, token_secret: str) -> None:
    """Raises Unauthorized when NetSuite refuses it. One call and no other try: five failures lock the user."""
    before = _read(workplace, stored, NETSUITE)
    must_be(before, "tba", stored.name)
    keys = TokenKeys(
        account=stored.netsuite_account,
        consumer_key=before.secrets["consumer_key"],
        consumer_secret=before.secrets["consumer_secret"],
        token_id=token_id,
        token_secret=token_secret,
    )
    workplace.open_unchecked(stored.id).netsuite.signed_in_with(SignedRequest(keys)).server_time()


def _read(workplace: Workplace, stored: StoredConnection, side: str) -> StoredCredential:
    with workplace.engine.begin() as connection:
        found = credentials.read(connection, workplace.vault, stored.id, side)
    if found is None:
        raise gone(stored.name)
    return found
