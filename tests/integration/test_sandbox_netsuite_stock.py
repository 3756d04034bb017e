"""Stock in the account: what orders commit, what shipments take and returns bring back, and how SuiteQL shows it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.account_api import Api, items, line, opened_api, order

Json = dict[str, Any]

LONG_AGO = "2026-01-05 08:00:00"
LEVELS = (
    "SELECT l.item, l.location, l.quantityonhand, l.quantityavailable, l.quantitycommitted, l.quantitybackordered, "
    "TO_CHAR(l.lastquantityavailablechange, 'YYYY-MM-DD HH24:MI:SS') AS changed_at "
    "FROM inventoryitemlocations l ORDER BY l.item, l.location"
)
KIT = {"id": "900", "itemid": "SET", "itemtype": "Kit", "members": [
    {"item": "812", "quantity": 2}, {"item": "813", "quantity": 1},
]}  # fmt: skip


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api(stock=[on_hand(10)]) as made:
        yield made


def on_hand(quantity: float, item: str = "812", location: str = "2", changed: str | None = LONG_AGO) -> Json:
    return {"item": item, "location": location, "on_hand": quantity, "changed": changed}


def figures(api: Api, item: str = "812", location: str = "2") -> tuple[str, ...]:
    """On hand, committed, available and back-ordered, as a judge reads them."""
    (found,) = [row for row in api.ledger()["stock"] if (row["item"], row["location"]) == (item, location)]
    return tuple(found[name] for name in ("on_hand", "committed", "available", "back_ordered"))


def held(api: Api, order_id: str) -> list[tuple[Any, Any]]:
    """Committed and back-ordered of an order's lines."""
    return [(item["quantityCommitted"], item["quantityBackOrdered"]) for item in api.lines(f"salesOrder/{order_id}")]


def changed_at(api: Api) -> str | None:
    return api.rows(LEVELS)[0].get("changed_at")


def test_an_order_commits_what_is_there_and_the_rest_is_back_ordered(api: Api) -> None:
    first = api.made("salesOrder", order(**items(line(7))))
    second = api.made("salesOrder", order("A-2", **items(line(5))))
    assert (held(api, first), held(api, second)) == ([(7, 0)], [(3, 2)])
    assert figures(api) == ("10", "10", "0", "2")


def test_a_closed_line_frees_its_stock_for_the_oldest_order_that_waits(api: Api) -> None:
    first = api.made("salesOrder", order(**items(line(7))))
    waiting = [api.made("salesOrder", order(f"B-{index}", **items(line(5)))) for index in range(2)]
    assert [held(api, number) for number in waiting] == [[(3, 2)], [(0, 5)]]
    api.accountant("close_order", order=first)
    assert [held(api, number) for number in waiting] == [[(5, 0)], [(5, 0)]]
    assert figures(api) == ("10", "10", "0", "0")


def test_a_deleted_order_gives_back_what_it_held(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(12))))
    assert figures(api) == ("10", "10", "0", "2")
    api.accountant("delete", record=number)
    assert figures(api) == ("10", "0", "10", "0")


def test_an_order_that_is_not_approved_commits_nothing(api: Api) -> None:
    number = api.made("salesOrder", order(orderStatus={"id": "A"}))
    assert figures(api) == ("10", "0", "10", "0")
    api.accountant("approve", order=number)
    assert figures(api) == ("10", "2", "8", "0")


def test_a_shipment_takes_what_was_committed_and_leaves_the_available_quantity(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(4))))
    requests.post(api.url + "/_sandbox/stock", json={"stock": [on_hand(10)]}, timeout=10).raise_for_status()
    made = api.accountant("fulfill", order=number, status="B")
    assert figures(api) == ("10", "4", "6", "0")
    api.patched(f"itemFulfillment/{made['id']}", {"shipStatus": {"id": "C"}})
    assert figures(api) == ("6", "0", "6", "0")
    # What is available did not change, and so its time did not.
    assert changed_at(api) == LONG_AGO
    assert held(api, number) == [(0, 0)]


def test_a_shipment_that_is_deleted_or_voided_brings_its_goods_back(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(4))))
    for undo in ("delete", "void"):
        made = api.accountant("fulfill", order=number)
        assert figures(api) == ("6", "0", "6", "0")
        api.accountant(undo, record=made["id"])
        assert figures(api) == ("10", "4", "6", "0")


def test_a_shipment_from_another_location_frees_the_one_that_was_committed(api: Api) -> None:
    api.account.change({"locations": [{"id": "2", "name": "Warehouse"}, {"id": "3", "name": "Shop"}]})
    number = api.made("salesOrder", order(**items(line(4))))
    api.accountant("fulfill", order=number, location="3")
    assert (figures(api), figures(api, location="3")) == (("10", "0", "10", "0"), ("-4", "0", "-4", "0"))


def test_a_receipt_brings_goods_back_and_the_credit_of_that_return_does_not_do_it_again(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(4))))
    api.accountant("bill", order=number)
    back = api.made(f"salesOrder/{number}/!transform/returnAuthorization", {"orderStatus": {"id": "B"}})
    received = {"item": {"items": [{"orderLine": 1, "quantity": 3, "location": {"id": "2"}}]}}
    api.made(f"returnAuthorization/{back}/!transform/itemReceipt", received)
    assert figures(api) == ("9", "0", "9", "0")
    api.made(f"returnAuthorization/{back}/!transform/creditMemo")
    assert figures(api) == ("9", "0", "9", "0")


def test_a_credit_memo_and_a_cash_refund_of_a_bill_put_their_goods_back(api: Api) -> None:
    one = api.made("salesOrder", order(**items(line(4))))
    two = api.made("salesOrder", order("A-2", **items(line(2))))
    invoice, sale = api.accountant("bill", order=one), api.accountant("bill", order=two, **{"as": "cashSale"})
    assert figures(api) == ("4", "0", "4", "0")
    api.made(f"invoice/{invoice['id']}/!transform/creditMemo")
    api.made(f"cashSale/{sale['id']}/!transform/cashRefund")
    assert figures(api) == ("10", "0", "10", "0")


def test_without_advanced_shipping_a_bill_takes_the_goods_once() -> None:
    with opened_api(stock=[on_hand(10)], features={"ADVSHIPPING": False, "MULTILOCINVT": True}) as api:
        number = api.made("salesOrder", order(**items(line(4))))
        api.accountant("fulfill", order=number, lines=[{"line": 1, "quantity": 1}])
        assert figures(api) == ("9", "3", "6", "0")
        api.accountant("bill", order=number)
        assert figures(api) == ("6", "0", "6", "0")


def test_the_accountant_adjusts_transfers_and_receives(api: Api) -> None:
    api.accountant("adjust_stock", item="812", location="2", by=-3)
    api.accountant("adjust_stock", item="812", location="3", to=5)
    api.accountant("transfer_stock", item="812", quantity=2, **{"from": "2", "to": "3"})
    api.accountant("receive_stock", item="812", location="3", quantity="0.5")
    assert (figures(api)[0], figures(api, location="3")[0]) == ("5", "7.5")
    assert changed_at(api) != LONG_AGO


def test_stock_may_fall_below_what_is_committed_and_then_serves_who_waits(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(12))))
    api.accountant("adjust_stock", item="812", location="2", to=-1)
    assert figures(api) == ("-1", "10", "-11", "2")
    assert api.rows(LEVELS)[0]["quantityavailable"] == "-11"
    api.accountant("receive_stock", item="812", location="2", quantity=20)
    assert (held(api, number), figures(api)) == ([(12, 0)], ("19", "12", "7", "0"))


def test_a_kit_commits_and_ships_its_components() -> None:
    stock = [on_hand(5), on_hand(9, "813")]
    with opened_api(stock=stock) as api:
        api.account.add_items([KIT])
        number = api.made("salesOrder", order(**items(line(3, item="900"))))
        assert held(api, number) == [(2, 1)]
        assert (figures(api), figures(api, "813")) == (("5", "5", "0", "1"), ("9", "3", "6", "0"))
        api.accountant("fulfill", order=number, lines=[{"line": 1, "quantity": 2}])
        assert (figures(api), figures(api, "813")) == (("1", "1", "0", "1"), ("7", "1", "6", "0"))
        members = api.rows("SELECT m.parentitem, m.item, m.quantity FROM ItemMember m ORDER BY m.item")
        assert [(row["parentitem"], row["item"], row["quantity"]) for row in members] == [
            ("900", "812", "2"), ("900", "813", "1"),
        ]  # fmt: skip


def test_what_never_moved_has_no_time_and_what_is_not_there_no_available_quantity() -> None:
    with opened_api(stock=[on_hand(0, changed=None), on_hand(3, "813")]) as api:
        none, some = api.rows(LEVELS)
        assert none == {"item": "812", "location": "2", "quantityonhand": "0", "quantitycommitted": "0",
                        "quantitybackordered": "0"}  # fmt: skip
        assert (some["quantityavailable"], some["changed_at"]) == ("3", LONG_AGO)


def test_an_order_without_a_location_commits_nothing_anywhere(api: Api) -> None:
    wanted = line(3)
    del wanted["location"]
    assert held(api, api.made("salesOrder", order(**items(wanted)))) == [(0, 3)]
    assert figures(api) == ("10", "0", "10", "0")


def test_an_item_without_stock_is_committed_whole_and_has_no_row(api: Api) -> None:
    assert held(api, api.made("salesOrder", order(**items(line(3, item="813"))))) == [(3, 0)]
    assert [row["item"] for row in api.rows(LEVELS)] == ["812"]


def test_one_of_the_two_tables_may_be_empty(api: Api) -> None:
    api.account.change({"stock_tables": ["aggregateitemlocation"]})
    counts = [
        api.rows(f"SELECT COUNT(*) AS n FROM {table}")[0]["n"]
        for table in ("inventoryitemlocations", "aggregateitemlocation")
    ]
    assert counts == ["0", "1"]


def test_a_change_has_the_time_of_the_servers_clock(api: Api) -> None:
    api.account.change({"server_clock_offset_seconds": -86_400 * 40})
    api.accountant("adjust_stock", item="812", location="2", by=1)
    (told,) = api.rows("SELECT TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI') AS now_at FROM dual")
    assert str(changed_at(api))[:15] == told["now_at"][:15]
