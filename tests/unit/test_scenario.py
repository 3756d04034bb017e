"""The demo's day is the same for a seed, and every order adds up to the cent on both sides."""

import random
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.scenario.day import day, one_more
from connector.sandbox.scenario.lives import announced
from connector.sandbox.scenario.warehouse import cartons, moves
from connector.sandbox.scenario.world import ITEMS, OUTLET, WAREHOUSE, order_key
from tests.living import lived

Json = dict[str, Any]


def side(order: Json, which: str) -> Decimal:
    """Total of an order from its parts, in one of the two currencies."""

    def amount(holder: Json, name: str) -> Decimal:
        return Decimal(holder[f"{name}_set"][which]["amount"])

    total = Decimal(0)
    for line in order["line_items"]:
        total += amount(line, "price") * line["quantity"]
        total -= sum((amount(share, "amount") for share in line["discount_allocations"]), Decimal(0))
    total += sum((amount(line, "discounted_price") for line in order["shipping_lines"]), Decimal(0))
    return total if order["taxes_included"] else total + amount(order, "total_tax")


@pytest.mark.parametrize("seed", range(5))
def test_every_order_adds_up_in_both_currencies(seed: int) -> None:
    for sale in day(seed, 200).sales:
        order = sale.order
        assert side(order, "shop_money") == Decimal(order["total_price"])
        assert side(order, "presentment_money") == sale.total
        taxes = [tax for line in (*order["line_items"], *order["shipping_lines"]) for tax in line["tax_lines"]]
        assert sum((Decimal(tax["price"]) for tax in taxes), Decimal(0)) == Decimal(order["total_tax"])
        assert sum(sale.deposits.values(), Decimal(0)) <= sale.total


def test_the_same_seed_gives_the_same_day() -> None:
    assert day(7, 50) == day(7, 50)
    assert day(7, 50) != day(8, 50)


def test_a_day_holds_what_real_days_hold() -> None:
    made = day(1, 400)
    expectations = {sale.expect for sale in made.sales}
    assert {"synced", "excluded:orders.include_test", "held:sku:SKU-NOBODY-KNOWS"} <= expectations
    assert {sale.currency for sale in made.sales} == {"USD", "EUR", "GBP", "CAD", "JPY"}
    assert any(sale.order["customer"] is None for sale in made.sales)
    assert any(len(sale.order["line_items"]) > 50 for sale in made.sales)
    assert any(sale.total == 0 for sale in made.sales)
    distinct = {delivery["webhook_id"] for delivery in made.deliveries}
    assert 0.1 < 1 - len(distinct) / len(made.deliveries) < 0.25


def test_one_more_order_is_a_new_one() -> None:
    assert one_more(50).order["id"] not in {sale.order["id"] for sale in day(1, 50).sales}


@pytest.mark.parametrize("seed", range(8))
def test_every_life_can_be_lived_and_leaves_what_was_paid_and_what_is_owed_together(seed: int) -> None:
    made = day(seed, 150)
    lives = {life.order_id: life for life in made.lives}
    for order in lived(made).ledger()["orders"]:
        life = lives[order["id"]]
        assert Decimal(order["refunded"]) <= Decimal(order["paid"])
        if life.name not in ("changed too late", "exchanged", "nothing", "cancelled by hand", "shipped by hand"):
            assert (
                Decimal(order["net"]) == Decimal(order["current_total"]) or "partly" in life.name or not order["acts"]
            )


def test_a_short_day_holds_every_kind_of_life() -> None:
    names = {life.name for life in day(1, 60).lives}
    assert {
        "raised",
        "cancelled before",
        "cancelled",
        "unit back",
        "shipped",
        "invoiced, unit back",
        "exchanged",
    } <= names
    assert {act.side for life in day(1, 60).lives for act in life.acts} == {"shop", "account"}


def test_a_life_so_far_is_held_only_when_it_has_gone_its_way() -> None:
    (life,) = (life for life in day(1, 60).lives if life.name == "changed too late")
    assert life.until(2).held is None
    assert life.until(3) == life


def test_of_the_news_of_a_life_at_least_one_arrives() -> None:
    news = [{"topic": f"orders/{number}", "order_id": 1} for number in range(3)]
    seen: list[list[Json]] = [announced(news, random.Random(seed)) for seed in range(300)]
    assert min(map(len, seen)) == 1
    topics = [[item["topic"] for item in sent] for sent in seen]
    assert any(sent != sorted(sent) for sent in topics)
    assert any(len({item["webhook_id"] for item in sent}) < len(sent) for sent in seen)
    assert any(len(set(sent)) < 3 for sent in topics)


def test_the_evenings_cartons_ship_what_is_open_and_no_more() -> None:
    made = day(1, 80)
    books = [
        {
            "external_id": order_key(life.order_id),
            "type": "SalesOrd",
            "item_lines": [line(1, "3", "1"), line(2, "1", "1")],
        }
        for life in made.lives
    ]
    planned = cartons(made, books, random.Random(1))
    assert planned == cartons(made, books, random.Random(1))
    assert [carton.is_taken_back for carton in planned].count(True) == 1
    assert any(carton.is_later for carton in planned)
    parts = [carton.lines for carton in planned if carton.lines]
    assert parts == [({"line": 1, "quantity": 1},)] * len(parts) != []
    held = {order_key(life.order_id) for life in made.lives if life.held}
    assert not held & {carton.order for carton in planned}
    assert cartons(made, [book | {"item_lines": [line(1, "1", "1")]} for book in books], random.Random(1)) == []


def test_the_warehouse_never_runs_dry_by_its_own_moves() -> None:
    found = moves(random.Random(3))
    left = 0
    for _ in range(300):
        asked = next(found).asked
        left += asked.get("by", 0) + (asked["quantity"] if asked["act"] == "receive_stock" else 0)
        left += {WAREHOUSE: -2, OUTLET: 2}[asked["from"]] if "from" in asked else 0
        assert left >= 0


def line(number: int, quantity: str, fulfilled: str) -> Json:
    return {"line": number, "item": ITEMS["MUG-RED"], "quantity": quantity, "fulfilled": fulfilled, "closed": False}
