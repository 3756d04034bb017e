"""The shop itself, read through its client: who answers, what the app may do, its locations, recent gateways."""

from dataclasses import dataclass
from typing import Any

from connector.errors import InvalidAnswer
from connector.shopify.client import ShopifyClient
from connector.shopify.reading import numeric

# What each scope is for: shown where it is missing. Source: shopify.dev, "API access scopes" (2026-10).
SCOPES = {
    "read_orders": "orders, refunds, transactions and their webhooks",
    "read_all_orders": "orders older than 60 days, which are left out silently without it",
    "read_customers": "customers",
    "read_products": "variants and their SKUs",
    "read_inventory": "inventory items, their levels and their webhooks",
    "write_inventory": "stock that is pushed to the shop",
    "read_locations": "names of locations",
    "read_fulfillments": "webhooks of fulfilments",
    "read_returns": "returns and exchanges",
    "read_payment_terms": "when a business order is to be paid",
    "write_customers": "tax exemption and companies as NetSuite has them",
    "write_draft_orders": "orders entered in NetSuite for the shop",
    "write_orders": "telling an order its NetSuite number, that it is paid, captured or cancelled",
    "write_merchant_managed_fulfillment_orders": "telling the buyer of parcels that NetSuite shipped",
}


@dataclass(frozen=True, slots=True)
class Shop:
    """Who answers, and what the app may do there. `domain` is the shop's own, such as acme.myshopify.com."""

    id: int
    name: str
    domain: str
    currency: str
    currencies: tuple[str, ...]
    plan: str
    is_development: bool
    scopes: frozenset[str]

    def missing_scopes(self) -> list[str]:
        """Scopes this product needs and the app was not granted. `write_x` implies `read_x`."""
        return missing_scopes(self.scopes)


@dataclass(frozen=True, slots=True)
class Location:
    """A place that holds stock or sells."""

    id: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Used:
    """What recent orders were paid and shipped with, as Shopify spells it."""

    gateways: tuple[str, ...]
    shipping: tuple[str, ...]


def missing_scopes(granted: frozenset[str]) -> list[str]:
    """Scopes this product needs that are not among the granted ones."""
    return [scope for scope in SCOPES if scope not in granted and scope.replace("read_", "write_", 1) not in granted]


def shop(client: ShopifyClient) -> Shop:
    """The shop that answers to this token. Raises InvalidAnswer when it cannot be read."""
    data = client.query("ShopPing", {})
    try:
        return _shop(data)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidAnswer(f"Shopify's shop cannot be read: {error!r}") from error


def locations(client: ShopifyClient) -> list[Location]:
    """All locations of the shop. Raises Forbidden without read_locations."""
    found: list[Location] = []
    after: str | None = None
    while True:
        page = client.query("Locations", {"after": after})["locations"]
        found += [Location(numeric(node["id"]), node["name"], node["isActive"]) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def recently_used(client: ShopifyClient) -> Used:
    """Gateways and shipping methods of the last fifty orders, each once, most used first."""
    nodes = client.query("RecentlyUsed", {})["orders"]["nodes"]
    gateways = [item["gateway"] for node in nodes for item in node["transactions"] if item.get("gateway")]
    shipping = [
        item.get("code") or item["title"] for node in nodes for item in node["shippingLines"]["nodes"] if item["title"]
    ]
    return Used(_by_use(gateways), _by_use(shipping))


def _by_use(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=lambda name: (-names.count(name), name)))


def _shop(data: dict[str, Any]) -> Shop:
    said, installation = data["shop"], data["currentAppInstallation"]
    plan = said.get("plan") or {}
    return Shop(
        id=int(numeric(said["id"])),
        name=said["name"],
        domain=said["myshopifyDomain"].lower(),
        currency=said["currencyCode"],
        currencies=tuple(said.get("enabledPresentmentCurrencies") or (said["currencyCode"],)),
        plan=plan.get("publicDisplayName") or "",
        is_development=bool(plan.get("partnerDevelopment")) or plan.get("publicDisplayName") == "Development",
        scopes=frozenset(scope["handle"] for scope in installation["accessScopes"]),
    )
