"""What differs between two JSON values, leaf by leaf. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# A reference to another record is one value for whoever reads it.
_REFERENCE = ({"id"}, {"externalId"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One field; None where there is none on that side."""

    field: str
    before: str | None
    after: str | None


def differences(before: Any, after: Any) -> list[Difference]:
    """The leaves that differ, in the order of `before`, then those that `after` alone has."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return [
        Difference(field, old.get(field), new.get(field))
        for field in {**old, **new}
        if old.get(field) != new.get(field)
    ]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf with its path, such as `item.items[0].rate`; a reference is one leaf, as is a list of texts, None none."""
    if isinstance(value, Mapping) and set(value) in _REFERENCE:
        yield path, str(next(iter(value.values())))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            key = name if _BARE.fullmatch(name) else f'"{name}"'
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple) and not any(isinstance(item, Mapping | list) for item in value):
        yield path, ", ".join(_text(item) for item in value)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    elif value is not None:
        yield path, _text(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
