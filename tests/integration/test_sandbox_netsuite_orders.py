"""Orders in the account: what may still be changed, how their status follows, and what is made of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.account_api import Api, items, line, opened_api, order

Json = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def status(api: Api, path: str) -> str:
    return str(api.read(path)["status"]["id"])


def test_a_record_is_read_with_links_and_its_sublists_only_when_they_are_asked_for(api: Api) -> None:
    api.made("salesOrder", order(shippingAddress={"addr1": "1 Main St", "country": {"id": "US"}}))
    plain = api.record("GET", "salesOrder/eid:A-1").json()
    assert list(plain["item"]) == ["links"]
    assert plain["item"]["links"][0]["href"].endswith(f"/salesOrder/{plain['id']}/item")
    assert list(plain["shippingAddress"]) == ["links"]
    whole = api.read("salesOrder/eid:A-1")
    assert whole["item"]["items"][0]["item"] == {"id": "812", "refName": "MUG-RED"}
    assert whole["shippingAddress"]["addr1"] == "1 Main St"
    fields = api.record("GET", "salesOrder/eid:A-1?fields=total,status&simpleEnumFormat=true").json()
    assert (fields["total"], fields["status"], "memo" in fields) == (10, "B", False)


def test_the_item_sublist_is_read_by_itself_as_links_or_in_full(api: Api) -> None:
    number = api.made("salesOrder", order())
    links = api.record("GET", f"salesOrder/{number}/item").json()
    assert links["items"][0]["links"][0]["href"].endswith("/item/1")
    whole = api.record("GET", f"salesOrder/{number}/item?expandSubResources=true").json()
    assert (whole["totalResults"], whole["items"][0]["quantity"]) == (1, 2)
    assert api.record("GET", f"salesOrder/{number}/item/1").json()["rate"] == 5
    assert api.record("GET", f"salesOrder/{number}/nothing").status_code == 404


def test_a_line_is_changed_by_its_number_and_appended_without_one(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2), line(1, 3.0, "813"))))
    api.patched(f"salesOrder/{number}", items({"line": 2, "quantity": 4}, line(1, 1.0)))
    assert [(item["line"], item["quantity"]) for item in api.lines(f"salesOrder/{number}")] == [(1, 2), (2, 4), (3, 1)]
    assert api.read(f"salesOrder/{number}")["total"] == 23


def test_replacing_keeps_the_lines_named_drops_the_others_and_never_reuses_a_number(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(1), line(2), line(3))))
    api.patched(f"salesOrder/{number}?replace=item", items({"line": 2, "quantity": 5}, line(7)))
    assert [(item["line"], item["quantity"]) for item in api.lines(f"salesOrder/{number}")] == [(2, 5), (4, 7)]
    refused = api.record("PATCH", f"salesOrder/{number}", items({"line": 3, "quantity": 1}))
    assert refused.json()["o:errorDetails"][0]["o:errorPath"] == "item.items[0].line"


def test_null_empties_a_field_and_an_emptied_item_list_is_refused(api: Api) -> None:
    number = api.made("salesOrder", order(memo="hello", otherRefNum="#1"))
    api.patched(f"salesOrder/{number}", {"memo": None})
    assert "memo" not in api.read(f"salesOrder/{number}")
    assert "at least one line" in api.refused("PATCH", f"salesOrder/{number}", {"item": {"items": None}})


def test_a_part_of_an_address_leaves_the_rest_of_it_unless_it_is_replaced(api: Api) -> None:
    number = api.made("salesOrder", order(shippingAddress={"addr1": "1 Main St", "addr2": "Apt 2", "zip": "90001"}))
    path = f"salesOrder/{number}"
    api.patched(path, {"shippingAddress": {"addr1": "2 Side St", "zip": None}})
    assert api.read(path)["shippingAddress"] == {"addr1": "2 Side St", "addr2": "Apt 2"}
    api.patched(
        f"{path}?replaceSelectedFields=true&replace=shippingAddress", {"shippingAddress": {"addr1": "3 Hill St"}}
    )
    assert api.read(path)["shippingAddress"] == {"addr1": "3 Hill St"}


def test_a_closed_line_keeps_its_amount_and_when_all_are_closed_the_order_is(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2), line(1, 3.0))))
    api.patched(f"salesOrder/{number}", items({"line": 1, "isClosed": True}))
    assert (status(api, f"salesOrder/{number}"), api.read(f"salesOrder/{number}")["total"]) == ("B", 13)
    api.patched(f"salesOrder/{number}", items({"line": 2, "isClosed": True}))
    assert (status(api, f"salesOrder/{number}"), api.read(f"salesOrder/{number}")["total"]) == ("H", 13)
    assert "invalid reference" in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", {})


def test_an_order_goes_from_pending_approval_to_billed(api: Api) -> None:
    number = api.made("salesOrder", order(orderStatus={"id": "A"}, **items(line(3), line(1, 2.0, "903"))))
    path = f"salesOrder/{number}"
    seen = [status(api, path)]
    assert "invalid reference" in api.refused("POST", f"{path}/!transform/itemFulfillment", {})
    api.patched(path, {"orderStatus": {"id": "B"}})
    seen.append(status(api, path))
    for quantity in (1, 2):
        body = {"shipStatus": {"id": "C"}, **items({"orderLine": 1, "quantity": quantity})}
        api.made(f"{path}/!transform/itemFulfillment", body)
        seen.append(status(api, path))
        api.made(f"{path}/!transform/invoice", {})
        seen.append(status(api, path))
    assert seen == ["A", "B", "E", "D", "F", "G"]
    assert "invalid reference" in api.refused("POST", f"{path}/!transform/invoice", {})


def test_only_shipped_goods_count_as_fulfilled_and_picked_ones_are_taken(api: Api) -> None:
    number = api.made("salesOrder", order())
    fulfillment = api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"externalId": "F-1"})
    (read,) = api.lines(f"salesOrder/{number}")
    assert (read["quantityPicked"], read["quantityPacked"], read["quantityFulfilled"]) == (2, 0, 0)
    assert status(api, f"salesOrder/{number}") == "B"
    assert "invalid reference" in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", {})
    api.patched(f"itemFulfillment/{fulfillment}", {"shipStatus": {"id": "B"}})
    assert api.lines(f"salesOrder/{number}")[0]["quantityPacked"] == 2
    api.patched("itemFulfillment/eid:F-1", {"shipStatus": {"id": "C"}})
    (read,) = api.lines(f"salesOrder/{number}")
    assert (read["quantityFulfilled"], read["quantityCommitted"]) == (2, 0)
    assert status(api, f"salesOrder/{number}") == "F"


def test_lines_not_mentioned_are_fulfilled_too_unless_they_are_left_out(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2), line(3, 1.0, "813"), line(1, 2.0, "910"))))
    body = {"shipStatus": {"id": "C"}, **items({"orderLine": 1, "quantity": 1, "itemReceive": True})}
    first = api.made(f"salesOrder/{number}/!transform/itemFulfillment", body)
    assert [(item["orderLine"], item["quantity"]) for item in api.lines(f"itemFulfillment/{first}")] == [(1, 1), (2, 3)]
    left = items({"orderLine": 1, "itemReceive": False})
    assert "at least one line" in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", left)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"orderLine": 1, "quantity": 3}, "exceeds the quantity remaining"),
        ({"orderLine": 9, "quantity": 1}, "orderLine"),
        ({"quantity": 1}, "Order Line"),
        ({"orderLine": 1, "quantity": -1}, "positive"),
    ],
)
def test_a_fulfilment_of_more_or_of_other_lines_is_refused(api: Api, wish: Json, sentence: str) -> None:
    number = api.made("salesOrder", order())
    assert sentence in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", items(wish))
    assert status(api, f"salesOrder/{number}") == "B"


def test_a_fulfilled_line_needs_the_location_its_goods_leave(api: Api) -> None:
    bare = {name: value for name, value in line().items() if name != "location"}
    number = api.made("salesOrder", order(**items(bare)))
    assert "Location" in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", {})
    api.made(f"salesOrder/{number}/!transform/itemFulfillment", items({"orderLine": 1, "location": {"id": "2"}}))


def test_a_package_needs_a_weight_and_a_second_patch_adds_one(api: Api) -> None:
    number = api.made("salesOrder", order())
    path = f"salesOrder/{number}/!transform/itemFulfillment"
    assert "Package Weight" in api.refused("POST", path, {"package": {"items": [{"packageTrackingNumber": "T1"}]}})
    first = {"packageTrackingNumber": "T1", "packageWeight": 1.2}
    made = api.made(path, {"shipStatus": {"id": "C"}, "package": {"items": [first]}})
    api.patched(f"itemFulfillment/{made}", {"package": {"items": [first | {"packageTrackingNumber": "T2"}]}})
    tracking = (
        "SELECT DISTINCT n.trackingnumber FROM trackingnumbermap m JOIN trackingnumber n ON n.id = m.trackingnumber"
    )
    assert [row["trackingnumber"] for row in api.rows(f"{tracking} WHERE m.transaction = ?", made)] == ["T1", "T2"]
    api.patched(f"itemFulfillment/{made}?replace=package", {"package": {"items": [first]}})
    assert [row["trackingnumber"] for row in api.rows(f"{tracking} WHERE m.transaction = ?", made)] == ["T1"]


def test_deleting_a_fulfilment_reopens_the_order_unless_it_is_billed(api: Api) -> None:
    number = api.made("salesOrder", order())
    first = api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
    assert "dependent" in api.refused("DELETE", f"salesOrder/{number}")
    assert api.record("DELETE", f"itemFulfillment/{first}").status_code == 204
    assert status(api, f"salesOrder/{number}") == "B"
    second = api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
    api.made(f"salesOrder/{number}/!transform/invoice", {})
    assert "billed" in api.refused("DELETE", f"itemFulfillment/{second}")
    assert "billed" in api.refused("PATCH", f"itemFulfillment/{second}", {"shipStatus": {"id": "A"}})


def test_what_is_shipped_or_billed_of_a_line_cannot_be_taken_from_it(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(3), line(1))))
    path = f"salesOrder/{number}"
    api.made(
        f"{path}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}, **items({"orderLine": 1, "quantity": 2})}
    )
    assert "cannot be removed" in api.refused("PATCH", f"{path}?replace=item", items({"line": 2}))
    assert "cannot be less" in api.refused("PATCH", path, items({"line": 1, "quantity": 1}))
    assert "item cannot be changed" in api.refused("PATCH", path, items({"line": 1, "item": {"id": "813"}}))
    assert "Pending Approval" in api.refused("PATCH", path, {"orderStatus": {"id": "A"}})
    api.patched(path, items({"line": 1, "rate": 6.0, "quantity": 2}))
    api.made(f"{path}/!transform/invoice", {})
    assert "rate cannot be changed" in api.refused("PATCH", path, items({"line": 1, "rate": 7.0}))
    assert "entity" in api.refused("PATCH", path, {"entity": {"id": "1400"}})
    api.patched(path, {"memo": "still free"})


def test_what_was_shipped_of_a_closed_line_is_still_billed(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(3), line(1, 4.0, "813"))))
    path = f"salesOrder/{number}"
    ship = {"shipStatus": {"id": "C"}, **items({"orderLine": 1, "quantity": 1})}
    api.made(f"{path}/!transform/itemFulfillment", ship)
    api.patched(path, items({"line": 1, "isClosed": True}))
    assert status(api, path) == "F"
    api.made(f"{path}/!transform/invoice", {})
    assert status(api, path) == "G"


def test_an_invoice_bills_what_was_shipped_and_a_quantity_of_0_leaves_a_line_out(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2), line(2, 1.0, "813"))))
    path = f"salesOrder/{number}/!transform"
    assert "invalid reference" in api.refused("POST", f"{path}/invoice", {})
    api.made(f"{path}/itemFulfillment", {"shipStatus": {"id": "C"}})
    assert "exceeds" in api.refused("POST", f"{path}/invoice", items({"orderLine": 1, "quantity": 3}))
    body = {"externalId": "I-1", **items({"orderLine": 1, "quantity": 1}, {"orderLine": 2, "quantity": 0})}
    invoice = api.made(f"{path}/invoice", body)
    assert (api.read(f"invoice/{invoice}")["total"], len(api.lines("invoice/eid:I-1"))) == (5, 1)
    assert [item["quantityBilled"] for item in api.lines(f"salesOrder/{number}")] == [1, 0]


def test_a_lost_transform_is_found_by_its_external_id_and_refused_a_second_time(api: Api) -> None:
    number = api.made("salesOrder", order(**items(line(2))))
    body = {"externalId": "F-1", **items({"orderLine": 1, "quantity": 1})}
    api.account.faults.add({"kind": "commit_then_drop", "method": "POST", "path": "!transform/itemFulfillment"})
    with pytest.raises(requests.ConnectionError):
        api.made(f"salesOrder/{number}/!transform/itemFulfillment", body)
    assert api.read("itemFulfillment/eid:F-1")["externalId"] == "F-1"
    assert "already exists" in api.refused("POST", f"salesOrder/{number}/!transform/itemFulfillment", body)
    assert "already exists" in api.refused("POST", "salesOrder", order("f-1"))


def test_fulfilments_at_the_same_moment_share_what_is_open(api: Api) -> None:
    api.account.change({"concurrency": 20})
    number = api.made("salesOrder", order(**items(line(5))))
    path = f"salesOrder/{number}/!transform/itemFulfillment"
    body = {"shipStatus": {"id": "C"}, **items({"orderLine": 1, "quantity": 1})}
    with ThreadPoolExecutor(9) as pool:
        answers = sorted(pool.map(lambda _: api.record("POST", path, body).status_code, range(9)))
    assert answers == [204] * 5 + [400] * 4
    assert api.lines(f"salesOrder/{number}")[0]["quantityFulfilled"] == 5


def test_without_advanced_shipping_a_fulfilment_bills_at_once() -> None:
    with opened_api(features={"ADVSHIPPING": False}) as api:
        number = api.made("salesOrder", order(**items(line(2), line(1, 3.0, "903"))))
        api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
        assert status(api, f"salesOrder/{number}") == "G"
        (invoice,) = [item for item in api.ledger()["transactions"] if item["type"] == "CustInvc"]
        assert (invoice["total"], invoice["created_from"]) == ("13", number)


def test_a_cash_sale_of_an_order_computes_its_tax_anew_and_an_invoice_takes_the_override_along() -> None:
    line_details = {"taxDetailsReference": {"id": "L1"}, "taxAmount": 3.0, "taxBasis": 10.0, "taxRate": 30.0}
    details = {"taxDetailsOverride": True, "taxDetails": {"items": [line_details]}}
    with opened_api(tax_rate="0.1", invoice_in_advance=True) as api:
        taxed = items(line(2, taxDetailsReference="L1"))
        for external_id in ("A-1", "A-2"):
            api.made("salesOrder", order(external_id, **taxed, **details))
        invoice = api.made("salesOrder/eid:A-1/!transform/invoice", items({"orderLine": 1, "quantity": 1}))
        assert api.read(f"invoice/{invoice}")["total"] == 6.5
        sale = api.made("salesOrder/eid:A-2/!transform/cashSale", {})
        assert api.read(f"cashSale/{sale}")["total"] == 11


def test_a_pair_that_is_not_offered_cannot_be_transformed(api: Api) -> None:
    number = api.made("salesOrder", order())
    answer = api.record("POST", f"salesOrder/{number}/!transform/customerDeposit", {})
    assert answer.json()["o:errorDetails"][0]["o:errorCode"] == "INVALID_REQUEST"
    assert "transforming" in api.refused("POST", "itemFulfillment", items({"orderLine": 1}))


def test_somebody_saved_in_between_can_be_provoked(api: Api) -> None:
    number = api.made("salesOrder", order())
    api.account.faults.add({"kind": "changed_meanwhile", "method": "PATCH", "path": "salesOrder"})
    assert api.refused("PATCH", f"salesOrder/{number}", {"memo": "x"}) == "Record has been changed"
    assert "memo" not in api.read(f"salesOrder/{number}")
    api.patched(f"salesOrder/{number}", {"memo": "x"})


def test_the_time_of_the_last_change_has_the_minute_only(api: Api) -> None:
    number = api.made("salesOrder", order())
    assert api.read(f"salesOrder/{number}")["lastModifiedDate"].endswith(":00Z")


def test_an_inactive_customer_and_another_subsidiary_are_refused() -> None:
    subsidiaries = [{"id": "1", "name": "Parent"}, {"id": "2", "name": "Other"}]
    with opened_api(subsidiaries=subsidiaries) as api:
        assert "subsidiary" in api.refused("POST", "salesOrder", order(subsidiary={"id": "2"}))
        api.accountant("deactivate_customer", customer="1456")
        assert "entity" in api.refused("POST", "salesOrder", order())
