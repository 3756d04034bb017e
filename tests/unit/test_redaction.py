"""A redacted body keeps the books' members and no person's, whatever Shopify puts into it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.shopify.redaction import redacted

# Members that say something of a person wherever they stand, by apis of 2017 to 2026.
PERSONAL = re.compile(
    r"e?mail|phone|first_name|last_name|address|city|zip|province|country|latitude|longitude|company|note|tags|ip$|"
    r"browser|client_details|user_agent|token|landing|referring|status_url|tracking|receipt|properties|credit_card|"
    r"payment_details|customer_locale|message|authorization"
)
# Members whose text is the books'.
BOOKS = re.compile(
    r"(_at|_price|_tax|_discounts|_outstanding|price|amount|rate|_code|currency|_id|sku|kind|status|type|domain|state|"
    r"gateway|source_name|method|subtotal|tax|selection)$"
)
# What one planted person typed or owns; every text of a body that is none of the books' is replaced by it.
PLANTED = "Zoë Planted"


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value with the name of its member."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from leaves(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    else:
        yield name, value


def members(value: Any) -> Iterator[str]:
    """Every member's name."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield member
            yield from members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner)


def after(body: Any) -> Any:
    """The body, redacted."""
    return json.loads(redacted(json.dumps(body).encode()))


def recorded(shared: Path) -> list[Path]:
    """All recorded and published bodies."""
    return sorted((shared / "fixtures" / "shopify").rglob("*.json"))


def test_recorded_bodies_keep_no_personal_member(shared: Path) -> None:
    for path in recorded(shared):
        kept = after(json.loads(path.read_text("utf-8")))
        assert [name for name in members(kept) if PERSONAL.search(name)] == [], path.name


def planted(value: Any, name: str = "") -> Any:
    """The value with each text replaced whose member is not a code, an amount, an id or a date."""
    if isinstance(value, dict):
        return {member: planted(inner, member) for member, inner in value.items()}
    if isinstance(value, list):
        return [planted(inner, name) for inner in value]
    is_the_books = BOOKS.search(name) or not isinstance(value, str) or value.startswith("gid://")
    return value if is_the_books else PLANTED


def test_a_person_typed_into_any_member_of_a_recorded_body_is_gone(shared: Path) -> None:
    found = 0
    for path in recorded(shared):
        body = planted(json.loads(path.read_text("utf-8")))
        # The number of an order, which people call its name.
        body.pop("name", None)
        found += json.dumps(body, ensure_ascii=False).count(PLANTED)
        assert [name for name, value in leaves(after(body)) if value == PLANTED] == [], path.name
    assert found > 500


def test_ids_and_amounts_of_recorded_orders_stay(shared: Path) -> None:
    for path in (shared / "fixtures" / "shopify").glob("order_*.json"):
        body = json.loads(path.read_text("utf-8"))
        body = body.get("order", body)
        kept = after(body)
        for name in ("id", "name", "currency", "total_price", "total_tax", "financial_status", "created_at"):
            assert kept[name] == body[name], (path.name, name)
        for line, before in zip(kept["line_items"], body["line_items"], strict=True):
            assert (line["id"], line["sku"], line["price"], line["quantity"]) == (
                before["id"], before["sku"], before["price"], before["quantity"],
            )  # fmt: skip
        if isinstance(body.get("customer"), dict):
            assert kept["customer"]["id"] == body["customer"]["id"]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"id": 5, "name": "Ada Example"}, {"id": 5}),
        ({"id": 5, "name": "#1001", "line_items": []}, {"id": 5, "name": "#1001", "line_items": []}),
        ({"customer": {"id": 7, "email": "a@b.c", "phone": "1"}}, {"customer": {"id": 7}}),
        ({"line_items": ["Ada", {"id": 1, "name": "Mug"}]}, {"line_items": [{"id": 1}]}),
        (
            {"tax_id": "DE123456789", "location_id": 4, "api_id": "gid://shopify/X/1"},
            {"location_id": 4, "api_id": "gid://shopify/X/1"},
        ),
        ({"a_new_member_of_tomorrow": "Ada", "and_an_object": {"id": 1}}, {}),
        (
            {"total_price_set": {"shop_money": {"amount": "1.00", "note": "Ada"}}},
            {"total_price_set": {"shop_money": {"amount": "1.00"}}},
        ),
        (
            {"orders_to_redact": [1, 2], "shop_domain": "a.myshopify.com"},
            {"orders_to_redact": [1, 2], "shop_domain": "a.myshopify.com"},
        ),
    ],
)
def test_only_what_is_known_to_be_harmless_stays(body: dict[str, Any], kept: dict[str, Any]) -> None:
    assert after(body) == kept | {"redacted": True}


@pytest.mark.parametrize("body", [b'"Ada"', b"[1]", b"Ada", b'{"customer":' * 100_000, b"\xff"])
def test_what_cannot_be_read_does_not_stay(body: bytes) -> None:
    assert redacted(body) == b'{"redacted":true}'


def test_redacting_twice_changes_nothing() -> None:
    once = redacted(b'{"id":1,"email":"a@b.c","line_items":[{"id":2}],"name":"#1"}')
    assert redacted(once) == once
