"""Our table of the NetSuite fields in use, and what is wrong with a body held against it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_CUSTOM = re.compile(r"(custbody|custcol|custentity|custitem|cseg)[a-z0-9_]*")
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a body. `is_unknown` for a name the table does not have."""

    path: str
    message: str
    is_unknown: bool = False


def is_external_id(text: str) -> bool:
    """True for letters, digits, _ and -."""
    return bool(_EXTERNAL_ID.fullmatch(text))


@cache
def table() -> dict[str, dict[str, dict[str, Any]]]:
    """Fields by record and name."""
    text = resources.files("connector.sandbox.netsuite").joinpath("fields.json").read_text("utf-8")
    loaded: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return loaded


def problems(record: str, body: Mapping[str, Any], *, prefix: str = "") -> list[Problem]:
    """Everything wrong with a body: unknown names and values of the wrong type, with their paths."""
    return list(_problems(record, body, prefix))


def _problems(record: str, body: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    known = table()[record]
    for name, value in body.items():
        path = f"{prefix}{name}"
        if _CUSTOM.fullmatch(name) or value is None:
            continue
        if name not in known:
            yield Problem(path, f"Unknown field name: {name}", is_unknown=True)
            continue
        kind = known[name]["kind"]
        if kind in ("sublist", "subrecord"):
            yield from _inside(known[name]["inside"], kind, value, path)
        elif not _is_kind(kind, known[name], value):
            yield Problem(path, f"Invalid value for the field {name}: expected {kind}")


def _inside(record: str, kind: str, value: Any, path: str) -> Iterator[Problem]:
    if kind == "subrecord" and isinstance(value, dict):
        yield from _problems(record, value, f"{path}.")
    elif kind == "sublist" and isinstance(value, dict) and isinstance(value.get("items"), list):
        for index, line in enumerate(value["items"]):
            yield from _problems(record, line, f"{path}.items[{index}].")
    elif kind == "subrecord" or not isinstance(value, dict) or value.get("items", 0) is not None:
        # `{"items": null}` empties a sublist.
        yield Problem(path, f"Invalid value: expected a {kind}")


def _is_kind(kind: str, field: Mapping[str, Any], value: Any) -> bool:
    if kind == "reference":
        return isinstance(value, dict) and any(isinstance(value.get(key), str) for key in ("id", "externalId"))
    if kind == "enum":
        return isinstance(value, dict) and value.get("id") in field.get("ids", [value.get("id")])
    if kind == "date":
        return isinstance(value, str) and bool(_DATE.fullmatch(value))
    if kind == "datetime":
        return isinstance(value, str) and bool(_DATETIME.match(value))
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "integer"):
        return (isinstance(value, int | float) and not isinstance(value, bool)) or type(value).__name__ == "Decimal"
    return isinstance(value, str)
