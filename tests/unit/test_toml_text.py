"""TOML we write is read back to the same values."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.toml_text import toml

_texts = st.text(st.characters(exclude_categories=["Cs"]))
_values = st.one_of(_texts, st.booleans(), st.integers(-(2**62), 2**62), st.lists(_texts, max_size=3))
_tables = st.recursive(
    st.dictionaries(_texts, _values, max_size=4),
    lambda inner: st.dictionaries(_texts, st.one_of(_values, inner), max_size=4),
    max_leaves=10,
)


@given(_tables)
def test_every_value_comes_back(values: dict[str, Any]) -> None:
    assert tomllib.loads(toml({"rules": values}, {})) == {"rules": values}


def test_tables_settings_and_comments_stand_where_people_look_for_them() -> None:
    values = {
        "location": "Main",
        "note": None,
        "currencies": {"USD": "1"},
        "tax": {"codes": {"7.25": "5"}},
        "terms": {},
        "orders": {"created_after": datetime(2026, 11, 1, tzinfo=UTC), "financial_status": ("PAID",)},
        "rounding": {"max": Decimal("0.05"), "exact": True},
    }
    text = toml({"rules": values}, {("rules", "location"): "2"})
    assert (
        text
        == """[rules]
location = "Main"  # 2
# note is not set

[rules.currencies]
USD = "1"

[rules.tax.codes]
"7.25" = "5"

[rules.terms]

[rules.orders]
created_after = 2026-11-01T00:00:00+00:00
financial_status = ["PAID"]

[rules.rounding]
max = "0.05"
exact = true"""
    )


def test_a_comment_cannot_end_its_line() -> None:
    text = toml({"a": "b"}, {("a",): "one\ntwo = 3\x00"})
    assert tomllib.loads(text) == {"a": "b"}


def test_what_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        toml({"a": [b""]}, {})
