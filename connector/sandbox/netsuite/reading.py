"""What a GET prints: sublists and subrecords as links unless they are asked for, absent fields left out."""

from dataclasses import dataclass
from typing import Any

from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.fields import table
from connector.sandbox.netsuite.record import Record, lines_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """How a record is wanted: some fields only, sublists in full, enums as plain text."""

    fields: tuple[str, ...] | None = None
    is_expanded: bool = False
    has_simple_enums: bool = False


def read(record: Record, view: View, address: str) -> Json:
    """The record as it is printed; `address` is its own."""
    whole: Json = {"id": record.id, "externalId": record.external_id} | record.body
    names = whole if view.fields is None else view.fields
    links = [{"rel": "self", "href": address}]
    shown = {name: _value(record, name, whole[name], view, address) for name in names if whole.get(name) is not None}
    return {"links": links} | shown


def part(record: Record, name: str, *, is_expanded: bool, address: str) -> Json:
    """A subrecord, or a sublist: its lines in full, or links to them. Raises Refusal for a part that does not exist."""
    kind = table()[record.type].get(name, {}).get("kind")
    if kind not in ("sublist", "subrecord"):
        raise Refusal(404, "NONEXISTENT_ID", f"The sublist '{name}' does not exist.")
    if kind == "subrecord":
        return {"links": []} | (record.body.get(name) or {})
    lines = lines_of(record.body, name)
    if not is_expanded:
        keys = [line.get("line", line.get("id", index)) for index, line in enumerate(lines, 1)]
        lines = [{"links": [{"rel": "self", "href": f"{address}/{name}/{key}"}]} for key in keys]
    return _collection(lines)


def line(record: Record, name: str, key: str) -> Json:
    """One line of a sublist. Raises Refusal."""
    for found in lines_of(record.body, name):
        if key in (str(found.get("line")), str(found.get("id"))):
            return {"links": []} | found
    raise Refusal(404, "NONEXISTENT_ID", f"The line '{key}' of the sublist '{name}' does not exist.")


def _value(record: Record, name: str, value: Any, view: View, address: str) -> Any:
    field = table()[record.type].get(name, {})
    kind = field.get("kind")
    if kind in ("sublist", "subrecord") and not view.is_expanded:
        return {"links": [{"rel": "self", "href": f"{address}/{name}"}]}
    if kind == "sublist":
        return _collection(lines_of(record.body, name))
    if view.has_simple_enums and (kind == "enum" or name == "status"):
        return value["id"]
    return value


def _collection(lines: list[Json]) -> Json:
    count = len(lines)
    items: list[Json] = [{"links": []} | item for item in lines]
    return {"links": [], "count": count, "hasMore": False, "offset": 0, "totalResults": count, "items": items}
