"""What is said of names that no order of the window bears."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connector.flows.ledger_names import ASKED_AT_MOST, Gap, Said, gaps, missing, to_ask
from connector.shopify.changes import PlacedOrder
from connector.shopify.money import Money

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def placed(name: str, at: datetime) -> PlacedOrder:
    return PlacedOrder("5002", name, at, False, "PAID", Money(Decimal("20.00"), "USD"))


def said(**answers: PlacedOrder | None) -> Said:
    return Said({}, {"#" + name[1:]: found for name, found in answers.items()}, SINCE, UNTIL)


def told(names: list[str], about: Said) -> list[Gap]:
    return gaps(missing(names), about)


@pytest.mark.parametrize(
    ("at", "cause", "is_explained"),
    [
        (None, "not in Shopify", True),
        (SINCE - timedelta(seconds=1), "other days", True),
        (SINCE, "unlisted", False),
        (UNTIL, "other days", True),
    ],
)
def test_a_name_that_was_asked_for(at: datetime | None, cause: str, is_explained: bool) -> None:
    about = said(n1002=None if at is None else placed("#1002", at))
    (gap,) = told(["#1001", "#1003"], about)
    assert (gap.first, gap.last, gap.count, gap.cause, gap.is_explained) == ("#1002", "#1002", 1, cause, is_explained)
    assert [order.name for order in about.unlisted] == ([] if is_explained else ["#1002"])


def test_a_name_that_was_not_asked_for_is_unknown() -> None:
    (gap,) = told(["#1001", "#1003"], said())
    assert (gap.cause, gap.is_explained) == ("not asked", False)


@pytest.mark.parametrize(
    ("last", "cause"), [(None, "jump"), (placed("#4999", SINCE), "unlisted"), (placed("#4999", UNTIL), "other days")]
)
def test_of_a_long_run_the_ends_are_asked_for(last: PlacedOrder | None, cause: str) -> None:
    (gap,) = told(["#1001", "#5000"], said(n1002=None, n4999=last))
    assert (gap.first, gap.last, gap.count, gap.cause) == ("#1002", "#4999", 3998, cause)


def test_so_many_names_are_asked_for_and_no_more() -> None:
    runs = missing(["#1", "#901", "#1801"])
    assert len(to_ask(runs, {})) == ASKED_AT_MOST
    found = gaps(runs, Said({}, dict.fromkeys(to_ask(runs, {})), SINCE, UNTIL))
    assert [(gap.cause, gap.count) for gap in found] == [
        ("not in Shopify", 899),
        ("not in Shopify", 101),
        ("not asked", 798),
    ]
