"""The harness's judge objects to what is lost, doubled or of other money."""

from typing import Any

import pytest

from chaos.cells import CELLS
from chaos.judge import Judgement, judge_orders, judge_totals
from chaos.run import missed
from connector.sandbox.scenario import world

ORDER_KEY = world.order_key(5001)
DEPOSIT_KEY = f"SHOPIFY-{world.SHOP_ID}-TXN-7001"


def booked(key: str | None, kind: str, total: str = "20.00") -> dict[str, Any]:
    return {"external_id": key, "type": kind, "total": total, "at": 11.0}


def judged(*transactions: dict[str, Any]) -> Judgement:
    payment = {"id": 7001, "kind": "sale", "status": "success", "amount": "20.00"}
    failed = payment | {"id": 7002, "status": "failure"}
    sold = [{"id": 5001, "name": "#1001", "presentment_total": "20.00", "transactions": [payment, failed]}]
    money = {
        name: {"USD": str(sum(float(item["total"]) for item in transactions if item["type"] == kind))}
        for name, kind in (("orders", "SalesOrd"), ("deposits", "CustDep"))
    }
    judgement = Judgement(orders=1)
    judge_orders(sold, transactions, [{"order_id": 5001, "acknowledged_at": 10.0}], judgement)
    judge_totals(sold, {"transactions": transactions, "money": money}, judgement)
    return judgement


def test_one_order_and_one_deposit_of_the_same_money_are_right() -> None:
    found = judged(booked(ORDER_KEY, "SalesOrd"), booked(DEPOSIT_KEY, "CustDep"))
    assert (found.objections, found.lost, found.doubled, found.waits) == ([], 0, 0, [1.0])


@pytest.mark.parametrize(
    ("transactions", "lost", "doubled"),
    [
        ([booked(ORDER_KEY, "SalesOrd")], 1, 0),
        ([booked(DEPOSIT_KEY, "CustDep")], 1, 0),
        ([booked(ORDER_KEY, "SalesOrd"), *[booked(DEPOSIT_KEY, "CustDep")] * 2], 0, 1),
        ([booked(ORDER_KEY, "SalesOrd"), booked(DEPOSIT_KEY, "CustDep"), booked(None, "SalesOrd")], 0, 1),
        ([booked(ORDER_KEY, "SalesOrd"), booked(DEPOSIT_KEY, "CustDep", "20.01")], 0, 0),
    ],
)
def test_what_is_missing_too_much_or_of_other_money_is_objected_to(
    transactions: list[dict[str, Any]], lost: int, doubled: int
) -> None:
    found = judged(*transactions)
    assert found.objections
    assert (found.lost, found.doubled) == (lost, doubled)


@pytest.mark.parametrize(
    "name",
    [
        "worker killed at random",
        "web killed at random",
        "Redis killed and back empty, twice",
        "PostgreSQL immediate restart, twice",
        "worker killed before the claim",
        "web killed, committed, before the 200",
    ],
)
def test_a_cell_in_which_nothing_died_proves_nothing(name: str) -> None:
    (cell,) = [cell for cell in CELLS if cell.name == name]
    assert missed(cell, 0, []) == ["nothing died that was to"]
    assert missed(cell, 1, []) == []


def test_a_cell_in_which_no_call_failed_proves_nothing() -> None:
    (cell,) = [cell for cell in CELLS if cell.name == "NetSuite 429 and 503 storm"]
    assert missed(cell, 0, [{"status": 204}, {"status": 404}]) == ["no call met the fault of NetSuite"]
    assert missed(cell, 0, [{"status": 204}, {"status": 429}]) == []
