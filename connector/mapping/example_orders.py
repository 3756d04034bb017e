"""The orders that ship with the product, one for each way an order can be: made up, read as Shopify's own answers are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from connector.shopify.records import Order
from connector.shopify.whole import whole_order

_PACKAGE = "connector.mapping.examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One order and the word for what it shows."""

    name: str
    order: Order


@dataclass(frozen=True, slots=True)
class _Answers:
    """A file in the place of a shop."""

    answers: Mapping[str, Any]

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002  one answer each
        data: dict[str, Any] = self.answers[operation]
        return data


def examples() -> list[Example]:
    """Every example, by name."""
    files = sorted(resources.files(_PACKAGE).iterdir(), key=lambda file: file.name)
    return [
        Example(file.name.removesuffix(".json"), _order(json.loads(file.read_text("utf-8"))))
        for file in files
        if file.name.endswith(".json")
    ]


def _order(answers: Mapping[str, Any]) -> Order:
    order = whole_order(_Answers(answers), "")
    if order is None:
        raise ValueError("an example without an order")
    return order
