"""Bodies for NetSuite without the people in them: ids, amounts, dates and statuses stay, what somebody typed or is does not.

By a list of what may stay, never of what must go: a field that is mapped tomorrow is masked until it is named here.
"""

import re
from collections.abc import Mapping
from typing import Any

MASK = "•••"
# Texts and references that say nothing of a person.
_KEPT = frozenset(
    [
        "externalId", "id", "tranDate", "otherRefNum", "orderStatus", "status", "shipStatus", "line", "orderLine", "item",
        "entity", "company", "customer", "subsidiary", "location", "department", "class", "currency", "price", "terms",
        "shipMethod", "taxCode", "taxType", "taxDetailsReference", "account", "paymentMethod", "salesOrder", "createdFrom",
        "customForm", "postingPeriod", "undepFunds", "toBeEmailed", "isPerson", "taxable", "isClosed", "exchangeRate",
        "quantity", "rate", "amount", "payment", "total", "shippingCost", "taxBasis", "taxRate", "taxAmount", "apply", "doc",
        "reference", "references", "refunds", "kind",
    ]
)  # fmt: skip
_INDEX = re.compile(r"\[\d+\]$")


def masked(value: Any, name: str = "") -> Any:
    """A body in which every text that may be a person's is a mask; numbers and yes or no stay."""
    if isinstance(value, Mapping):
        return {key: masked(member, key) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [masked(member, name) for member in value]
    return MASK if isinstance(value, str) and name not in _KEPT else value


def may_stay(path: str) -> bool:
    """True for a field, by its path in a body, that says nothing of a person."""
    return _INDEX.sub("", path.rpartition(".")[2]) in _KEPT


def source_name(source: str) -> str:
    """What a value was made from, without the value."""
    return source.partition(" ")[0]
