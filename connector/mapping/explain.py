"""Says of every field of a body which source value and which rules made it. Pure; the tables say what there is to say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.mapping.differences import leaves
from connector.mapping.explain_tables import RECORDS, Field
from connector.mapping.rule_names import setting
from connector.mapping.rules import Rules
from connector.shopify.money import Money, MoneyBag

UNEXPLAINED = "not explained"
_IN_LIST = re.compile(r"(\w+)\.items\[(\d+)\]\.(.+)")
_INDEX = re.compile(r"\[\d+\]")
_PLACEHOLDER = re.compile(r"<(.+)>")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a list. `values` and `labels` come before those of the record."""

    table: tuple[Field, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a body was made from. `values`: by source; `names`: what the `<…>` of rules stand for; `parts`: by list.

    `labels` says whose values they are: `line` → `order.lineItems[14001]`.
    """

    record: str
    values: Mapping[str, object]
    labels: Mapping[str, str]
    names: Mapping[str, str]
    parts: Mapping[str, Sequence[Part]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One written field: its value, the source values, the rules with theirs, and what was done.

    `settings`: the names of those rules alone.
    """

    field: str
    value: str
    source: str
    rule: str
    note: str
    settings: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """False for a field that no table has."""
        return self.note != UNEXPLAINED


def explained(body: Mapping[str, Any], origin: Origin, rules: Rules) -> list[Explanation]:
    """Every field of a body, in its order."""
    whole = Part(RECORDS[origin.record], origin.values, origin.labels, origin.names)
    return [_explained(path, value, *_place(path, origin, whole), rules) for path, value in leaves(body)]


def _place(path: str, origin: Origin, whole: Part) -> tuple[str, Part]:
    """The name of a leaf in the table that has it, and the part that it belongs to."""
    found = _IN_LIST.fullmatch(path)
    if found is None or found[1] not in origin.parts:
        return _INDEX.sub("[]", path), whole
    parts = origin.parts[found[1]]
    if int(found[2]) >= len(parts):
        return path, whole
    part = parts[int(found[2])]
    return found[3], Part(
        part.table,
        {**whole.values, **part.values},
        {**whole.labels, **part.labels},
        {**whole.names, **part.names},
    )


def _explained(path: str, value: str, name: str, part: Part, rules: Rules) -> Explanation:
    row = next((row for row in part.table if name in _paths(row, rules)), None)
    if row is None:
        return Explanation(path, value, "", "", UNEXPLAINED)
    sources = "; ".join(_source(source, part) for source in row.sources if _text(part.values.get(source)))
    used = [used for rule in row.rules for used in _rule(rule, part.names, rules)]
    said = "; ".join(f"{name} = {text}" for name, text in used)
    return Explanation(path, value, sources, said, row.note, tuple(name for name, _ in used))


def _paths(row: Field, rules: Rules) -> Iterator[str]:
    """The names of a row's fields; a custom field is named by a rule."""
    for path in row.paths:
        named = _PLACEHOLDER.fullmatch(path)
        yield path if named is None else str(_value(named[1].split("/"), rules))


def _source(source: str, part: Part) -> str:
    owner, _, member = source.rpartition(".")
    name = f"{part.labels.get(owner, owner)}.{member}" if owner else part.labels.get(member, member)
    return f"{name} {_text(part.values.get(source))}"


def _rule(rule: str, names: Mapping[str, str], rules: Rules) -> Iterator[tuple[str, str]]:
    """`rules.time_zone` and `UTC`, of the first alternative that is set; nothing where none is."""
    for alternative in rule.split("|"):
        path, _, condition = alternative.partition("?")
        keys = _keys(path, names) if not condition or condition in names else None
        value = None if keys is None else _value(keys, rules)
        if keys is not None and value is not None:
            yield setting(keys), _text(value)
            return


def _keys(path: str, names: Mapping[str, str]) -> list[str] | None:
    """A rule's path with the keys of this order; None where it has no such key."""
    keys = []
    for part in path.split("/"):
        placeholder = _PLACEHOLDER.fullmatch(part)
        if placeholder is not None and placeholder[1] not in names:
            return None
        keys.append(part if placeholder is None else names[placeholder[1]])
    return keys


def _value(path: Sequence[str], rules: Rules) -> object:
    value: Any = rules.to_json()
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value


def _text(value: object) -> str:
    """A source value in one line; empty for none."""
    if value is None:
        return ""
    if isinstance(value, MoneyBag):
        shop, shown = _text(value.shop), _text(value.presentment)
        return shop if shop == shown else f"{shop} ({shown})"
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(text for item in value if (text := _text(item)))
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
