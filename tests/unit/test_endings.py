"""What ends is named 60, 30 and 14 days before, a session within hours."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.flows.endings import next_end, of_lives
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, Life

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def life(side: str, *, auth: str = "x", **ends: datetime) -> Life:
    return Life(
        connection_id=1,
        side=side,
        auth=auth,
        token_ends_at=ends.get("token_ends_at"),
        refresh_ends_at=ends.get("refresh_ends_at"),
        certificate_ends_at=ends.get("certificate_ends_at"),
        rotated_at=NOW,
    )


@pytest.mark.parametrize(
    ("days", "urgency"), [(61, None), (60, "early"), (31, "early"), (30, "soon"), (14, "urgent"), (0, "ended")]
)
def test_a_certificate_is_named_by_how_near_its_end_is(days: int, urgency: str | None) -> None:
    lives = {NETSUITE: life(NETSUITE, certificate_ends_at=NOW + timedelta(days=days))}
    found = of_lives(lives, "us-store", user=None, now=NOW)
    assert [ending.urgency for ending in found] == ([urgency] if urgency else [])
    assert all("connection rotate us-store netsuite-certificate" in ending.advice for ending in found)


def test_a_session_names_who_must_sign_in_again_and_the_nearest_end_comes_first() -> None:
    lives = {
        SHOPIFY: life(SHOPIFY, refresh_ends_at=NOW + timedelta(days=10)),
        SHOPIFY_ONLINE: life(SHOPIFY_ONLINE, token_ends_at=NOW + timedelta(hours=2)),
    }
    found = of_lives(lives, "us-store", user="jane@example.com", now=NOW)
    assert [(ending.what, ending.urgency) for ending in found] == [("session", "soon"), ("refresh token", "urgent")]
    assert "jane@example.com must sign in again" in found[0].advice
    assert "shopify install us-store --online" in found[0].advice


def test_what_does_not_end_is_not_named() -> None:
    assert of_lives({SHOPIFY: life(SHOPIFY), NETSUITE: life(NETSUITE)}, "us-store", user=None, now=NOW) == []


def test_a_static_token_with_an_end_is_named_with_how_to_replace_it() -> None:
    lives = {SHOPIFY: life(SHOPIFY, auth="static", token_ends_at=NOW + timedelta(days=3))}
    found = of_lives(lives, "us-store", user=None, now=NOW)
    assert [(ending.what, ending.urgency) for ending in found] == [("access token", "urgent")]
    assert "connection rotate us-store access-token" in found[0].advice


def test_the_next_end_is_the_nearest_one_that_no_renewal_moves() -> None:
    offline = life(SHOPIFY, token_ends_at=NOW + timedelta(hours=1), refresh_ends_at=NOW + timedelta(days=90))
    certificate = life(NETSUITE, token_ends_at=NOW + timedelta(hours=1), certificate_ends_at=NOW + timedelta(days=80))
    session = life(SHOPIFY_ONLINE, token_ends_at=NOW + timedelta(hours=3))
    assert next_end([offline, certificate, session]) == ("session", NOW + timedelta(hours=3))
    assert next_end([offline, certificate]) == ("certificate", NOW + timedelta(days=80))
    assert next_end([offline]) == ("refresh token", NOW + timedelta(days=90))
    assert next_end([life(SHOPIFY)]) is None
