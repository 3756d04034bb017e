"""The section of the rules that says how orders are known which another connector wrote to NetSuite."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from connector.mapping.rule_part import Part
from connector.mapping.rule_values import Moment

# Fields of every transaction that a connector may use, as SuiteQL spells them.
_STANDARD = ("otherrefnum", "tranid", "externalid")
_PLACES = ("{id}", "{name}", "{number}")


def _column(name: str | None) -> str | None:
    """It becomes part of a query, so it must be nothing but a field's id."""
    found = None if name is None else name.lower()
    if found is not None and found not in _STANDARD and not re.fullmatch(r"custbody[a-z0-9_]+", found):
        raise ValueError(
            f"{name} is neither otherRefNum, tranId, externalId nor the id of a custom body field, "
            "such as custbody_celigo_etail_order_id"
        )
    return found


def _pattern(text: str) -> str:
    if sum(text.count(place) for place in _PLACES) != 1:
        raise ValueError(f"{text!r} must hold exactly one of {', '.join(_PLACES)}")
    return text


class AdoptionRules(Part):
    """Orders that another connector wrote. Without `field` none is looked for.

    `field`: the field of NetSuite's orders that tells Shopify's order; `value`: what it holds, with {id}, {name} (#1001) or
    {number} (1001). Imported orders are always looked for, new ones where they were placed before `placed_before`.
    `missing`: what NetSuite lacks of an adopted order is held, or written; `mark`: an adopted order gets our external id.
    """

    field: Annotated[str | None, AfterValidator(_column)] = None
    value: Annotated[str, AfterValidator(_pattern)] = "{id}"
    placed_before: Moment | None = None
    missing: Literal["hold", "write"] = "hold"
    mark: bool = False

    def value_of(self, order_id: str, name: str) -> str:
        """What the field holds for an order."""
        places = zip(_PLACES, (order_id, name, name.lstrip("#")), strict=True)
        text = self.value
        for place, value in places:
            text = text.replace(place, value)
        return text
