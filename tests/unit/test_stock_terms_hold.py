"""The sum of what the shop may sell, by any stock and any rules: bounds, order, and whole units."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from connector.mapping.rules_to_shopify import InventoryRules
from connector.mapping.stock_terms import Terms, terms

units = st.decimals(-10_000, 100_000, places=5, allow_nan=False)
percents = st.decimals(0, 100, places=2, allow_nan=False)
caps = st.none() | st.integers(0, 10_000)
sums = st.builds(
    Terms,
    available=st.dictionaries(st.sampled_from(["1", "2", "3"]), units),
    waiting=st.decimals(0, 1000, places=2, allow_nan=False),
    buffer=st.integers(0, 500),
    percent=percents,
    cap=caps,
)


@given(sums)
def test_what_may_be_sold_is_never_negative_and_never_above_the_cap(sum_: Terms) -> None:
    assert sum_.publishable >= 0
    assert sum_.cap is None or sum_.publishable <= sum_.cap


@given(sums)
def test_what_may_be_sold_is_the_whole_units_of_the_percentage_and_no_more(sum_: Terms) -> None:
    exact = (sum_.total - sum_.waiting - sum_.buffer) * sum_.percent / 100
    assert sum_.publishable <= max(exact, Decimal(0))
    assume(sum_.cap is None)
    assert sum_.publishable > exact - 1


@given(sums, st.decimals(0, 1000, places=5, allow_nan=False))
def test_more_in_stock_never_lets_less_be_sold(sum_: Terms, more: Decimal) -> None:
    places = dict(sum_.available)
    places["1"] = places.get("1", Decimal(0)) + more
    fuller = Terms(places, sum_.waiting, sum_.buffer, sum_.percent, sum_.cap)
    assert fuller.publishable >= sum_.publishable


@given(sums, st.integers(0, 1000))
def test_more_waiting_or_a_larger_buffer_never_lets_more_be_sold(sum_: Terms, more: int) -> None:
    waiting = Terms(sum_.available, sum_.waiting + more, sum_.buffer, sum_.percent, sum_.cap)
    buffered = Terms(sum_.available, sum_.waiting, sum_.buffer + more, sum_.percent, sum_.cap)
    assert waiting.publishable == buffered.publishable <= sum_.publishable


@given(units, st.integers(0, 50), st.integers(0, 50))
def test_an_item_with_its_own_buffer_has_that_one(available: Decimal, buffer: int, own: int) -> None:
    rules = InventoryRules(buffer=buffer, buffers={"MUG": own})
    assert terms("MUG", {"2": available}, Decimal(0), rules).buffer == own
    assert terms("CUP", {"2": available}, Decimal(0), rules).buffer == buffer
