"""A day: which orders come, how they are announced, and what must stand in the books for each."""

import random
import uuid
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.drafts import Shape
from connector.sandbox.scenario.lives import Deck, Life, chance
from connector.sandbox.scenario.orders import order
from connector.sandbox.scenario.placed import Placed

Json = dict[str, Any]

_SALES_TAX = (("State tax", "0.0625"), ("County tax", "0.0125"))
_VAT = (("VAT", "0.2"),)
_GST = (("GST", "0.05"), ("QST", "0.09975"))

# Shapes and how many of a hundred orders have them; the rest are plain.
_SHAPES: tuple[tuple[int, Shape], ...] = (
    (18, Shape(customer="existing", taxes=_SALES_TAX)),
    (8, Shape(customer="returning", taxes=_SALES_TAX, lines=3)),
    (8, Shape(currency="GBP", taxes=_VAT, taxes_included=True, lines=3)),
    (6, Shape(currency="EUR", taxes=_VAT, taxes_included=True, code_percent=15)),
    (4, Shape(currency="CAD", taxes=_GST)),
    (3, Shape(currency="JPY", taxes=(("JCT", "0.1"),), taxes_included=True)),
    (6, Shape(code_percent=10, taxes=_SALES_TAX, lines=4)),
    (4, Shape(line_discount=True, code_percent=5, taxes=_SALES_TAX, lines=5)),
    (4, Shape(shipping="0.00", taxes=_SALES_TAX)),
    (3, Shape(shipping=None)),
    (3, Shape(payments="captured", taxes=_SALES_TAX)),
    (6, Shape(payments="authorised", taxes=_SALES_TAX)),
    (3, Shape(payments="partial")),
    (3, Shape(payments="gift_and_card", taxes=_SALES_TAX)),
    (2, Shape(payments="paypal", currency="EUR", taxes=_VAT, taxes_included=True)),
    (2, Shape(customer="none", shipping=None)),
    (2, Shape(customer="no_email", shipping=None)),
    (2, Shape(tip="5.00", taxes=_SALES_TAX)),
    (2, Shape(custom_line=True, taxes=_SALES_TAX)),
    (1, Shape(gift_card_sold=True, shipping=None)),
    (2, Shape(code_percent=100, shipping="0.00")),
    (2, Shape(unknown_sku=True)),
    (2, Shape(test=True)),
    (1, Shape(lines=60, taxes=_SALES_TAX)),
)

_DUPLICATED = 0.2
_OUT_OF_ORDER = 0.2


@dataclass(frozen=True, slots=True)
class Sale:
    """One order with its transactions, and what must come of it: synced, held:… or excluded:…"""

    order: Json
    transactions: list[Json]
    expect: str

    @property
    def total(self) -> Decimal:
        """What the buyer owed, in the buyer's currency."""
        return Decimal(self.order["total_price_set"]["presentment_money"]["amount"])

    @property
    def currency(self) -> str:
        """The buyer's currency."""
        return str(self.order["presentment_currency"])

    @property
    def deposits(self) -> dict[int, Decimal]:
        """Amount of each transaction that is money."""
        return {
            item["id"]: Decimal(item["amount"])
            for item in self.transactions
            if item["kind"] in ("sale", "capture") and item["status"] == "success"
        }


@dataclass(frozen=True, slots=True)
class Day:
    """All sales, what becomes of them, and the first deliveries in the order in which they are sent."""

    sales: tuple[Sale, ...]
    deliveries: tuple[Json, ...]
    lives: tuple[Life, ...] = ()

    def until(self, round_number: int) -> "Day":
        """What of the day has happened when a round is over."""
        return replace(self, lives=tuple(life.until(round_number) for life in self.lives))


def day(seed: int, orders: int) -> Day:
    """The same seed gives the same day."""
    seeded = random.Random(seed)
    sales = tuple(_sale(number, _shape(seeded), seeded) for number in range(1, orders + 1))
    return Day(sales, tuple(_deliveries(sales, seeded)), _lives(sales, chance(seed, "lives")))


def _lives(sales: tuple[Sale, ...], seeded: random.Random) -> tuple[Life, ...]:
    """One life for each order, in their order; what never reaches NetSuite lives no further."""
    deck = Deck(seeded)
    return tuple(
        deck.life(Placed(sale.order, sale.transactions, seeded, fits=sale.expect == "synced")) for sale in sales
    )


def one_more(number: int) -> Sale:
    """One plain order behind a day of `number` orders."""
    return _sale(number + 1, Shape(taxes=_SALES_TAX), random.Random(number))


def _shape(seeded: random.Random) -> Shape:
    drawn = seeded.uniform(0, 100)
    for share, shape in _SHAPES:
        drawn -= share
        if drawn < 0:
            return shape
    return Shape(taxes=_SALES_TAX, lines=seeded.randint(1, 4))


def _sale(number: int, shape: Shape, seeded: random.Random) -> Sale:
    made, payments = order(number, shape, seeded)
    expect = "synced"
    if shape.test:
        expect = "excluded:orders.include_test"
    elif shape.unknown_sku:
        expect = f"held:sku:{made['line_items'][0]['sku']}"
    return Sale(made, payments, expect)


def _deliveries(sales: tuple[Sale, ...], seeded: random.Random) -> list[Json]:
    """Two or three topics an order; a fifth sent twice under one id, a fifth of the orders announced backwards."""
    timed: list[tuple[float, Json]] = []
    for position, sale in enumerate(sales):
        topics = ["orders/create", "orders/paid", "orders/updated"][: seeded.choice((2, 2, 3))]
        if seeded.random() < _OUT_OF_ORDER:
            topics.reverse()
        for step, topic in enumerate(topics):
            delivery: Json = {
                "topic": topic,
                "order_id": sale.order["id"],
                "webhook_id": str(uuid.UUID(int=seeded.getrandbits(128), version=4)),
            }
            moment = position + step * seeded.uniform(0.1, 4)
            timed.append((moment, delivery))
            if seeded.random() < _DUPLICATED:
                timed.append((moment + seeded.uniform(0, 6), dict(delivery)))
    timed.sort(key=lambda entry: entry[0])
    return [delivery for _, delivery in timed]
