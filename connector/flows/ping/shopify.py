"""What is asked of the shop: who answers, what the app may do there, and whether its webhooks come here."""

from collections.abc import Callable
from datetime import UTC, datetime

from connector.errors import ConnectorError
from connector.flows import subscriptions
from connector.flows.ping.examination import Examination, Found, Key
from connector.flows.ping.lives import ends
from connector.flows.ping.report import SHOPIFY as SIDE
from connector.flows.systems import Systems, Workplace
from connector.shopify import shop as shops
from connector.shopify.shop import SCOPES, Location, Shop, Used
from connector.store import credentials
from connector.store import subscriptions as store
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE

REACHABILITY: Key = (SIDE, "reachability")
TOKEN: Key = (SIDE, "token")
IDENTITY: Key = (SIDE, "shop")
_LOCATIONS: Key = (SIDE, "locations")
_RECENT: Key = (SIDE, "recent orders")

_KINDS = {
    "static": "static token",
    "client_credentials": "client credentials",
    "offline": "offline token",
    "online": "offline token",
}
# New orders are written without it; only what is older than 60 days is not seen.
_DISPENSABLE = {"read_all_orders"}


class ShopifyProbes:
    """The shop's probes, and what they read that others use."""

    def __init__(
        self, examination: Examination, workplace: Workplace, systems: Callable[[], Systems], webhook_url: str
    ) -> None:
        self._examination = examination
        self._workplace = workplace
        self._systems = systems
        self._webhook_url = webhook_url
        self.answered: Shop | None = None
        self.locations: list[Location] | None = None
        self.used: Used | None = None

    def run(self, *, needs: Key) -> None:
        """All probes; they need that one."""
        look = self._examination.look
        look(REACHABILITY, self._reachability, needs=(needs,))
        look(TOKEN, self._token, needs=(REACHABILITY,))
        look(IDENTITY, self._identity, needs=(TOKEN,))
        look((SIDE, "API version"), self._version, needs=(TOKEN,))
        look((SIDE, "scopes"), self._scopes, needs=(TOKEN,))
        look(_LOCATIONS, self._places, needs=(TOKEN,))
        look((SIDE, "webhooks"), self._webhooks, needs=(TOKEN,))
        look(_RECENT, self._recent, needs=(TOKEN,))

    def unread(self) -> list[str]:
        """What a proposal of rules has to do without."""
        read = (("Shopify's locations", self.locations), ("Shopify's recent orders", self.used))
        return [name for name, value in read if value is None]

    def _reachability(self) -> Found:
        stored = self._systems().connection
        try:
            self._systems().shopify.reach()
        except ConnectorError as error:
            return Found(
                "not reached",
                (
                    f"{error}: check shopify.shop and shopify.api_url ({stored.shopify_api_url}), and that this machine "
                    "may call it (name resolution, firewall)",
                ),
            )
        return Found(stored.shopify_api_url)

    def _token(self) -> Found:
        self.answered = shops.shop(self._systems().shopify)
        with self._workplace.engine.begin() as database:
            lives = {life.side: life for life in credentials.lives(database, self._systems().connection.id)}
        session = lives.get(SHOPIFY_ONLINE)
        if session is not None and session.token_ends_at and session.token_ends_at > datetime.now(UTC):
            return Found(f"a person's session, {ends(session.token_ends_at)}")
        life = lives[SHOPIFY]
        return Found(f"{_KINDS.get(life.auth, life.auth)}, {ends(life.token_ends_at, renewed=life.auth != 'static')}")

    def _identity(self) -> Found:
        answered, stored = self._shop(), self._systems().connection
        if answered.domain == stored.shop:
            return Found(f"{answered.domain} ({answered.plan or 'plan not told'})")
        return Found(
            f"{answered.domain} answers",
            (
                f"shopify.shop is {stored.shop}, but {answered.domain} answers with this token; give the token of "
                f"{stored.shop}, or correct shopify.shop and shopify.api_url",
            ),
        )

    def _version(self) -> Found:
        client = self._systems().shopify
        if client.served_version == client.version:
            return Found(client.version)
        return Found(
            f"{client.served_version} answers",
            (
                f"shopify.api_version is {client.version}, but Shopify answers in {client.served_version}: the "
                "configured version is not served (any more); set a version of the last twelve months that this "
                "release of ml-connector knows",
            ),
        )

    def _scopes(self) -> Found:
        missing = self._shop().missing_scopes()
        if not missing:
            return Found(f"all {len(SCOPES)} granted")
        sentences = {scope: f"the scope {scope} is missing, needed for {SCOPES[scope]}" for scope in missing}
        failures = [text for scope, text in sentences.items() if scope not in _DISPENSABLE]
        warnings = [text for scope, text in sentences.items() if scope in _DISPENSABLE]
        (warnings or failures).append(
            "add what is missing to the app's scopes, then install it again: "
            f"ml-connector shopify install {self._systems().connection.name}"
        )
        return Found(f"missing: {', '.join(missing)}", tuple(failures), tuple(warnings))

    def _places(self) -> Found:
        self.locations = shops.locations(self._systems().shopify)
        active = sum(place.is_active for place in self.locations)
        return Found(f"{active} active" + (f" of {len(self.locations)}" if active != len(self.locations) else ""))

    def _webhooks(self) -> Found:
        systems, url = self._systems(), self._webhook_url
        sync = f"ml-connector shopify webhooks sync {systems.connection.name}"
        compared = subscriptions.check(systems, url)
        with self._workplace.engine.begin() as database:
            made = store.made(database, systems.connection.id)
        missing = [found.wanted.topic for found in compared if found.state == "missing"]
        if len(missing) == len(compared) and not made:
            return Found("none made by the API", warnings=(_by_hand(url, sync),))
        failures = []
        if missing:
            failures.append(f"no subscription for {', '.join(missing)}: nothing of it is announced; run: {sync}")
        failures += [
            f"the subscription for {found.wanted.topic} is not as it should be ({found.detail}); it must deliver to "
            f"{url}: run: {sync}"
            for found in compared
            if found.state == "elsewhere"
        ]
        good = sum(found.state == "ok" for found in compared)
        return Found(f"{good} of {len(compared)} topics come here", (*_public(systems, url), *failures))

    def _recent(self) -> Found:
        """What the last fifty orders used, beside the rules: what has no counterpart would hold its orders."""
        self.used = shops.recently_used(self._systems().shopify)
        rules, answered, used = self._systems().rules, self._shop(), self.used
        failures = []
        if rules.orders.currency == "shop" and answered.currency not in rules.currencies:
            failures.append(
                f"rules.currencies.{answered.currency} is missing, the currency of this shop: every order would be held"
            )
        warnings = [
            f'recent orders were paid by {gateway!r}, which has no payment method: set rules.payments.methods."{gateway}"'
            for gateway in used.gateways
            if gateway not in rules.payments.methods
        ]
        warnings += [
            f'recent orders were shipped by {name!r}, which has no shipping item: set rules.shipping.methods."{name}" '
            "or rules.shipping.default"
            for name in used.shipping
            if name not in rules.shipping.methods and rules.shipping.default is None
        ]
        if failures or warnings:
            return Found("some are not in the rules", tuple(failures), tuple(warnings))
        if not used.gateways and not used.shipping:
            return Found("none yet, so nothing to compare with the rules")
        return Found(f"{len(used.gateways)} gateways and {len(used.shipping)} shipping methods, all in the rules")

    def _shop(self) -> Shop:
        if self.answered is None:
            raise LookupError("the shop did not answer")
        return self.answered


def _by_hand(url: str, sync: str) -> str:
    return (
        "no subscription was made by the API in this shop; subscriptions made by hand or by the app's configuration "
        f"cannot be seen. Make sure they deliver to {url}, or let them be made: {sync}"
    )


def _public(systems: Systems, url: str) -> tuple[str, ...]:
    if url.startswith("https://") or not systems.connection.shopify_api_url.startswith("https://"):
        return ()
    return (f"Shopify delivers to https:// only, not to {url}: set CONNECTOR_PUBLIC_URL to this machine's address",)
