"""Signatures of token-based authentication: Oracle's published vector, an independent library, the sandbox's own check."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from connector.errors import Unauthorized
from connector.netsuite.tba import SignedRequest, TokenKeys, authorization
from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.tokens import Clock, OAuth1

KEYS = TokenKeys("1234567_SB1", "consumer", "consumer&secret ä", "token", "token/secret+")
TBA = {"consumer_key": "consumer", "consumer_secret": KEYS.consumer_secret, "token_id": "token"} | {
    "token_secret": KEYS.token_secret
}
URL = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/salesOrder"
# Characters that are encoded in different ways by careless code.
TEXTS = st.text(st.sampled_from("aZ09-._~ +%&=/?:;,!*'()[]\"ä€\U0001f600"), max_size=8)
QUERIES = st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=6)


def members(header: str) -> dict[str, str]:
    """The members of an Authorization header, decoded."""
    assert header.startswith("OAuth ")
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def signed(url: str, method: str = "GET", keys: TokenKeys = KEYS) -> dict[str, str]:
    """What one request is signed with by us."""
    return members(authorization(keys, method, url, nonce="nonce-1", timestamp="1508242306"))


def signed_by_oauthlib(url: str, method: str = "GET") -> str:
    """The signature the other library makes."""
    client = Client(
        KEYS.consumer_key,
        client_secret=KEYS.consumer_secret,
        resource_owner_key=KEYS.token_id,
        resource_owner_secret=KEYS.token_secret,
        signature_method=SIGNATURE_HMAC_SHA256,
        realm=KEYS.account,
        nonce="nonce-1",
        timestamp="1508242306",
    )
    _, headers, _ = client.sign(url, http_method=method)
    return members(headers["Authorization"])["oauth_signature"]


def prepared(method: str, url: str, auth: SignedRequest, **rest: Any) -> requests.PreparedRequest:
    """A request as it is sent."""
    return requests.Request(method, url, auth=auth, **rest).prepare()


def test_the_published_vector_is_met(shared: Path) -> None:
    vector = json.loads(
        (shared / "fixtures" / "netsuite" / "doc_samples" / "tba-signature-vector.json").read_text("utf-8")
    )
    keys = TokenKeys("123456", *(vector[n] for n in ("consumer_key", "consumer_secret", "token_id", "token_secret")))
    header = authorization(keys, vector["method"], vector["url"], nonce=vector["nonce"], timestamp=vector["timestamp"])
    said = members(header)
    assert said["oauth_signature"] == vector["expected_signature_base64"]
    assert (said["oauth_signature_method"], said["oauth_version"]) == (vector["signature_method"], vector["version"])
    assert quote(vector["expected_signature_base64"], safe="") in header


@settings(deadline=None)
@given(QUERIES, st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]))
def test_another_library_signs_every_query_the_same(query: list[tuple[str, str]], method: str) -> None:
    for encoded in (urlencode(query), urlencode(query, quote_via=quote)):
        url = f"{URL}?{encoded}" if encoded else URL
        assert signed(url, method)["oauth_signature"] == signed_by_oauthlib(url, method)


@settings(deadline=None)
@given(QUERIES)
def test_the_account_accepts_what_is_really_sent(query: list[tuple[str, str]]) -> None:
    request = prepared("GET", URL, SignedRequest(KEYS), params=query)
    account = OAuth1(account="1234567_SB1", tba=TBA, clock=Clock())
    account.check(request.headers["Authorization"], method="GET", url=request.url or "")


def test_query_parameters_are_signed_and_the_realm_is_not() -> None:
    assert signed(f"{URL}?limit=5")["oauth_signature"] != signed(f"{URL}?limit=6")["oauth_signature"]
    assert signed(f"{URL}?a=1&b=2")["oauth_signature"] == signed(f"{URL}?b=2&a=1")["oauth_signature"]
    other = replace(KEYS, account="7654321")
    assert signed(URL, keys=other)["oauth_signature"] == signed(URL)["oauth_signature"]
    assert signed(URL, keys=other)["realm"] == "7654321"


def test_a_parameter_without_a_value_and_one_that_comes_twice_are_signed() -> None:
    url = f"{URL}?expandSubResources=&q=b&q=a"
    assert signed(url)["oauth_signature"] == signed_by_oauthlib(url)
    assert signed(url)["oauth_signature"] != signed(f"{URL}?q=b&q=a")["oauth_signature"]


def test_the_realm_is_the_account_in_capitals_with_an_underscore() -> None:
    assert signed(URL)["realm"] == "1234567_SB1"


def test_a_body_is_not_signed() -> None:
    assert signed(URL, "POST")["oauth_signature"] == signed_by_oauthlib(URL, "POST")
    request = prepared("POST", URL, SignedRequest(KEYS), data=b'{"a":1}', headers={"Content-Type": "application/json"})
    OAuth1(account="1234567_SB1", tba=TBA, clock=Clock()).check(
        request.headers["Authorization"], method="POST", url=URL
    )


def test_each_attempt_has_its_own_nonce_and_the_present_time() -> None:
    auth = SignedRequest(KEYS)
    account = OAuth1(account="1234567_SB1", tba=TBA, clock=Clock())
    attempts = [members(prepared("GET", URL, auth).headers["Authorization"]) for _ in range(50)]
    assert len({attempt["oauth_nonce"] for attempt in attempts}) == 50
    assert all(len(attempt["oauth_nonce"]) >= 6 for attempt in attempts)
    assert abs(int(attempts[-1]["oauth_timestamp"]) - time.time()) < 5
    header = prepared("GET", URL, auth).headers["Authorization"]
    account.check(header, method="GET", url=URL)
    with pytest.raises(Refusal):
        account.check(header, method="GET", url=URL)


def test_a_refused_log_in_is_not_tried_again_for_an_hour() -> None:
    with pytest.raises(Unauthorized, match="View Login Audit Trail") as refused:
        SignedRequest(KEYS).renew(requests.Response())
    assert refused.value.probe_after == 3600


def test_the_keys_do_not_show_their_secrets() -> None:
    assert "secret" not in repr(KEYS).replace("_secret", "")
