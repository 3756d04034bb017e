"""Shopify's answer to a browser: its signature by the published vector, what of its query counts, and its age."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from connector.shopify.authorization import SHOP, Answer, authorize_url, per_user

SIGNED = {
    "code": "0907a61c0c8d55e99db179b68161bc00",
    "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvc29tZS1zaG9w",
    "shop": "some-shop.myshopify.com",
    "state": "a b+c/=",
    "timestamp": "1790000000",
}
SIGNATURE = "f5e61cebea95ab761fa0a77537859414c7eb7994dd74ed9e960f1b4e674d1f1f"
MADE_AT = datetime.fromtimestamp(1790000000, UTC)


def query(**changes: str) -> bytes:
    """The vector as a browser sends it: a blank is `+` on the wire."""
    return urlencode(SIGNED | {"hmac": SIGNATURE} | changes).encode()


def test_the_published_vector_is_taken() -> None:
    assert Answer.from_query(query()).is_signed("hush-new")
    assert Answer.from_query(query(signature="ignored")).is_signed("hush-new")


@pytest.mark.parametrize("name", [*SIGNED, "more"])
def test_one_changed_member_is_not_signed(name: str) -> None:
    assert not Answer.from_query(query(**{name: "other"})).is_signed("hush-new")


@pytest.mark.parametrize("given", [SIGNATURE.upper(), SIGNATURE[:-1], SIGNATURE + "0", "ä" * 64, " " + SIGNATURE])
def test_another_spelling_of_the_signature_is_refused(given: str) -> None:
    assert not Answer.from_query(query(hmac=given)).is_signed("hush-new")


def test_another_secret_does_not_fit() -> None:
    assert not Answer.from_query(query()).is_signed("hush-old")


@pytest.mark.parametrize("name", ["code", "shop", "state", "timestamp", "hmac"])
def test_what_is_missing_or_empty_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"no {name}"):
        Answer.from_query(query(**{name: ""}))


def test_a_parameter_said_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="said twice"):
        Answer.from_query(query() + b"&shop=some-shop.myshopify.com")


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(0, True), (90, True), (-90, True), (91, False), (-91, False), (86400, False)]
)
def test_an_answer_is_fresh_for_ninety_seconds(seconds: int, fresh: bool) -> None:
    assert Answer.from_query(query()).is_fresh(MADE_AT + timedelta(seconds=seconds)) is fresh


@pytest.mark.parametrize("timestamp", ["1e9", "-1790000000", "1790000000.0", "١٧٩٠٠٠٠٠٠٠", "9" * 4000, "1790000000\n"])
def test_a_timestamp_of_another_form_is_not_fresh(timestamp: str) -> None:
    assert not Answer.from_query(query(timestamp=timestamp)).is_fresh(MADE_AT)


@pytest.mark.parametrize(
    "name",
    [
        "evil.com/acme.myshopify.com",
        "acme.myshopify.com\n",
        "acme.myshopify.com.evil.com",
        "-acme.myshopify.com",
        "acme.myshopify.com/",
        "https://acme.myshopify.com",
        "acme.myshopify.com#",
        "a.b.myshopify.com",
        "acmemyshopify.com",
        ".myshopify.com",
        "äcme.myshopify.com",
    ],
)
def test_what_only_looks_like_a_shop_is_none(name: str) -> None:
    assert SHOP.fullmatch("acme.myshopify.com")
    assert not SHOP.fullmatch(name)


def test_a_merchant_is_sent_to_the_shop_with_all_that_shopify_needs() -> None:
    scopes = ("read_orders", "read_products")
    url = authorize_url(
        "https://acme.myshopify.com",
        client_id="app",
        scopes=scopes,
        redirect_uri="https://c.example.com/auth/shopify/callback",
        state="s",
    )
    asked = {
        "client_id": "app",
        "scope": "read_orders,read_products",
        "redirect_uri": "https://c.example.com/auth/shopify/callback",
        "state": "s",
    }
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "acme.myshopify.com", "/admin/oauth/authorize")
    assert dict(parse_qsl(parts.query)) == asked
    assert dict(parse_qsl(urlsplit(per_user(url)).query)) == asked | {"grant_options[]": "per-user"}


def test_no_secret_of_an_answer_is_in_its_repr() -> None:
    shown = repr(Answer.from_query(query()))
    assert not any(secret in shown for secret in (SIGNED["code"], SIGNED["state"], SIGNATURE))
