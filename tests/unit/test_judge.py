"""The judge finds every kind of wrong book, and nothing in a right one."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from connector.sandbox.judge import judge
from connector.sandbox.scenario.day import Day, day
from connector.sandbox.shopify.shop import Shop, ShopConfig

Json = dict[str, Any]
SHOP_ID = 1
KNOWN = ["1400", "1500"]
DAY = day(1, 60)


def books(of: Day) -> Json:
    """What the account's ledger must look like after the day."""
    transactions: list[Json] = []
    for number, sale in enumerate(sale for sale in of.sales if sale.expect == "synced"):
        common = {"entity": "1400", "currency": sale.currency}
        key = f"SHOPIFY-{SHOP_ID}-ORDER-{sale.order['id']}"
        order = {
            "id": f"so{number}",
            "type": "SalesOrd",
            "external_id": key,
            "total": str(sale.total),
            "sales_order": None,
        }
        transactions.append(order | common)
        for transaction, amount in sale.deposits.items():
            deposit = {
                "id": f"cd{transaction}",
                "type": "CustDep",
                "external_id": f"SHOPIFY-{SHOP_ID}-TXN-{transaction}",
            }
            transactions.append(deposit | common | {"total": str(amount), "sales_order": f"so{number}"})
    customers = [{"id": number, "external_id": None, "email": f"{number}@x", "subsidiary": "1"} for number in KNOWN]
    tokens = {"issued": 3, "refused_ended": 0, "refused_unknown": 0}
    calls = {"total": 0, "refused_429": 0}
    return {"transactions": transactions, "customers": customers, "calls": calls, "tokens": tokens}


def shop_ledger(of: Day) -> Json:
    shop = Shop(ShopConfig())
    for sale in of.sales:
        shop.put_order(sale.order, sale.transactions)
    return shop.ledger()


def problems(shop: Json, account: Json) -> list[str]:
    return judge(shop, account, DAY.sales, shop_id=SHOP_ID, known_customers=KNOWN).problems


def first(account: Json, kind: str) -> Json:
    return next(item for item in account["transactions"] if item["type"] == kind)


def test_a_right_book_agrees() -> None:
    assert problems(shop_ledger(DAY), books(DAY)) == []


WRONGS: dict[str, Callable[[Json], Any]] = {
    "an order is missing": lambda account: account["transactions"].remove(first(account, "SalesOrd")),
    "an order stands twice": lambda account: account["transactions"].append(first(account, "SalesOrd")),
    "an order stands without an external id": lambda account: account["transactions"].append(
        first(account, "SalesOrd") | {"external_id": None}
    ),
    "an order is a cent off": lambda account: first(account, "SalesOrd").update(total="0.01"),
    "an order is in another currency": lambda account: first(account, "SalesOrd").update(currency="SEK"),
    "a deposit is missing": lambda account: account["transactions"].remove(first(account, "CustDep")),
    "a deposit stands twice": lambda account: account["transactions"].append(first(account, "CustDep")),
    "a deposit is a cent off": lambda account: first(account, "CustDep").update(total="0.01"),
    "a deposit is on another order": lambda account: first(account, "CustDep").update(sales_order="so99"),
    "a deposit is another customer's": lambda account: first(account, "CustDep").update(entity="1500"),
    "a held order was written": lambda account: account["transactions"].append(
        first(account, "SalesOrd") | {"external_id": "SHOPIFY-1-ORDER-0"}
    ),
    "a customer stands twice by e-mail": lambda account: account["customers"].append(
        account["customers"][0] | {"id": "1", "email": "1400@X"}
    ),
    "a customer is gone": lambda account: account["customers"].pop(),
    "a request came with a token that had ended": lambda account: account["tokens"].update(refused_ended=1),
    "a request came with a token that was never given": lambda account: account["tokens"].update(refused_unknown=1),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_book_is_found(wrong: str) -> None:
    account = deepcopy(books(DAY))
    WRONGS[wrong](account)
    assert problems(shop_ledger(DAY), account) != []


def test_a_shop_that_sold_something_else_is_found() -> None:
    shop = shop_ledger(DAY)
    shop["orders"][0]["presentment_total"] = "0.01"
    assert problems(shop, books(DAY)) != []


def test_a_request_to_the_shop_with_an_ended_token_is_found() -> None:
    shop = shop_ledger(DAY)
    shop["tokens"]["refused_ended"] = 1
    assert problems(shop, books(DAY)) == ["1 requests came to the shop with an access token that had ended"]


def test_a_delivery_without_an_answer_is_found() -> None:
    shop = shop_ledger(DAY)
    shop["deliveries"] = {"sent": 2, "acknowledged": 1, "distinct": 2}
    assert problems(shop, books(DAY)) != []
