"""What ends is named 60, 30 and 14 days before, a session within hours."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.flows.endings import of_lives
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, Life

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def life(side: str, **ends: datetime) -> Life:
    values = {"token_ends_at": None, "refresh_ends_at": None, "certificate_ends_at": None} | ends
    return Life(connection_id=1, side=side, auth="x", rotated_at=NOW, **values)


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
