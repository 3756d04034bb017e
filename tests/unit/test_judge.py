"""The judge finds every kind of wrong book, and nothing in a right one."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.judge import judge
from connector.sandbox.scenario.day import day
from connector.sandbox.scenario.placed import BEFORE, LATER, WHILE
from connector.sandbox.verdict import Verdict
from tests.living import KNOWN, SHOP_ID, books, lived, sums

Json = dict[str, Any]
DAY = day(1, 80)
SHOP = lived(DAY).ledger()
BOOKS = books(DAY, SHOP)


def verdict(shop: Json, account: Json) -> Verdict:
    account["money"] = sums(account["transactions"])
    return judge(shop, account, DAY, shop_id=SHOP_ID, known_customers=KNOWN)


def first(account: Json, kind: str, named: str = "SHOPIFY") -> Json:
    return next(item for item in account["transactions"] if item["type"] == kind and named in str(item["external_id"]))


def order_of(account: Json, life: str) -> Json:
    """The sales order of the first order with a life of that name."""
    number = next(item.order_id for item in DAY.lives if item.name == life)
    return next(item for item in account["transactions"] if item["id"] == f"so{number}")


def another_key(account: Json, kind: str) -> None:
    """The same money once more, under a key nobody knows."""
    account["transactions"].append(first(account, kind) | {"id": "x", "external_id": "SHOPIFY-1-TXN-0"})


def test_a_right_book_agrees_and_its_sums_are_the_shops() -> None:
    found = verdict(SHOP, deepcopy(BOOKS))
    assert found.problems == []
    assert found.in_netsuite == sum(item["type"] == "SalesOrd" for item in BOOKS["transactions"])
    for sums_of_currency in found.money.values():
        for sides in sums_of_currency.values():
            assert sides.shopify == sides.netsuite
    usd = found.money["USD"]
    assert usd["net"].netsuite == usd["deposits"].netsuite - usd["refunds"].netsuite > 0


def test_what_happened_is_counted() -> None:
    found = verdict(SHOP, deepcopy(BOOKS))
    acts = [set(item["acts"]) for item in SHOP["orders"]]
    assert found.happened["edited"] == sum("edit" in done for done in acts)
    assert found.happened["corrected by hand"] >= 1
    assert found.happened["parcels"] >= found.happened["shipped"] >= 5
    assert found.held["an exchange: a person decides"] == 1
    assert found.excluded["orders.cancelled"] >= 1


WRONGS: dict[str, tuple[Callable[[Json], Any], str]] = {
    "an order is missing": (lambda a: a["transactions"].remove(first(a, "SalesOrd")), "stands in NetSuite 0 times"),
    "an order stands twice": (lambda a: a["transactions"].append(first(a, "SalesOrd")), "stands in NetSuite 2 times"),
    "an order stands without a key": (
        lambda a: a["transactions"].append(first(a, "SalesOrd") | {"external_id": None}),
        "which nobody sold",
    ),
    "an order is a cent off": (lambda a: order_of(a, "raised").update(total="0.01"), "comes to 0.01"),
    "an order is in another currency": (lambda a: first(a, "SalesOrd").update(currency="SEK"), "is in SEK"),
    "what a person must decide was changed": (
        lambda a: order_of(a, "changed too late").update(total="0.01"),
        "is for a person to decide",
    ),
    "a cancelled order is open": (
        lambda a: order_of(a, "cancelled")["item_lines"][0].update(closed=False),
        "is cancelled in Shopify",
    ),
    "a deposit is missing": (lambda a: a["transactions"].remove(first(a, "CustDep")), "stands in NetSuite 0 times"),
    "a deposit stands twice": (lambda a: a["transactions"].append(first(a, "CustDep")), "stands in NetSuite 2 times"),
    "a deposit stands again under another key": (lambda a: another_key(a, "CustDep"), "which nobody sold"),
    "a deposit is a cent off": (lambda a: first(a, "CustDep").update(total="0.01"), "is over 0.01"),
    "a deposit is on another order": (lambda a: first(a, "CustDep").update(sales_order="so9"), "on another order"),
    "a deposit is another customer's": (lambda a: first(a, "CustDep").update(entity="1500"), "for another customer"),
    "a refund is missing": (lambda a: a["transactions"].remove(first(a, "CustRfnd")), "stands in NetSuite 0 times"),
    "a refund stands twice": (lambda a: a["transactions"].append(first(a, "CustRfnd")), "stands in NetSuite 2 times"),
    "a refund is a cent off": (lambda a: first(a, "CustRfnd").update(total="0.01"), "is over 0.01"),
    "a parcel is missing": (lambda a: a["transactions"].remove(first(a, "ItemShip")), "stands in NetSuite 0 times"),
    "a parcel holds more": (
        lambda a: first(a, "ItemShip")["item_lines"][0].update(quantity="99"),
        "holds",
    ),
    "a parcel has another number": (lambda a: first(a, "ItemShip").update(tracking=["1Z"]), "has the numbers ['1Z']"),
    "a parcel left by another order": (lambda a: first(a, "ItemShip").update(created_from="so9"), "another order"),
    "a bill is missing": (lambda a: a["transactions"].remove(first(a, "CustInvc", "None")), "NetSuite has"),
    "a memo by hand was written over": (
        lambda a: order_of(a, "memo by hand").update(memo="Shopify #1"),
        "by hand",
    ),
    "a note did not arrive": (lambda a: order_of(a, "note").update(memo=None), "has the note"),
    "an address did not arrive": (lambda a: order_of(a, "address").update(ship_to=["x", "y"]), "goes to"),
    "a held order was written": (
        lambda a: a["transactions"].append(first(a, "SalesOrd") | {"external_id": "SHOPIFY-1-ORDER-0"}),
        "which nobody sold",
    ),
    "a customer stands twice by e-mail": (
        lambda a: a["customers"].append(a["customers"][0] | {"id": "1", "email": "1400@X"}),
        "customer 1400@x stands in NetSuite 2 times",
    ),
    "a customer is gone": (lambda a: a["customers"].pop(), "is gone"),
    "a request came with a token that had ended": (lambda a: a["tokens"].update(refused_ended=1), "had ended"),
    "a request came with a token never given": (lambda a: a["tokens"].update(refused_unknown=1), "never gave"),
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_book_is_found_and_named(wrong: str) -> None:
    account = deepcopy(BOOKS)
    change, named = WRONGS[wrong]
    change(account)
    assert any(named in problem for problem in verdict(SHOP, account).problems)


def test_money_beside_our_orders_is_found() -> None:
    account = deepcopy(BOOKS) | {"money": {"deposits": {"USD": "1.00"}, "refunds": {}}}
    found = judge(SHOP, account, DAY, shop_id=SHOP_ID, known_customers=KNOWN)
    assert any("NetSuite's deposits come to 1.00 USD" in problem for problem in found.problems)


def test_an_order_cancelled_before_it_was_written_must_not_stand() -> None:
    account = deepcopy(BOOKS)
    number = next(item.order_id for item in DAY.lives if item.is_unwritten)
    account["transactions"].append(first(account, "SalesOrd") | {"external_id": f"SHOPIFY-{SHOP_ID}-ORDER-{number}"})
    assert any("which nobody sold" in problem for problem in verdict(SHOP, account).problems)


def test_what_is_given_back_after_billing_lowers_the_order_by_its_credit() -> None:
    account = deepcopy(BOOKS)
    order = order_of(account, "invoiced, unit back")
    sold = next(item for item in SHOP["orders"] if f"so{item['id']}" == order["id"])
    order["total"] = sold["presentment_total"]
    assert any("comes to" in problem for problem in verdict(SHOP, account).problems)
    (refund,) = sold["refunds"]
    memo = order | {"id": "cm", "type": "CustCred", "total": refund["money"]}
    account["transactions"].append(memo | {"external_id": f"SHOPIFY-{SHOP_ID}-CM-{refund['id']}"})
    assert verdict(SHOP, account).problems == []


def test_one_cash_refund_stands_for_the_whole_refund() -> None:
    account = deepcopy(BOOKS)
    order = order_of(account, "invoiced, unit back")
    sold = next(item for item in SHOP["orders"] if f"so{item['id']}" == order["id"])
    (refund,) = sold["refunds"]
    paid = first(account, "CustRfnd", f"RFND-{refund['transactions'][0]['id']}")
    paid |= {"type": "CashRfnd", "external_id": f"SHOPIFY-{SHOP_ID}-CR-{refund['id']}", "total": refund["money"]}
    order["total"] = str(Decimal(sold["current_total"]) + Decimal(refund["money"]))
    assert verdict(SHOP, account).problems == []


@pytest.mark.parametrize("round_number", [BEFORE, WHILE, LATER])
def test_a_day_is_judged_as_far_as_it_has_gone(round_number: int) -> None:
    so_far = DAY.until(round_number)
    shop = lived(so_far).ledger()
    account = books(so_far, shop)
    found = judge(shop, account, so_far, shop_id=SHOP_ID, known_customers=KNOWN)
    # A refund whose money is under way leaves the order's total open.
    assert found.problems == []
    assert not set(found.held) - {"sku:SKU-NOBODY-KNOWS"}


def test_a_shop_that_sold_something_else_is_found() -> None:
    shop = deepcopy(SHOP)
    quiet = next(item for item in shop["orders"] if not item["acts"])
    quiet["presentment_total"] = "0.01"
    assert any("with other money" in problem for problem in verdict(shop, deepcopy(BOOKS)).problems)


def test_something_that_did_not_happen_in_the_shop_is_found() -> None:
    shop = deepcopy(SHOP)
    next(item for item in shop["orders"] if item["acts"])["acts"] = []
    assert any("was to happen in the shop" in problem for problem in verdict(shop, deepcopy(BOOKS)).problems)


def test_an_order_nobody_planned_is_found() -> None:
    shop = deepcopy(SHOP)
    shop["orders"].append(shop["orders"][0] | {"id": 1})
    assert "the shop has an order 1 that was not planned" in verdict(shop, deepcopy(BOOKS)).problems


def test_a_request_to_the_shop_with_an_ended_token_is_found() -> None:
    shop = deepcopy(SHOP)
    shop["tokens"]["refused_ended"] = 1
    assert verdict(shop, deepcopy(BOOKS)).problems == [
        "1 requests came to the shop with an access token that had ended"
    ]


def test_a_delivery_without_an_answer_is_found() -> None:
    shop = deepcopy(SHOP) | {"deliveries": {"sent": 2, "acknowledged": 1, "distinct": 2}}
    assert verdict(shop, deepcopy(BOOKS)).problems == ["1 deliveries were not answered 200"]
