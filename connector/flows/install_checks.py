"""What a step of an installation is refused for: each check has its own sentence, which says what to do.

The order of the checks of Shopify's answer is that of shopify.dev, "authorization code grant": state, shop, signature,
then its age. None of the sentences tells of another connection.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.errors import PermanentError
from connector.shopify.authorization import FRESH_SECONDS, SHOP, Answer
from connector.shopify.grants import App
from connector.store import installs
from connector.store.connections import StoredConnection
from connector.store.installs import Install

LINK_LIFE = timedelta(minutes=15)
STATE_LIFE = timedelta(minutes=10)
NEW_LINK = "have a new link made: ml-connector shopify install"


class InstallRefused(PermanentError):
    """A step of an installation is refused and nothing was stored; the sentence says what to do."""


class Incomplete(InstallRefused):
    """Something is missing in the address, or has another form."""


class NotProven(InstallRefused):
    """It is not certain that Shopify answered, and answered now, to what we asked."""


class Elsewhere(InstallRefused):
    """Another browser or another shop than the one that this was begun with."""


class Over(InstallRefused):
    """A link, a state or a code that was used or has ended."""


def offered(connection: Connection, link: str, browser: str | None, now: datetime) -> Install:
    """The attempt of a link that can still be begun, by this browser."""
    if not link:
        raise Incomplete(f"An installation begins with a link of its own; {NEW_LINK} NAME, and open it as a whole.")
    install = installs.by_link(connection, link)
    if install is None:
        raise Over(f"This link is not known here; look whether it was copied as a whole, or {NEW_LINK} NAME.")
    if install.used_at is not None:
        raise Over(f"This link was used: the app was installed with it. To install again, {NEW_LINK} NAME.")
    if install.ends_at <= now:
        raise Over(
            f"This link ended at {_clock(install.ends_at)}; it is good for {LINK_LIFE.seconds // 60} minutes. To go on, "
            f"{NEW_LINK} NAME."
        )
    if install.browser_hash is not None and not (browser and install.is_begun_by(browser)):
        raise Over(f"This link was used in another browser; go on there, or {NEW_LINK} NAME.")
    return install


def answer_of(query: bytes) -> Answer:
    """Shopify's answer, complete."""
    try:
        return Answer.from_query(query)
    except ValueError as error:
        raise Incomplete(
            f"Shopify's answer has {error}. Open the install link again and approve the app in Shopify; if you did, "
            f"{NEW_LINK} NAME."
        ) from None


def begun(connection: Connection, answer: Answer, browser: str | None, now: datetime) -> Install:
    """The attempt that this answer belongs to: begun in this browser, not used, not ended."""
    install = installs.by_state(connection, answer.state)
    if install is None:
        raise NotProven(f"No installation waits for this answer. Open the install link again, or {NEW_LINK} NAME.")
    if not browser or not install.is_begun_by(browser):
        raise Elsewhere(
            "This installation was not begun in this browser, or its cookie is gone. Open the install link in the "
            f"browser in which you sign in to Shopify, with cookies allowed; or {NEW_LINK} NAME."
        )
    if install.used_at is not None:
        raise Over(
            f"This installation was finished at {_clock(install.used_at)}; nothing more is to be done here. To install "
            f"again, {NEW_LINK} NAME."
        )
    if install.state_ends_at is None or install.state_ends_at <= now:
        raise Over(
            f"Shopify's answer came later than {STATE_LIFE.seconds // 60} minutes after the beginning. Open the install "
            f"link again, or {NEW_LINK} NAME."
        )
    return install


def must_be_the_shop(answer: Answer, stored: StoredConnection) -> None:
    """The whole name is compared: a pattern that ends in `$` takes a line break, one without `^` takes evil.com/."""
    if not SHOP.fullmatch(answer.shop):
        raise Incomplete("Shopify's answer does not name a shop by its own domain; open the install link again.")
    if answer.shop.lower() != stored.shop:
        raise Elsewhere(
            f"This link is for {stored.shop}, but the answer is of another shop. Sign in to {stored.shop} and open the "
            "install link again."
        )


def must_be_signed(answer: Answer, app: App, stored: StoredConnection, now: datetime) -> None:
    """Shopify answered, and a moment ago."""
    if not answer.is_signed(app.client_secret):
        raise NotProven(
            "The answer is not signed with the app's secret. Check that shopify.client_id and shopify.client_secret of "
            f"{stored.name} are those of one app, then {NEW_LINK} {stored.name}."
        )
    if not answer.is_fresh(now):
        raise NotProven(
            f"The answer was made more than {FRESH_SECONDS} seconds from now. Open the install link again; if that does "
            "not help, set this server's clock."
        )


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"
