"""Which rules point into NetSuite's lists, and what NetSuite says of them. Pure.

A value of digits is an internal id; everything else is a name. `name:1001` says that digits are a name.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from connector.mapping.rule_values import InList, NetSuiteList
from connector.mapping.rules import Rules

_ID = re.compile(r"-?\d+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NAME_MARK = "name:"
_CANDIDATES = 5

Path = tuple[str, ...]
# What is known of the lists: by list, then by the value a rule has.
Known = Mapping[NetSuiteList, Mapping[str, "Entry"]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a NetSuite list. `name` contains the names of its parents: `Main : Shelf 1`."""

    id: str
    name: str
    is_inactive: bool = False


@dataclass(frozen=True, slots=True)
class RuleReference:
    """One rule that points into a list."""

    path: Path
    list: NetSuiteList
    value: str

    @property
    def setting(self) -> str:
        """The rule as a person would write it: `rules.shipping.methods."Standard (5 days)"`."""
        return setting(self.path)

    @property
    def is_id(self) -> bool:
        """True for an internal id."""
        return _ID.fullmatch(self.value) is not None

    @property
    def is_system_value(self) -> bool:
        """True for a negative id: a value of NetSuite's own, which stands in no list."""
        return self.is_id and self.value.startswith("-")

    @property
    def name(self) -> str:
        """The name that is meant."""
        return self.value.removeprefix(_NAME_MARK).strip()


def setting(path: Sequence[str]) -> str:
    """A rule's path as TOML spells it."""
    parts = (part if _BARE_KEY.fullmatch(part) else f'"{part}"' for part in path)
    return ".".join(("rules", *parts))


def references(rules: Rules) -> list[RuleReference]:
    """Every rule that points into a list, in the order of the model."""
    return list(_references(Rules, rules, ()))


def resolved(rules: Rules, known: Known) -> Rules:
    """The same rules with ids in place of the names that are known."""
    data = rules.to_json()
    for reference in references(rules):
        entry = known.get(reference.list, {}).get(reference.value)
        if entry is not None and not reference.is_id:
            _put(data, reference.path, entry.id)
    return Rules.from_json(data)


def unresolved(rules: Rules) -> list[RuleReference]:
    """The rules that still hold a name."""
    return [reference for reference in references(rules) if not reference.is_id]


def matching(reference: RuleReference, entries: Sequence[Entry]) -> list[Entry]:
    """The entries a rule can mean: that id, or that whole name, or else that name below a parent; active ones first."""
    if reference.is_id:
        return _each_once([entry for entry in entries if entry.id == reference.value])
    wanted = reference.name.casefold()
    whole = [entry for entry in entries if entry.name.casefold() == wanted]
    last = [entry for entry in entries if entry.name.rpartition(" : ")[2].casefold() == wanted]
    found = whole or last
    active = [entry for entry in found if not entry.is_inactive]
    return _each_once(active or found)


def problem(reference: RuleReference, found: Sequence[Entry], others: Sequence[str]) -> str | None:
    """What is wrong with a rule, or None. `others`: names of the same list, to say what may be meant."""
    if not found and reference.is_id:
        return f"NetSuite has no {reference.list} with the id {reference.value}"
    if not found:
        near = difflib.get_close_matches(reference.name, others, n=_CANDIDATES, cutoff=0.5)
        meant = f"; there is {', '.join(repr(name) for name in near)}" if near else ""
        return f"NetSuite has no {reference.list} named {reference.name!r}{meant}"
    if len(found) > 1:
        ids = ", ".join(f"{entry.id} ({entry.name})" for entry in found[:_CANDIDATES])
        return f"NetSuite has {len(found)} entries of the list {reference.list} named {reference.name!r}: say which by id: {ids}"
    if found[0].is_inactive:
        return f"the {reference.list} {found[0].id} ({found[0].name}) is inactive in NetSuite"
    return None


def list_at(path: Path) -> NetSuiteList | None:
    """The list that the rule of this path points into; None for another rule, and where there is none."""
    annotation: Any = Rules
    for part in path:
        annotation = _below(_plain(annotation), part)
    marks = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((mark.list for mark in marks if isinstance(mark, InList)), None)


def known_to_json(known: Known) -> dict[str, Any]:
    """As it is stored."""
    return {
        name.value: {
            value: {"id": entry.id, "name": entry.name, "is_inactive": entry.is_inactive}
            for value, entry in entries.items()
        }
        for name, entries in known.items()
    }


def known_from_json(data: Mapping[str, Any] | None) -> Known:
    """From what was stored."""
    return {
        NetSuiteList(name): {value: Entry(**entry) for value, entry in entries.items()}
        for name, entries in (data or {}).items()
    }


def _below(annotation: Any, part: str) -> Any:
    """The type of what stands under a key; None where there is none."""
    if get_origin(annotation) is dict:
        return _plain(get_args(annotation)[1])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        hints = get_type_hints(annotation, include_extras=True)
        by_alias = {field.alias or name: hints[name] for name, field in annotation.model_fields.items()}
        return _plain(by_alias.get(part))
    return None


def _plain(annotation: Any) -> Any:
    """The type itself, of one that may be None too."""
    if get_origin(annotation) in (Union, UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation


def _each_once(entries: Sequence[Entry]) -> list[Entry]:
    """An entry that has two names counts once."""
    return list({entry.id: entry for entry in reversed(entries)}.values())[::-1]


def _references(annotation: Any, value: Any, path: Path) -> Iterator[RuleReference]:
    """Walks the model along its types: the mark of a list stands in the type, not in the value."""
    if value is None:
        return
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _marked(annotation, value, path)
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _references(part, value, path)
    elif isinstance(value, BaseModel):
        yield from _references_of(value, path)
    else:
        for key, item in _entries(value):
            yield from _references(get_args(annotation)[-1 if isinstance(value, dict) else 0], item, (*path, key))


def _entries(value: Any) -> list[tuple[str, Any]]:
    """What a table or a list holds, with its key or its place; nothing of a plain value."""
    if isinstance(value, dict):
        return list(value.items())
    return [(str(index), item) for index, item in enumerate(value)] if isinstance(value, tuple) else []


def _references_of(part: BaseModel, path: Path) -> Iterator[RuleReference]:
    hints = get_type_hints(type(part), include_extras=True)
    for name, field in type(part).model_fields.items():
        yield from _references(hints[name], getattr(part, name), (*path, field.alias or name))


def _marked(annotation: Any, value: Any, path: Path) -> Iterator[RuleReference]:
    inner, *marks = get_args(annotation)
    for mark in marks:
        if isinstance(mark, InList):
            yield RuleReference(path, mark.list, value)
            return
    yield from _references(inner, value, path)


def _put(data: Any, path: Path, value: str) -> None:
    """Sets the value at a path; of a list, the part is the place in it."""
    part = int(path[0]) if isinstance(data, list) else path[0]
    if len(path) == 1:
        data[part] = value
    else:
        _put(data[part], path[1:], value)
