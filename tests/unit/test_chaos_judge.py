"""The harness's judge objects to what is lost, doubled, of other money or not as the shop has it at last."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chaos.bar import is_soon
from chaos.cell import Cell
from chaos.cells import CELLS
from chaos.judge_orders import Judgement, judge_orders, judge_totals
from chaos.judge_rest import judge_journals, judge_planted, judge_repeats
from chaos.lives import PLANTED
from chaos.run import missed, slow
from chaos.stage import ACCOUNT_JOURNAL, SHOP_JOURNAL
from connector.sandbox.journal import Journal
from connector.sandbox.scenario import world

Json = dict[str, Any]

ORDER_KEY = world.order_key(5001)
DEPOSIT_KEY = f"SHOPIFY-{world.SHOP_ID}-TXN-7001"
REFUND_KEY = f"SHOPIFY-{world.SHOP_ID}-RFND-7003"
HOME = ["1 Example Street", "Springfield"]
_FIGURES = {"orders": "SalesOrd", "deposits": "CustDep", "refunds": "CustRfnd"}


def booked(key: str | None, kind: str, total: str = "20.00", **more: Any) -> Json:
    """A document of the account's ledger."""
    lines = [{"line": 1, "closed": False}]
    made = {"external_id": key, "type": kind, "total": total, "at": 11.0, "id": "20001", "item_lines": lines}
    return made | {"memo": "Shopify #1001: Ring twice", "ship_to": HOME} | more


ORDER, DEPOSIT = booked(ORDER_KEY, "SalesOrd"), booked(DEPOSIT_KEY, "CustDep")
CLOSED = booked(ORDER_KEY, "SalesOrd", item_lines=[{"line": 1, "closed": True}])
REFUND = booked(REFUND_KEY, "CustRfnd", "5.00")


def sold(*more_money: Json, **more: Any) -> Json:
    """The order of the shop's ledger: paid 20.00."""
    payment = {"id": 7001, "kind": "sale", "status": "success", "amount": "20.00"}
    failed = payment | {"id": 7002, "status": "failure"}
    made = {"id": 5001, "name": "#1001", "current_total": "20.00", "transactions": [payment, failed, *more_money]}
    return made | {"note": "Ring twice", "ship_to": HOME, "cancelled_at": None} | more


GAVE_BACK = {"id": 7003, "kind": "refund", "status": "success", "amount": "5.00"}
REFUNDED = sold(GAVE_BACK, current_total="15.00")
LESS = booked(ORDER_KEY, "SalesOrd", "15.00")
CANCELLED = sold(GAVE_BACK | {"amount": "20.00"}, cancelled_at="2026-11-20T11:00:00-05:00", current_total="0.00")
ALL_BACK = booked(REFUND_KEY, "CustRfnd")


def judged(one: Json, *transactions: Json, left_out: tuple[int, ...] = ()) -> Judgement:
    """The judgement on one order."""
    money = {
        name: {"USD": str(sum(float(item["total"]) for item in transactions if item["type"] == kind))}
        for name, kind in _FIGURES.items()
    }
    judgement, kept = Judgement(orders=1), [{"order_id": 5001, "acknowledged_at": 10.0}]
    written = judge_orders([one], transactions, kept, judgement, left_out=left_out)
    judge_totals(written, {"transactions": transactions, "money": money}, judgement)
    return judgement


@pytest.mark.parametrize(
    ("one", "transactions"),
    [
        pytest.param(sold(), [ORDER, DEPOSIT], id="paid"),
        pytest.param(sold(note=None), [ORDER, DEPOSIT], id="no note"),
        pytest.param(REFUNDED, [LESS, DEPOSIT, REFUND], id="some money back"),
        pytest.param(CANCELLED, [CLOSED, DEPOSIT, ALL_BACK], id="called off"),
    ],
)
def test_an_order_that_stands_as_the_shop_has_it_is_right(one: Json, transactions: list[Json]) -> None:
    found = judged(one, *transactions)
    assert (found.objections, found.lost, found.doubled, found.waits) == ([], 0, 0, [1.0])


def test_an_order_that_was_called_off_before_it_was_written_stands_nowhere() -> None:
    assert judged(CANCELLED, left_out=(5001,)).objections == []
    # Unless our tables say that it was left out for it, it is lost.
    assert judged(CANCELLED).lost == 3
    assert judged(sold(), left_out=(5001,)).lost == 2
    found = judged(CANCELLED, DEPOSIT, left_out=(5001,))
    assert found.objections[0] == f"#1001 was left out, but NetSuite has {DEPOSIT_KEY}"
    assert found.doubled == 1


@pytest.mark.parametrize(
    ("one", "transactions", "lost", "doubled"),
    [
        (sold(), [ORDER], 1, 0),
        (sold(), [DEPOSIT], 1, 0),
        (sold(), [ORDER, DEPOSIT, DEPOSIT], 0, 1),
        (sold(), [ORDER, DEPOSIT, booked(None, "SalesOrd")], 0, 1),
        (sold(), [ORDER, booked(DEPOSIT_KEY, "CustDep", "20.01")], 0, 0),
        (REFUNDED, [LESS, DEPOSIT], 1, 0),
        (REFUNDED, [LESS, DEPOSIT, REFUND, REFUND], 0, 1),
        (REFUNDED, [LESS, DEPOSIT, booked(REFUND_KEY, "CustRfnd", "6.00")], 0, 0),
        (REFUNDED, [ORDER, DEPOSIT, REFUND], 0, 0),
        (sold(), [ORDER, DEPOSIT, REFUND], 0, 1),
        (CANCELLED, [ORDER, DEPOSIT, ALL_BACK], 0, 0),
        (CANCELLED, [CLOSED, DEPOSIT], 1, 0),
        (sold(), [ORDER, DEPOSIT, booked("SHOPIFY-1-CM-1", "CustCred")], 0, 1),
        (sold(), [booked(ORDER_KEY, "CashSale"), DEPOSIT], 0, 1),
        (sold(note="Ring three times"), [ORDER, DEPOSIT], 0, 0),
        (sold(ship_to=["1 Example Street", "Shelbyville"]), [ORDER, DEPOSIT], 0, 0),
    ],
)
def test_what_is_missing_too_much_or_not_as_the_shop_has_it_is_objected_to(
    one: Json, transactions: list[Json], lost: int, doubled: int
) -> None:
    found = judged(one, *transactions)
    assert found.objections
    assert (found.lost, found.doubled) == (lost, doubled)


@pytest.mark.parametrize(
    ("tries", "customers", "objections"),
    [
        ({ORDER_KEY: 2, DEPOSIT_KEY: 2}, 3, []),
        ({ORDER_KEY: 3}, 0, [f"#1001: {ORDER_KEY} was sent 3 times in 2 passes"]),
        ({DEPOSIT_KEY: 3}, 0, [f"#1001: {DEPOSIT_KEY} was sent 3 times in 2 passes"]),
        ({REFUND_KEY: 3}, 0, [f"#1001: {REFUND_KEY} was sent 3 times in 2 passes"]),
        ({}, 4, ["4 times a customer was sent, in 3 passes"]),
    ],
)
def test_nothing_is_sent_more_often_than_somebody_was_at_its_own_order(
    tries: Mapping[str, int], customers: int, objections: list[str]
) -> None:
    judgement = Judgement()
    calls = {"by_key": tries, "customers": customers}
    judge_repeats({"5001": 2, "5002": 1, "": 3}, [REFUNDED], calls, judgement)
    assert judgement.objections == objections


def _keep(directory: Path) -> tuple[Json, list[Json]]:
    """A ledger and its deliveries, and both files as they should be."""
    with closing(Journal(directory / ACCOUNT_JOURNAL)) as account, closing(Journal(directory / SHOP_JOURNAL)) as shop:
        account.write({"act": "made", "id": "20001", "type": "SalesOrd", "external_id": ORDER_KEY, "total": "19.00"})
        account.write({"act": "changed", "id": "20001", "type": "SalesOrd", "external_id": ORDER_KEY, "total": "20.00"})
        account.write({"act": "made", "id": "20002", "type": "CustDep", "external_id": None, "total": "1.00"})
        account.write({"act": "removed", "id": "20002", "type": "CustDep", "external_id": None, "total": "1.00"})
        shop.write({"webhook_id": "a", "status": 200})
    return {"transactions": [ORDER], "customers": [{"id": "1500", "external_id": None}]}, [
        {"webhook_id": "a", "status": 200}
    ]


@pytest.mark.parametrize(
    ("differs", "objections"),
    [
        pytest.param(lambda _account, _sent: None, 0, id="agree"),
        pytest.param(lambda account, _sent: account["transactions"].clear(), 1, id="a record is gone"),
        pytest.param(lambda account, _sent: account["transactions"][0].update(total="21.00"), 1, id="other money"),
        pytest.param(
            lambda account, _sent: account["customers"].append({"id": "20003", "external_id": None}), 1, id="unwritten"
        ),
        pytest.param(lambda _account, sent: sent.clear(), 1, id="a delivery is gone"),
        pytest.param(lambda _account, sent: sent[0].update(status=503), 1, id="another answer"),
    ],
)
def test_a_ledger_that_is_not_what_its_file_says_is_objected_to(
    tmp_path: Path, differs: Callable[[Json, list[Json]], None], objections: int
) -> None:
    account, sent = _keep(tmp_path)
    account["transactions"] = [dict(item) for item in account["transactions"]]
    differs(account, sent)
    judgement = Judgement()
    judge_journals(tmp_path, account, sent, lambda: sent, judgement)
    assert len(judgement.objections) == objections


@pytest.mark.parametrize(("told", "by_now", "objections"), [(0, 1, 0), (0, 0, 1), (1, 0, 1)])
def test_what_the_shop_tells_while_it_is_judged_is_no_difference(
    tmp_path: Path, told: int, by_now: int, objections: int
) -> None:
    account, sent = _keep(tmp_path)
    judgement = Judgement()
    judge_journals(tmp_path, account, sent[:told], lambda: sent[:by_now], judgement)
    assert len(judgement.objections) == objections


@pytest.mark.parametrize("what", PLANTED)
def test_each_planted_value_is_found(what: str) -> None:
    judgement = Judgement()
    judge_planted(f"customer={PLANTED[what]} id=5".encode(), "web-0.log", judgement)
    assert judgement.objections == [f"a customer's {what} stands in web-0.log"]


def cell(name: str) -> Cell:
    """The cell of a name."""
    (found,) = [one for one in CELLS if one.name == name]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "worker killed at random",
        "web killed at random",
        "Redis killed and back empty, twice",
        "PostgreSQL immediate restart, twice",
        "worker killed before the claim",
        "web killed, committed, before the 200",
        "H sent, not applied: workers killed",
    ],
)
def test_a_cell_in_which_nothing_died_proves_nothing(name: str) -> None:
    assert missed(cell(name), 0, []) == ["nothing died that was to"]
    assert missed(cell(name), 1, []) == []


def test_a_cell_in_which_no_call_failed_proves_nothing() -> None:
    stormed = cell("NetSuite 429 and 503 storm")
    assert missed(stormed, 0, [{"status": 204}, {"status": 404}]) == ["no call met the fault of NetSuite"]
    assert missed(stormed, 0, [{"status": 204}, {"status": 429}]) == []


@pytest.mark.parametrize(
    ("name", "bar"),
    [
        ("worker killed at random", 150),
        ("worker killed, effect sent, before the request", 150),
        ("Redis flushed again and again", 60),
        ("Redis flushed before anybody read", 60),
        ("K settled, not acknowledged: Redis flushed", 60),
        ("H sent, not applied: workers killed", 150),
    ],
)
def test_what_is_found_again_too_late_is_objected_to(name: str, bar: int) -> None:
    assert slow(cell(name), [1.0, bar]) == []
    assert slow(cell(name), [bar + 1.0]) == [
        f"found again after {bar + 1:.1f} s (99th percentile of 1), the bar is {bar} s"
    ]


def test_a_cell_that_is_to_leave_records_behind_must_have() -> None:
    assert slow(cell("Redis flushed before anybody read"), []) == ["nothing was left behind that was to be found again"]
    assert slow(cell("worker killed at random"), []) == []


def test_the_bar_is_not_reached_by_what_was_found_late_or_by_nothing() -> None:
    assert is_soon([1.0, 149.0])
    assert not is_soon([151.0])
    assert not is_soon([])


def test_every_cell_has_a_name_of_its_own() -> None:
    assert len({one.name for one in CELLS}) == len(CELLS)
