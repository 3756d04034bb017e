"""An order that was placed, and one act on it as the sandboxes' control addresses take it."""

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.drafts import shown, text
from connector.sandbox.scenario.world import ITEMS, PRODUCTS, SHOP_LOCATION, order_key

Json = dict[str, Any]
SHOP, ACCOUNT = "shop", "account"
# Before anything was announced; while the day's orders are announced; and twice after both ledgers agreed.
BEFORE, WHILE, LATER, LAST = range(4)
LOCATION = SHOP_LOCATION


@dataclass(frozen=True, slots=True)
class Act:
    """One act on one side; `asked` is what is posted."""

    round: int
    side: str
    asked: Json


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was placed, its payments, and the chance that decides over it."""

    order: Json
    transactions: list[Json]
    random: random.Random
    fits: bool = True

    @property
    def currency(self) -> str:
        """The buyer's currency."""
        return str(self.order["presentment_currency"])

    @property
    def total(self) -> Decimal:
        """What the buyer owed."""
        return Decimal(self.order["total_price_set"]["presentment_money"]["amount"])

    @property
    def payment(self) -> str:
        """How it was paid: paid, authorised, partly, free."""
        if not self.total:
            return "free"
        came = sum(Decimal(item["amount"]) for item in self.transactions if item["kind"] in ("sale", "capture"))
        return "authorised" if not came else "paid" if came >= self.total else "partly"

    @property
    def goods(self) -> list[Json]:
        """Lines of products that NetSuite stocks."""
        return [line for line in self.order["line_items"] if line["sku"] in ITEMS]

    def shop(self, round_number: int, act: str, **asked: Any) -> Act:
        """Something happens in the shop."""
        return Act(round_number, SHOP, {"act": act, "order_id": self.order["id"], **asked})

    def account(self, round_number: int, act: str, **asked: Any) -> Act:
        """The accountant does something; he knows the order by our key."""
        return Act(round_number, ACCOUNT, {"act": act, "order": order_key(self.order["id"]), **asked})

    def price(self, dollars: str) -> str:
        """A price in the buyer's currency."""
        return text(shown(Decimal(dollars), self.currency), self.currency)

    def tracking(self) -> Json:
        """A parcel's number."""
        return {"company": "UPS", "numbers": [f"1Z{self.random.randrange(10**8):08d}"]}

    def unit_back(self, restock: str) -> Json:
        """One unit of a product, as a refund names it."""
        line = self.random.choice(self.goods)
        return {"line_id": line["id"], "quantity": 1, "restock_type": restock, "location_id": LOCATION}

    def goodwill(self) -> str:
        """Five dollars in the buyer's money, less where the order was worth less."""
        return text(min(shown(Decimal(5), self.currency), self.total / 2), self.currency)

    def new_line(self, price: str | None = None) -> Json:
        """A product that is added by an edit."""
        sku, title, usual = self.random.choice(PRODUCTS)
        return {"sku": sku, "title": title, "quantity": 1, "price": self.price(price or usual)}
