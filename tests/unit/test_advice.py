"""Every reason has its advice, and what the operations page says of subjects is known to the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import errors
from connector.errors import ConnectorError, PermanentError, TransientError
from connector.flows.advice import Where, advice
from connector.mapping.rule_gaps import gaps
from tests import factories

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def leaves(kind: type[ConnectorError]) -> Iterator[str]:
    """The codes of the errors that are raised, of those that errors.py defines."""
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield from leaves(each)
            yield "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(each.__name__))


@pytest.mark.parametrize("code", sorted({*leaves(PermanentError), *leaves(TransientError)}))
def test_every_code_has_advice_of_its_own(code: str) -> None:
    assert advice(code, "").sentence != advice("something else", "").sentence


def documented() -> set[str]:
    """What subjects begin with, by the table of reasons."""
    text = DOCS.read_text("utf-8")
    table = text[text.index("## Why an order waits") : text.index("What the shop is to be told")]
    return {kind for kind in re.findall(r"`([a-z_-]+):…`", table)}


def test_every_documented_subject_has_advice_of_its_own() -> None:
    assert {"sku", "gateway", "customer", "permission"} <= documented()
    for kind in documented():
        assert advice("not_mapped", f"{kind}:x").title != advice("not_mapped", "").title, kind


@pytest.mark.parametrize(
    "subject",
    [
        "sku:A",
        "variant:7",
        "gateway:p",
        "shipping:s",
        "tax:7.5",
        "currency:CHF",
        "terms:Net",
        "shopify-location:B",
        "stock-location:B",
    ],
)
def test_where_the_advice_is_to_choose_below_there_is_something_to_choose(subject: str) -> None:
    assert advice("not_mapped", subject).where is Where.HERE
    rules = factories.rules(tax={"mode": "tax_code"}, inventory={"locations": {"B": ["2"]}})
    assert gaps(subject, rules)


def test_what_was_given_up_is_not_said_to_go_on_by_itself() -> None:
    assert "by itself" in advice("unavailable", "").sentence
    assert "given up" in advice("unavailable", "", is_given_up=True).sentence
