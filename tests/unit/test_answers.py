"""What is kept of an answer that refuses says nothing of people, holds no secret, and is short."""

import json
from typing import Any

import pytest
import requests

from connector.answers import MOST, refusal

BUYER = {
    "entity": {"id": "1456"}, "externalId": "SHOPIFY-1-ORDER-5001", "memo": "for the neighbour of Zoë, please ring at four",
    "shippingAddress": {"addressee": "Zoë Li", "addr1": "77 Planted Lane", "zip": 73301, "phone": "+1 555 555 0177"},
}  # fmt: skip


def answered(body: Any, kind: str = "application/vnd.oracle.resource+json; type=error") -> requests.Response:
    """An answer as requests gives it."""
    response = requests.Response()
    response.status_code = 400
    response.headers["Content-Type"] = kind
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


def kept(detail: str, asked: Any = BUYER) -> str:
    """What is kept of a refusal of NetSuite's."""
    return refusal(answered({"o:errorDetails": [{"detail": detail}]}), json.dumps(asked).encode())


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("Invalid address: 77 Planted Lane.", ("77", "Planted", "Lane")),
        ("The name ZOË LI is taken", ("ZOË", "LI")),
        ("Zip 73301 is not in TX", ("73301",)),
        ("Invalid phone 555 0177", ("555", "0177")),
        ("somebody.else@example.net is a customer already", ("somebody", "example")),
        ("your token eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCIs has ended", ("eyJ",)),
        ("the neighbour's house", ("neighbour",)),
    ],
)
def test_what_was_asked_of_a_person_is_hidden_where_it_is_quoted(said: str, hidden: tuple[str, ...]) -> None:
    assert not [word for word in hidden if word in kept(said)], kept(said)


def test_what_a_person_needs_to_mend_it_stays() -> None:
    said = "Invalid Field Value 1456 for the following field: entity, under SHOPIFY-1-ORDER-5001"
    assert said in kept(said)


def test_it_is_no_longer_than_may_be_kept_and_still_text() -> None:
    assert len(kept("ü" * 5000).encode()) <= MOST
    assert len(kept("ü" * 5000).encode()) > MOST - 4


@pytest.mark.parametrize("body", [b"<html>Zo\xc3\xab Li</html>", b""])
def test_of_what_is_no_json_only_kind_and_size_stay(body: bytes) -> None:
    assert refusal(answered(body, "text/html; charset=utf-8"), None) == f"text/html, {len(body)} bytes"
    assert refusal(answered(body), None).endswith(f", {len(body)} bytes")
