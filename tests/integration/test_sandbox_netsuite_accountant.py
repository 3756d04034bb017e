"""The accountant: a person who bills, ships, closes, edits, merges and deletes in the account, as tests and demo ask."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.account_api import Api, items, line, opened_api, order

Json = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def entry(api: Api, record_id: str) -> Any:
    (found,) = [item for item in api.ledger()["transactions"] if item["id"] == record_id]
    return found


def test_an_order_is_billed_after_it_is_shipped(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2), line(1, 3.0, "903"))))
    made = api.accountant("bill", order="A-1")
    assert (made["type"], entry(api, made["id"])["total"], entry(api, number)["status"]) == ("invoice", "13", "G")
    assert [item["billed"] for item in entry(api, number)["item_lines"]] == ["2", "1"]


def test_a_part_of_an_order_is_billed_by_cash_sale(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(3), line(1, 3.0, "813"))))
    made = api.accountant("bill", order="SO1001", **{"as": "cashSale"}, lines=[{"line": 1, "quantity": 2}])
    assert (made["type"], entry(api, made["id"])["total"], entry(api, number)["status"]) == ("cashSale", "10", "D")
    assert [item["fulfilled"] for item in entry(api, number)["item_lines"]] == ["2", "0"]
    api.accountant("bill", order=number, lines=[{"line": 1, "quantity": 1}])
    assert [item["billed"] for item in entry(api, number)["item_lines"]] == ["3", "0"]


def test_an_order_billed_in_advance_still_waits_for_its_goods(api: Api) -> None:
    number = api.made("salesOrder", order())
    made = api.accountant("bill", order=number, in_advance=True)
    assert (entry(api, made["id"])["total"], entry(api, number)["status"]) == ("10", "B")
    api.accountant("fulfill", order=number)
    assert entry(api, number)["status"] == "G"


def test_a_part_is_shipped_and_its_tracking_comes_later(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(3), line(2, 1.0, "813"))))
    made = api.accountant("fulfill", order=number, lines=[{"line": 1, "quantity": 1}], location="2")
    assert (entry(api, made["id"])["tracking"], entry(api, number)["status"]) == ([], "E")
    api.accountant("track", record=made["id"], tracking=["T1", "T2"])
    assert entry(api, made["id"])["tracking"] == ["T1", "T2"]
    api.accountant("fulfill", order=number, tracking=["T3"], status="B")
    assert [item["fulfilled"] for item in entry(api, number)["item_lines"]] == ["1", "0"]


def test_an_order_is_approved_edited_and_closed_by_hand(api: Api) -> None:
    number = api.made("salesOrder", order(orderStatus={"id": "A"}, **items(line(2), line(1))))
    api.accountant("approve", order=number)
    api.accountant("edit", record=number, fields={"memo": "by hand"})
    assert (entry(api, number)["status"], entry(api, number)["memo"]) == ("B", "by hand")
    api.accountant("close_order", order=number, lines=[1])
    assert [item["closed"] for item in entry(api, number)["item_lines"]] == [True, False]
    api.accountant("close_order", order=number)
    assert entry(api, number)["status"] == "H"


def test_a_customer_is_edited_by_hand(api: Api) -> None:
    api.accountant("edit", type="customer", record="1456", fields={"phone": "+15555550100"})
    (found,) = [item for item in api.ledger()["customers"] if item["id"] == "1456"]
    assert (found["phone"], found["is_person"], found["addresses"]) == ("+15555550100", True, 0)


def test_a_merged_duplicate_disappears_and_its_documents_move(api: Api) -> None:
    body = {"externalId": "DUP", "lastName": "Twin", "subsidiary": {"id": "1"}}
    book = {"items": [{"addressBookAddress": {"addr1": "1 Main St", "country": {"id": "US"}}}]}
    gone = api.made("customer", body | {"addressBook": book})
    number = api.made("salesOrder", order(entity={"id": gone}))
    paid = {"customer": {"id": gone}, "salesOrder": {"id": number}, "payment": 10, "currency": {"id": "1"}}
    deposit = api.made("customerDeposit", paid)
    api.accountant("merge_customers", **{"from": "DUP", "to": "1456"})
    assert api.record("GET", f"customer/{gone}").status_code == 404
    assert api.record("GET", "customer/eid:DUP").status_code == 404
    assert (entry(api, number)["entity"], entry(api, deposit)["entity"]) == ("1456", "1456")
    assert [row["id"] for row in api.rows("SELECT id FROM transaction WHERE entity = ? ORDER BY id", "1456")] == [
        number, deposit,
    ]  # fmt: skip
    assert "dependent" in api.refused("DELETE", "customer/1456")
    assert api.rows("SELECT type, recordid FROM deletedrecord") == [{"type": "customer", "recordid": gone}]
    assert api.read("customer/1456")["addressBook"]["totalResults"] == 1


def test_a_voided_refund_gives_back_what_it_took(api: Api) -> None:
    deposit = api.made("customerDeposit", {"customer": {"id": "1456"}, "payment": 10, "currency": {"id": "1"}})
    line_of = {"items": [{"doc": {"id": deposit}, "apply": True, "amount": 4}]}
    body = {"customer": {"id": "1456"}, "currency": {"id": "1"}, "account": {"id": "123"}, "deposit": line_of}
    refund = api.made("customerRefund", body)
    assert (entry(api, deposit)["applied"], entry(api, deposit)["remaining"]) == ("4", "6")
    api.accountant("void", record=refund)
    assert (entry(api, refund)["voided"], entry(api, refund)["total"], entry(api, deposit)["remaining"]) == (
        True,
        "0",
        "10",
    )
    api.accountant("delete", record=refund)
    api.accountant("delete", record=deposit)
    assert api.ledger()["transactions"] == []


def test_the_accountant_is_bound_by_the_account_s_rules(api: Api) -> None:
    number = api.made("salesOrder", order())
    api.accountant("fulfill", order=number)
    for wish, status in (
        ({"act": "delete", "record": number}, 400),
        ({"act": "dance"}, 400),
        ({"act": "bill", "order": "X"}, 404),
    ):
        answer = requests.post(api.url + "/_sandbox/accountant", json=wish, timeout=10)
        assert (answer.status_code, "error" in answer.json()) == (status, True)
