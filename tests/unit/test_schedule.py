"""Tries come after seconds, then minutes, then hours; after three days a record is parked."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.flows.schedule import DELAYS, delay, is_used_up

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(DELAYS, start=1)))
def test_delays_grow_with_the_attempts(attempts: int, seconds: float) -> None:
    assert delay(attempts, chance=0.5) == seconds


def test_the_last_delay_repeats() -> None:
    assert delay(99, chance=0.5) == DELAYS[-1]


def test_jitter_spreads_by_half_in_both_directions() -> None:
    assert delay(1, chance=0.0) == DELAYS[0] * 0.5
    assert delay(1, chance=1.0) == DELAYS[0] * 1.5


def test_a_wish_to_wait_counts_while_the_attempts_are_few() -> None:
    assert delay(1, retry_after=2.0, chance=0.5) == 2.0
    assert delay(5, retry_after=2.0, chance=0.5) == DELAYS[4]


def test_a_long_wish_is_granted_at_any_time() -> None:
    assert delay(5, retry_after=9000.0, chance=0.5) == 9000.0


def test_three_days_of_failure_are_enough() -> None:
    assert not is_used_up(None, now=NOW)
    assert not is_used_up(NOW - timedelta(hours=71), now=NOW)
    assert is_used_up(NOW - timedelta(hours=73), now=NOW)
