"""SuiteQL over the account's transactions: the queries of the facts document run as printed and tell what happened."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.account_api import Api, items, line, opened_api, order

Json = dict[str, Any]
LONG_AGO = "2000-01-01 00:00:00"


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def printed(shared: Path, section: str) -> list[str]:
    """The queries a section of the facts document prints."""
    text = (shared / "apis/netsuite.md").read_text("utf-8")
    body = text.partition(f"### {section} ")[2].partition("\n### ")[0].partition("\n## ")[0]
    return re.findall(r"```sql\n(.*?)```", body, flags=re.DOTALL)


def shipped(api: Api, tracking: str = "1Z9") -> tuple[str, str]:
    """An order over three mugs of which two were shipped: both ids."""
    number = api.made("salesOrder", order(otherRefNum="#1001", **items(line(3), line(1, 2.0, "903"))))
    body = {
        "externalId": "F-1",
        "shipStatus": {"id": "C"},
        "package": {"items": [{"packageTrackingNumber": tracking, "packageWeight": 1}]},
    }
    return number, api.made(
        f"salesOrder/{number}/!transform/itemFulfillment", body | items({"orderLine": 1, "quantity": 2})
    )


def test_fulfilments_with_their_tracking_are_found_as_the_document_asks(api: Api, shared: Path) -> None:
    number, fulfillment = shipped(api)
    headers, lines, tracking = printed(shared, "6.10")
    (row,) = api.rows(headers, LONG_AGO, "0")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:00", row.pop("modified_at"))
    assert row == {
        "id": fulfillment, "tranid": "IF1001", "externalid": "F-1", "status_cf": "ItemShip:C", "order_id": number,
        "order_externalid": "A-1", "otherrefnum": "#1001",
    }  # fmt: skip
    assert api.rows(headers, LONG_AGO, fulfillment) == []
    (row,) = api.rows(lines, fulfillment, "0")
    assert row == {
        "transaction": fulfillment, "line_id": "1", "linesequencenumber": "1", "item": "812", "quantity": "2", "location": "2"
    }  # fmt: skip
    assert api.rows(tracking, fulfillment, "0") == [{"transaction": fulfillment, "trackingnumber": "1Z9"}]


def test_an_order_is_found_by_its_external_id_with_a_status_of_one_letter(api: Api, shared: Path) -> None:
    number, _ = shipped(api)
    (query,) = printed(shared, "6.11")
    (row,) = api.rows(query, "A-1")
    assert row == {"id": number, "tranid": "SO1001", "externalid": "A-1", "status": "E", "foreigntotal": "17"}
    assert api.rows("SELECT id FROM transaction WHERE status = 'SalesOrd:E'") == []
    (names,) = api.rows(
        "SELECT BUILTIN.DF(t.status) AS shown, BUILTIN.CF(t.status) AS cf FROM transaction t WHERE id = ?", number
    )
    assert names == {"shown": "Sales Order : Pending Billing/Partially Fulfilled", "cf": "SalesOrd:E"}


def test_customers_that_changed_are_found_with_their_company_and_phone(api: Api, shared: Path) -> None:
    body = {"isPerson": False, "companyName": "Example Ltd", "phone": "+15555550100", "subsidiary": {"id": "1"}}
    made = api.made("customer", body)
    (query,) = printed(shared, "6.9")
    rows = api.rows(query, LONG_AGO, "1456")
    assert [(row["id"], row["companyname"], row["isperson"], row["phone"]) for row in rows] == [
        (made, "Example Ltd", "F", "+15555550100")
    ]


def test_sales_lines_are_negative_and_credits_positive_and_tax_stands_in_a_line_of_its_own() -> None:
    with opened_api(tax_rate="0.1") as api:
        number = api.made("salesOrder", order(shippingCost=4, shipMethod={"id": "41"}))
        query = "SELECT tl.id, tl.quantity, tl.foreignamount, tl.mainline, tl.taxline FROM transactionline tl"
        rows = api.rows(f"{query} WHERE tl.transaction = ? ORDER BY tl.id", number)
        assert [(row.get("quantity"), row["foreignamount"], row["mainline"], row["taxline"]) for row in rows] == [
            (None, "15", "T", "F"), ("-2", "-10", "F", "F"), (None, "-4", "F", "F"), (None, "-1", "F", "T"),
        ]  # fmt: skip
        memo = api.made("creditMemo", {"entity": {"id": "1456"}, "currency": {"id": "1"}, **items(line(2))})
        (row,) = api.rows(f"{query} WHERE tl.transaction = ? AND tl.id = 1", memo)
        assert (row["quantity"], row["foreignamount"]) == ("2", "10")


def test_how_far_a_line_is_stands_in_its_row(api: Api) -> None:
    number, _ = shipped(api)
    api.made(f"salesOrder/{number}/!transform/invoice", items({"orderLine": 1, "quantity": 1}))
    (row,) = api.rows(
        "SELECT quantityshiprecv, quantitybilled FROM transactionline WHERE transaction = ? AND id = 1", number
    )
    assert row == {"quantityshiprecv": "2", "quantitybilled": "1"}


def test_links_lead_from_an_order_to_all_that_was_made_of_it(api: Api) -> None:
    number, fulfillment = shipped(api)
    deposit = {"customer": {"id": "1456"}, "salesOrder": {"id": number}, "payment": 5, "currency": {"id": "1"}}
    paid = api.made("customerDeposit", deposit)
    invoice = api.made(f"salesOrder/{number}/!transform/invoice", {})
    query = "SELECT nextdoc, linktype FROM NextTransactionLink WHERE previousdoc = ? ORDER BY nextdoc"
    assert [(row["nextdoc"], row["linktype"]) for row in api.rows(query, number)] == [
        (fulfillment, "ShipRcpt"), (paid, "OrdDep"), (invoice, "OrdBill"),
    ]  # fmt: skip
    (row,) = api.rows(
        "SELECT previousdoc, previousline, nextline, nexttype FROM PreviousTransactionLineLink WHERE nextdoc = ?",
        fulfillment,
    )
    assert row == {"previousdoc": number, "previousline": "1", "nextline": "1", "nexttype": "ItemShip"}


def test_what_is_unpaid_and_what_was_deleted_or_voided_is_told(api: Api) -> None:
    deposit = {"externalId": "D-1", "customer": {"id": "1456"}, "payment": 5, "currency": {"id": "1"}}
    first = api.made("customerDeposit", deposit)
    (row,) = api.rows(
        "SELECT type, foreigntotal, foreignamountunpaid, voided, entity FROM transaction WHERE id = ?", first
    )
    assert row == {
        "type": "CustDep", "foreigntotal": "5", "foreignamountunpaid": "5", "voided": "F", "entity": "1456"
    }  # fmt: skip
    api.accountant("void", record=first)
    assert api.rows("SELECT voided, foreigntotal FROM transaction WHERE id = ?", first) == [
        {"voided": "T", "foreigntotal": "0"}
    ]
    assert api.record("DELETE", f"customerDeposit/{first}").status_code == 204
    query = "SELECT type, recordid FROM deletedrecord WHERE deleteddate >= TO_TIMESTAMP(?, 'YYYY-MM-DD HH24:MI:SS')"
    assert api.rows(query, LONG_AGO) == [{"type": "customerdeposit", "recordid": first}]


def test_a_bare_date_comes_in_the_format_of_the_user(api: Api) -> None:
    api.made("salesOrder", order(tranDate="2026-11-20"))
    query = "SELECT trandate, TO_CHAR(trandate, 'YYYY-MM-DD') AS iso FROM transaction WHERE externalid = ?"
    assert api.rows(query, "A-1") == [{"trandate": "11/20/2026", "iso": "2026-11-20"}]


def test_a_kit_shows_its_members_behind_it() -> None:
    kit = {"id": "700", "itemid": "SET", "itemtype": "Kit", "members": [{"item": "701", "quantity": 2}]}
    with opened_api(items=[kit, {"id": "701", "itemid": "CUP"}]) as api:
        number = api.made("salesOrder", order(**items(line(3, 5.0, "700"))))
        made = api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
        rows = api.rows(
            "SELECT item, quantity, kitmemberof FROM transactionline "
            "WHERE transaction = ? AND mainline = 'F' AND iscogs = 'F' ORDER BY id",
            made,
        )
        assert rows == [{"item": "700", "quantity": "-3"}, {"item": "701", "quantity": "-6", "kitmemberof": "1"}]
        assert api.read(f"salesOrder/{number}")["status"]["id"] == "F"


def test_a_look_up_among_many_transactions_takes_no_scan(api: Api) -> None:
    rows = [
        {"id": number, "type": "SalesOrd", "externalid": f"X-{number}", "status": "B", "foreigntotal": 1}
        for number in range(100_000, 200_000)
    ]
    api.account.tables.put_all("transaction", rows)
    started = time.perf_counter()
    for number in range(100_000, 100_050):
        assert api.rows("SELECT id FROM transaction WHERE type = 'SalesOrd' AND externalid = ?", f"X-{number}")
    assert time.perf_counter() - started < 5
