"""The shop's state: orders in the REST style of webhooks, their transactions, the query budget, what was delivered."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from typing import Any

from connector.sandbox.journal import Journal
from connector.sandbox.shopify.customers import Customers
from connector.sandbox.shopify.ledger import ledger_order
from connector.sandbox.shopify.oauth import Tokens
from connector.sandbox.shopify.stock.bulk import BulkOperations
from connector.sandbox.shopify.stock.idempotency import Keys
from connector.sandbox.shopify.stock.inventory import Inventory
from connector.sandbox.shopify.subscriptions import Subscriptions

Json = dict[str, Any]

_SCOPES = (
    "read_orders",
    "write_orders",
    "read_all_orders",
    "read_customers",
    "write_customers",
    "read_draft_orders",
    "write_draft_orders",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_fulfillments",
    "read_returns",
    "read_payment_terms",
    "write_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)


@dataclass(slots=True)
class ShopConfig:
    """What the shop is; every member can be changed while it runs. `bucket` and `restore_rate` are query points."""

    shop: str = "demo-store.myshopify.com"
    shop_id: int = 548380009
    name: str = "Demo Store"
    currency: str = "USD"
    taxes_included: bool = False
    iana_timezone: str = "America/New_York"
    access_token: str = "shpat_sandbox"
    client_id: str | None = None
    client_secret: str | None = None
    # Where the app may send a merchant back to; None: anywhere.
    redirect_urls: list[str] | None = None
    webhook_secret: str = "hush"
    webhook_url: str | None = None
    api_version: str = "2026-10"
    scopes: list[str] = field(default_factory=lambda: list(_SCOPES))
    plan: str = "Development"
    presentment_currencies: list[str] = field(default_factory=lambda: ["USD", "GBP", "CAD", "EUR", "JPY"])
    locations: list[Json] = field(
        default_factory=lambda: [{"id": 655441491, "name": "Main Warehouse", "isActive": True}]
    )
    # Business buyers: id, name, external_id, locations (the same members) and contacts (id, customer_id, is_main).
    companies: list[Json] = field(default_factory=list)
    # What the shop sells: id, sku, title, price, taxable; a draft names them by id.
    variants: list[Json] = field(default_factory=list)
    # What tax a draft is charged, as a fraction.
    draft_tax: str = "0"
    # Shopify may still be at work on a draft, which cannot be completed then.
    drafts_ready: bool = True
    # Lives in seconds; the defaults are Shopify's.
    token_seconds: float = 3600
    client_credentials_seconds: float = 86399
    refresh_seconds: float = 7776000
    online_seconds: float = 86399
    restore_rate: float = 100.0
    bucket: float = 2000.0
    latency_ms: float = 0.0
    # So many seconds a new order cannot be found by the search of orders.
    search_lag: float = 0.0
    # How often a bulk operation is seen running before it is done, and how the next ones fail: error_code, lines, status.
    bulk_polls: int = 1
    # A result is served up to this byte only, as a store that lost its end.
    bulk_ends_at: int | None = None
    bulk_failures: list[Json] = field(default_factory=list)
    # After how many bytes the next answers with a bulk operation's result are cut off.
    bulk_cuts: list[int] = field(default_factory=list)
    # A cancellation is only done when POST /_sandbox/jobs says so.
    slow_jobs: bool = False
    # Without it orders get no fulfilment orders: Shopify makes them some time after the order.
    routes_orders: bool = True

    @classmethod
    def from_json(cls, data: Json) -> "ShopConfig":
        """From the configuration file of the sandbox."""
        return cls(**data)


@dataclass(slots=True)
class DeliveryLog:
    """One webhook that was sent."""

    webhook_id: str
    topic: str
    order_id: int | None
    sent_at: float
    acknowledged_at: float
    status: int


class Shop:
    """Thread-safe state of one shop."""

    def __init__(self, config: ShopConfig, journal: Journal | None = None) -> None:
        self.config = config
        self.journal = journal or Journal(None)
        self._lock = threading.Lock()
        # Held by whoever changes records; two acts at once would lose one of them.
        self.acting = threading.Lock()
        self.ids = count(8_100_000_000_001)
        self._orders: dict[int, Json] = {}
        self._transactions: dict[int, list[Json]] = {}
        self._placed_at: dict[int, float] = {}
        self._points = config.bucket
        self._points_at = time.monotonic()
        self._failures: list[int | str] = []
        self.operations: Counter[str] = Counter()
        self.oauth = Tokens(config)
        self.subscriptions = Subscriptions()
        self.customers = Customers()
        self.inventory = Inventory()
        self.keys = Keys()
        self.bulk = BulkOperations(config)
        # Draft orders by id: the wish as it was given, and the order it would become.
        self.drafts: dict[int, Json] = {}
        self._token_answers_to_lose = 0
        self._answers_to_lose: Counter[str] = Counter()
        self._operations_to_fail: Counter[str] = Counter()
        # Cancellations that were started, by the id of their result.
        self.jobs: dict[str, Json] = {}
        self.metafields: dict[tuple[str, str, str], Json] = {}
        # Webhooks that mutations caused while there is no address to send them to.
        self.news: list[Json] = []
        self.deliveries: list[DeliveryLog] = []
        # Orders and fulfilments of which the buyer got an e-mail because a mutation said so.
        self.notified: list[int] = []
        # What was done to each order, by its id.
        self.acts: dict[int, list[str]] = {}

    def location_name(self, number: int) -> str:
        """What one of its locations is called; orders from elsewhere may name others."""
        known = {item["id"]: str(item["name"]) for item in self.config.locations}
        return known.get(number, f"Location {number}")

    def put_order(self, order: Json, transactions: list[Json]) -> list[Json]:
        """Adds an order or replaces it; the webhooks about stock that this causes."""
        with self._lock:
            self._orders[order["id"]] = order
            self._transactions[order["id"]] = transactions
            self._placed_at.setdefault(order["id"], time.monotonic())
        if order.get("customer"):
            self.customers.learn(order["customer"])
        return self.inventory.follow(order)

    def remove_order(self, order_id: int) -> None:
        """Deletes an order."""
        with self._lock:
            self._orders.pop(order_id, None)

    def order(self, order_id: int) -> tuple[Json, list[Json]] | None:
        """An order and its transactions, or None."""
        with self._lock:
            order = self._orders.get(order_id)
            return None if order is None else (order, self._transactions[order_id])

    def orders(self) -> list[tuple[Json, list[Json]]]:
        """All orders and their transactions."""
        with self._lock:
            return [(order, self._transactions[order_id]) for order_id, order in self._orders.items()]

    def findable(self) -> list[tuple[Json, list[Json]]]:
        """The orders that the search knows by now, with their transactions."""
        newest = time.monotonic() - self.config.search_lag
        return [found for found in self.orders() if self._placed_at[found[0]["id"]] <= newest]

    def change(self, settings: Json) -> None:
        """Changes settings; `fail_next` makes the next answers fail (an HTTP status, THROTTLED, INTERNAL_SERVER_ERROR).

        `lose_answers`: how many answers of each operation get lost on their way, after it was carried out;
        `fail_operations`: how many times each is answered 502 and not carried out.
        """
        failure = settings.pop("fail_next", None)
        if settings.pop("revoke_tokens", False):
            self.oauth.revoke_all()
        lost = settings.pop("lose_token_answers", 0)
        operations = settings.pop("lose_answers", {})
        refused = settings.pop("fail_operations", {})
        known = {item.name for item in fields(ShopConfig)}
        unknown = set(settings) - known
        if unknown:
            raise KeyError(f"unknown settings {sorted(unknown)}")
        with self._lock:
            for name, value in settings.items():
                setattr(self.config, name, value)
            if "bucket" in settings:
                self._points = self.config.bucket
            self._token_answers_to_lose += lost
            self._answers_to_lose.update(operations)
            self._operations_to_fail.update(refused)
            if failure:
                self._failures += [failure["status"]] * failure.get("times", 1)

    def loses_token_answer(self) -> bool:
        """True when this answer of the token endpoint was asked to be lost."""
        with self._lock:
            if not self._token_answers_to_lose:
                return False
            self._token_answers_to_lose -= 1
            return True

    def loses_answer(self, operation: str | None) -> bool:
        """True when this answer to an operation was asked to be lost."""
        return self._counted_down(self._answers_to_lose, operation)

    def fails_operation(self, operation: str | None) -> bool:
        """True when this operation was asked to fail."""
        return self._counted_down(self._operations_to_fail, operation)

    def _counted_down(self, asked: Counter[str], operation: str | None) -> bool:
        with self._lock:
            if operation is None or not asked[operation]:
                return False
            asked[operation] -= 1
            return True

    def next_failure(self) -> int | str | None:
        """The failure that was asked for the next answer, or None."""
        with self._lock:
            return self._failures.pop(0) if self._failures else None

    def admit(self, requested: int) -> tuple[bool, float]:
        """Takes the requested points if the bucket holds them; whether it did, and what it holds then."""
        with self._lock:
            now = time.monotonic()
            refilled = self._points + (now - self._points_at) * self.config.restore_rate
            self._points, self._points_at = min(self.config.bucket, refilled), now
            if self._points < requested:
                return False, self._points
            self._points -= requested
            return True, self._points

    def give_back(self, points: float) -> float:
        """Returns the difference between requested and actual cost; what the bucket holds then."""
        with self._lock:
            self._points = min(self.config.bucket, self._points + points)
            return self._points

    def log_delivery(self, delivery: DeliveryLog) -> None:
        """Keeps what was sent."""
        with self._lock:
            self.deliveries.append(delivery)
            self.journal.write(asdict(delivery))
        self.journal.sync()

    def ledger(self) -> Json:
        """What a judge compares: every order with its money, and what was delivered."""
        with self._lock:
            sent = list(self.deliveries)
            queries = dict(self.operations)
            metafields = list(self.metafields.items())
        told: defaultdict[str, Json] = defaultdict(dict)
        for (owner, namespace, key), item in metafields:
            told[owner][f"{namespace}.{key}"] = item["value"]
        acknowledged = sum(200 <= delivery.status < 300 for delivery in sent)
        return {
            "orders": [
                ledger_order(order, transactions)
                | {
                    "acts": self.acts.get(order["id"], []),
                    "metafields": told.get(f"gid://shopify/Order/{order['id']}", {}),
                }
                for order, transactions in self.orders()
            ],
            "deliveries": {
                "sent": len(sent),
                "acknowledged": acknowledged,
                "distinct": len({delivery.webhook_id for delivery in sent}),
            },
            "queries": sum(queries.values()),
            "operations": queries,
            "tokens": self.oauth.ledger(),
            "inventory": self.inventory.ledger(),
        }
