"""Customers, addresses and contacts in the account, and every example body of the facts document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.account_api import Api, code, items, line, opened_api, order

Json = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def person(**changes: Any) -> Json:
    return {"isPerson": True, "firstName": "Ada", "lastName": "Example", "subsidiary": {"id": "1"}} | changes


def address(addr1: str, **changes: Any) -> Json:
    return {"addressBookAddress": {"addr1": addr1, "city": "Springfield", "country": {"id": "US"}}} | changes


def book(api: Api, path: str) -> list[tuple[str, bool]]:
    lines = api.read(path)["addressBook"]["items"]
    return [(item["addressBookAddress"]["addr1"], item["defaultShipping"]) for item in lines]


def test_an_address_without_its_id_is_added_and_with_it_changed(api: Api) -> None:
    first = address("1 Main St", defaultShipping=True)
    number = api.made("customer", person(addressBook={"items": [first]}))
    path = f"customer/{number}"
    api.patched(path, {"addressBook": {"items": [address("2 Side St", defaultShipping=True)]}})
    assert book(api, path) == [("1 Main St", False), ("2 Side St", True)]
    key = api.read(path)["addressBook"]["items"][0]["id"]
    change = {"id": key, "defaultShipping": True, "addressBookAddress": {"addr1": "3 Hill St"}}
    api.patched(path, {"addressBook": {"items": [change]}})
    assert book(api, path) == [("3 Hill St", True), ("2 Side St", False)]
    assert api.read(path)["addressBook"]["items"][0]["addressBookAddress"]["city"] == "Springfield"
    rows = api.rows(
        "SELECT a.addr1 FROM customeraddressbook b JOIN entityaddress a ON a.nkey = b.addressbookaddress WHERE b.entity = ?",
        number,
    )
    assert [row["addr1"] for row in rows] == ["3 Hill St", "2 Side St"]


def test_a_company_needs_its_name_and_stays_a_company(api: Api) -> None:
    assert "Company Name" in api.refused("POST", "customer", {"isPerson": False, "subsidiary": {"id": "1"}})
    body = {
        "isPerson": False,
        "companyName": "Example Ltd",
        "subsidiary": {"id": "1"},
        "taxable": True,
        "comments": "B2B",
    }
    number = api.made("customer", body)
    assert "company" in api.refused("PATCH", f"customer/{number}", {"isPerson": True, "lastName": "X"})
    api.patched(f"customer/{number}", {"comments": None, "isInactive": True})
    read = api.read(f"customer/{number}")
    assert (read["companyName"], read["isInactive"], "comments" in read) == ("Example Ltd", True, False)


def test_a_contact_belongs_to_its_company_and_shares_the_names_of_entities(api: Api) -> None:
    company = api.made("customer", {"isPerson": False, "companyName": "Example Ltd", "subsidiary": {"id": "1"}})
    body = {"externalId": "C-1", "firstName": "Ada", "lastName": "Example", "company": {"id": company}}
    number = api.made("contact", body)
    assert api.read(f"contact/{number}")["company"] == {"id": company, "refName": "Example Ltd"}
    assert "already exists" in api.refused("POST", "customer", person(externalId="c-1"))
    assert api.rows("SELECT id, firstname FROM contact WHERE company = ?", company) == [
        {"id": number, "firstname": "Ada"}
    ]
    assert "dependent" in api.refused("DELETE", f"customer/{company}")
    assert code(api.record("GET", "contact/999999")) == (404, "NONEXISTENT_ID")


def test_an_upsert_under_the_external_id_of_another_type_is_refused(api: Api) -> None:
    api.made("salesOrder", order("A-1"))
    body = {"customer": {"id": "1456"}, "payment": 1, "currency": {"id": "1"}}
    assert "already exists" in api.refused("PUT", "customerDeposit/eid:a-1", body)


def test_an_external_id_can_be_given_later_and_is_free_when_its_record_is_gone(api: Api) -> None:
    number = api.made("salesOrder", order("A-1"))
    api.patched(f"salesOrder/{number}", {"externalId": "A-2"})
    api.made("salesOrder", order("A-1"))
    assert api.record("DELETE", "salesOrder/eid:A-2").status_code == 204
    api.made("salesOrder", order("A-2"))


def examples(shared: Path) -> dict[str, Json]:
    text = (shared / "apis/netsuite.md").read_text("utf-8")
    found = re.findall(r"```json (\w+)\n(.*?)```", text, flags=re.DOTALL)
    return {name: json.loads(body) for name, body in found}


def test_every_example_body_of_the_facts_document_is_saved(shared: Path) -> None:
    bodies = examples(shared)
    more = {
        "departments": [{"id": "5", "name": "Web"}],
        "classes": [{"id": "3", "name": "Retail"}],
        "items": [{"id": "812", "itemid": "MUG"}, {"id": "900", "itemid": "CODE5", "itemtype": "Discount"}],
    }
    with opened_api(auto_apply_deposits=False, **more) as api:
        api.made("customer", bodies["customer"])
        made = {"20911": api.made("salesOrder", order("OLD", **items(line(4, 20.0))))}
        api.made("salesOrder", bodies["salesOrder"])
        ship = {"shipStatus": {"id": "C"}}
        api.made(f"salesOrder/{made['20911']}/!transform/itemFulfillment", ship)
        made["30555"] = api.made(f"salesOrder/{made['20911']}/!transform/invoice", {})
        ordered = "customerDeposit customerPayment cashSale cashRefund creditMemo returnAuthorization customerRefund"
        for name in ordered.split():
            text = json.dumps(bodies[name])
            for theirs, ours in made.items():
                text = text.replace(f'"{theirs}"', f'"{ours}"')
            number = api.made(name, json.loads(text))
            if name == "customerDeposit":
                made["20950"] = number
        order_key = bodies["salesOrder"]["externalId"]
        api.made(f"salesOrder/eid:{order_key}/!transform/itemFulfillment", bodies["itemFulfillment"])
        assert set(bodies) == {"customer", "salesOrder", "itemFulfillment", *ordered.split()}
        totals = {item["external_id"]: item["total"] for item in api.ledger()["transactions"]}
    assert totals["SHOPIFY-myshop-ORDER-5001"] == "42.48"
    assert totals["SHOPIFY-myshop-RFND-77001"] == "10"
