"""The lines of a sales order as they were read in NetSuite, matched with those that we wrote. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.mapping.images import ImageLine, OrderImage
from connector.netsuite.states import LineState, SalesOrderState


def as_read(
    image: OrderImage, state: SalesOrderState, candidates: Sequence[ImageLine], line_id_field: str | None
) -> OrderImage:
    """The lines as NetSuite has them: ours found again by our reference or by item and order, the others a person's.

    What could not be compared with what we wrote is taken to differ from it, so that it is sent again.
    """
    unmatched = list(candidates)
    lines = []
    for line in state.lines:
        found = _found(line, unmatched, line_id_field)
        if found is not None:
            unmatched.remove(found)
        lines.append(ImageLine(found.reference if found else "", line.line, _body_read(line, found)))
    return replace(image, lines=tuple(lines), are_keys_sure=True, is_closed=image.is_closed or state.is_closed)


def _found(line: LineState, unmatched: Sequence[ImageLine], line_id_field: str | None) -> ImageLine | None:
    reference = line.columns.get(line_id_field) if line_id_field else None
    for item in unmatched:
        is_same = item.reference == reference if reference else item_of(item) == line.item
        if item.reference and is_same:
            return item
    return None


def _body_read(line: LineState, found: ImageLine | None) -> Mapping[str, Any]:
    """What we wrote of the line, with the figures that stand now."""
    if found is None:
        return {}
    return {**found.body, "quantity": int(line.quantity), "amount": line.amount}


def item_of(item: ImageLine) -> str:
    return str((item.body.get("item") or {}).get("id", ""))
