"""The account has NetSuite's habits, strict where the real one is strict."""

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from oauthlib.oauth1 import Client

from connector.sandbox.netsuite.tokens import Clock, Tokens, oauth1_signature
from tests.account_api import Api, code, detail, opened_api, order

Json = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


def test_a_good_assertion_gets_a_token(api: Api) -> None:
    answer = api.fetch_token().json()
    assert answer["expires_in"] == "3600"
    assert answer["token_type"] == "bearer"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"algorithm": "RS256"}, id="RS256"),
        pytest.param({"headers": {"kid": "other"}}, id="kid"),
        pytest.param({"iss": "other"}, id="iss"),
        pytest.param({"aud": "https://elsewhere"}, id="aud"),
        pytest.param({"exp": int(time.time()) - 600}, id="expired"),
        pytest.param({"exp": int(time.time()) + 40_000}, id="too long"),
        pytest.param({"iat": int(time.time()) + 3000, "exp": int(time.time()) + 3500}, id="from the future"),
        pytest.param({"scope": ["restlets"]}, id="scope"),
        pytest.param({"key": rsa.generate_private_key(65537, 2048)}, id="another key"),
    ],
)
def test_a_wrong_assertion_gets_none(api: Api, wrong: Json) -> None:
    response = api.fetch_token(**wrong)
    assert response.status_code in (400, 401)
    assert "error" in response.json()


def test_a_certificate_of_2048_bits_is_not_taken() -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    oauth2 = {"client_id": "c", "certificate_id": "k", "certificate_pem": pem}
    with pytest.raises(ValueError, match="3072"):
        Tokens(account="1", oauth2=oauth2, seconds=1, clock=Clock())


def test_without_a_token_the_answer_is_invalid_login(api: Api) -> None:
    api.token = "nonsense"
    response = api.record("GET", "salesOrder/1")
    assert code(response) == (401, "INVALID_LOGIN")
    assert "invalid_token" in response.headers["WWW-Authenticate"]


def test_a_post_answers_204_with_the_address_only(api: Api) -> None:
    response = api.record("POST", "salesOrder", order())
    assert (response.status_code, response.content) == (204, b"")
    number = response.headers["Location"].rpartition("/")[2]
    assert api.record("GET", f"salesOrder/{number}").json()["total"] == 10


def test_external_ids_are_unique_over_all_transactions_without_regard_to_case(api: Api) -> None:
    api.record("POST", "salesOrder", order("A-1"))
    assert code(api.record("POST", "salesOrder", order("a-1"))) == (400, "USER_ERROR")
    deposit = {"externalId": "A-1", "customer": {"id": "1456"}, "payment": 1, "currency": {"id": "1"}}
    assert "already exists" in detail(api.record("POST", "customerDeposit", deposit))


def test_an_external_id_with_other_characters_is_refused(api: Api) -> None:
    assert api.record("POST", "salesOrder", order("gid://shopify/Order/1")).status_code == 400


def test_a_missing_transaction_is_a_400_and_a_missing_entity_a_404(api: Api) -> None:
    assert code(api.record("GET", "salesOrder/999999")) == (400, "USER_ERROR")
    assert "Transaction type specified is incorrect" in detail(api.record("GET", "salesOrder/eid:NOBODY"))
    assert code(api.record("GET", "customer/999999")) == (404, "NONEXISTENT_ID")
    assert code(api.record("GET", "file/1")) == (404, "NONEXISTENT_ID")


def test_an_upsert_twice_appends_the_lines_and_replace_does_not(api: Api) -> None:
    for _ in range(2):
        assert api.record("PUT", "salesOrder/eid:U-1", order(None)).status_code == 204
    assert len(api.record("GET", "salesOrder/eid:U-1/item").json()["items"]) == 2
    api.record("PUT", "salesOrder/eid:U-1?replace=item", order(None))
    assert len(api.record("GET", "salesOrder/eid:U-1/item").json()["items"]) == 1
    assert api.record("PUT", "salesOrder/1", order(None)).status_code == 405


def test_a_line_with_its_key_is_changed(api: Api) -> None:
    api.record("POST", "salesOrder", order())
    api.record("PATCH", "salesOrder/eid:A-1", {"item": {"items": [{"line": 1, "quantity": 3}]}})
    assert api.record("GET", "salesOrder/eid:A-1").json()["total"] == 15


def test_an_unknown_name_is_dropped_silently_unless_the_header_says_error(api: Api) -> None:
    assert api.record("POST", "salesOrder", order(otherrefnumber="x")).status_code == 204
    strict = api.record(
        "POST", "salesOrder", order("A-2", otherrefnumber="x"), X_NetSuite_PropertyNameValidation="Error"
    )
    assert code(strict) == (400, "INVALID_CONTENT")


def test_a_wrong_reference_is_named_by_its_path(api: Api) -> None:
    line = {"item": {"id": "9999"}, "quantity": 1, "price": {"id": "-1"}, "rate": 1}
    response = api.record("POST", "salesOrder", order(item={"items": [line]}))
    assert response.json()["o:errorDetails"][0]["o:errorPath"] == "item.items[0].item"


def test_without_the_custom_price_level_the_rate_is_lost(api: Api) -> None:
    line = {"item": {"id": "812"}, "quantity": 1, "rate": 5.0, "amount": 5.0}
    api.record("POST", "salesOrder", order(item={"items": [line]}))
    assert api.record("GET", "salesOrder/eid:A-1").json()["total"] == 0


@pytest.mark.parametrize(
    ("record", "body", "sentence"),
    [
        ("salesOrder", order(item={"items": []}), "at least one line item"),
        ("salesOrder", order(entity={"id": "1"}), "entity"),
        ("salesOrder", order(shippingCost=5), "Shipping Method"),
        ("customer", {"isPerson": True, "subsidiary": {"id": "1"}}, "Last Name"),
        ("customer", {"lastName": "X"}, "Subsidiary"),
        ("customer", {"lastName": "X", "subsidiary": {"id": "1"}, "phone": "123"}, "seven digits"),
        ("customerDeposit", {"customer": {"id": "1456"}, "payment": 0}, "Payment Amount"),
    ],
)
def test_what_is_missing_or_wrong_is_said(api: Api, record: str, body: Json, sentence: str) -> None:
    response = api.record("POST", record, body)
    assert response.status_code == 400
    assert sentence in detail(response)


def test_a_deposit_is_refused_for_an_order_with_a_payment_method_or_another_customer(api: Api) -> None:
    api.record("POST", "salesOrder", order("P-1", paymentOption={"id": "8"}))
    deposit = {"customer": {"id": "1456"}, "salesOrder": {"externalId": "P-1"}, "payment": 1, "currency": {"id": "1"}}
    assert "payment method" in detail(api.record("POST", "customerDeposit", deposit))
    assert "salesorder" in detail(api.record("POST", "customerDeposit", deposit | {"customer": {"id": "1400"}}))


def test_suiteql_answers_text_leaves_nulls_out_and_wants_its_header(api: Api) -> None:
    row = api.ask("SELECT i.id, i.itemid, i.upccode FROM item i WHERE i.itemid = ?", "MUG-RED").json()["items"][0]
    assert row == {"links": [], "id": "812", "itemid": "MUG-RED"}
    path = "/services/rest/query/v1/suiteql"
    assert api.call("POST", path, {"q": "SELECT id FROM item"}).status_code == 400


def test_suiteql_pages_and_names_what_it_does_not_know(api: Api) -> None:
    page = api.ask("SELECT id FROM item ORDER BY id", limit=3).json()
    assert (page["count"], page["hasMore"]) == (3, True)
    assert api.ask("SELECT id FROM item", limit=3, offset=2).status_code == 400
    assert "Field 'nme' was not found" in detail(api.ask("SELECT i.nme FROM item i"))
    assert "Record 'itm' was not found" in detail(api.ask("SELECT id FROM itm"))
    assert (
        len(api.ask("SELECT id FROM item WHERE id > ? ORDER BY id FETCH FIRST 2 ROWS ONLY", "812").json()["items"]) == 2
    )


def test_one_call_too_many_is_refused_and_not_carried_out(api: Api) -> None:
    api.account.change({"concurrency": 1})
    with api.account.slot():
        response = api.record("POST", "salesOrder", order())
    assert code(response) == (429, "CONCURRENCY_LIMIT_EXCEEDED")
    assert "Retry-After" not in response.headers
    assert api.account.ledger()["transactions"] == []
    assert api.account.ledger()["calls"]["refused_429"] == 1


def test_committed_and_dropped_is_seen_as_a_broken_connection(api: Api) -> None:
    api.account.faults.add({"kind": "commit_then_drop", "path": "salesOrder"})
    with pytest.raises(requests.ConnectionError):
        api.record("POST", "salesOrder", order())
    assert len(api.account.ledger()["transactions"]) == 1


def oauth1_header(url: str, method: str, **changes: str) -> str:
    client = Client("ck", "cs", "tk", "ts", signature_method="HMAC-SHA256", realm="1234567_SB1", **changes)
    _, headers, _ = client.sign(url, http_method=method)
    return str(headers["Authorization"])


def test_a_signed_call_is_let_in_once_and_its_query_is_signed(api: Api) -> None:
    url = api.url + "/services/rest/record/v1/customer/1456?fields=id"
    header = {"Authorization": oauth1_header(url, "GET")}
    assert requests.get(url, headers=header, timeout=10).status_code == 200
    assert requests.get(url, headers=header, timeout=10).status_code == 401
    other = {"Authorization": oauth1_header(url, "GET")}
    assert requests.get(url + "&x=1", headers=other, timeout=10).status_code == 401


def test_five_bad_signatures_lock_the_user(api: Api) -> None:
    url = api.url + "/services/rest/record/v1/customer/1456"
    for _ in range(5):
        bad = {"Authorization": oauth1_header(url, "GET").replace("tk", "xx")}
        assert requests.get(url, headers=bad, timeout=10).status_code == 401
    good = {"Authorization": oauth1_header(url, "GET")}
    assert requests.get(url, headers=good, timeout=10).status_code == 401


def test_a_signature_is_the_hmac_of_method_address_and_parameters() -> None:
    given = {"oauth_nonce": "n1", "oauth_timestamp": "1", "realm": "x"}
    base = f"GET&{quote('https://h/p', safe='')}&{quote('a=1&oauth_nonce=n1&oauth_timestamp=1', safe='')}"
    wanted = base64.b64encode(hmac.new(b"c&t", base.encode(), hashlib.sha256).digest()).decode()
    assert oauth1_signature("GET", "https://h/p?a=1", given, ("c", "t")) == wanted
