"""Writes TOML that the standard library reads back to the same values; it can read TOML only."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

Path = tuple[str, ...]


def toml(values: Mapping[str, Any], comments: Mapping[Path, str], *, table: Path = ()) -> str:
    """Nested values as tables, one setting a line; `comments` stand behind their settings. None becomes a comment."""
    header = [f"[{'.'.join(_key(part) for part in table)}]"] if table else []
    lines = [
        _line(name, value, comments.get((*table, name)))
        for name, value in values.items()
        if not isinstance(value, Mapping)
    ]
    # A table that holds tables only is named by them.
    parts = ["\n".join(header + lines)] if lines or not values else []
    for name, value in values.items():
        if isinstance(value, Mapping):
            parts.append(toml(value, comments, table=(*table, name)))
    return "\n\n".join(part for part in parts if part)


def _line(name: str, value: Any, comment: str | None) -> str:
    if value is None:
        return f"# {_key(name)} is not set"
    said = "".join(letter for letter in " ".join((comment or "").split()) if letter.isprintable())
    return f"{_key(name)} = {_value(value)}" + (f"  # {said}" if said else "")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | Decimal):
        return _string(str(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in a connection file")


def _string(text: str) -> str:
    """JSON's texts are TOML's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
