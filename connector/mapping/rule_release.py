"""Which of the records that wait for a mapping a change of the rules concerns. Pure.

An entry of a table concerns what waits for it alone. Of most other rules nobody can tell whom they concern.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.mapping.rule_gaps import gaps, path_of
from connector.mapping.rule_names import Path, list_at
from connector.mapping.rules import Rules

# Tables whose entries each concern what is called so, and nothing else.
_TABLES: tuple[Path, ...] = (
    ("items", "skus"),
    ("items", "variants"),
    ("currencies",),
    ("shipping", "methods"),
    ("orders", "terms"),
    ("payments", "methods"),
    ("tax", "codes"),
    ("tax", "details"),
    ("locations",),
)
# No record waits for these, but for a name in them that NetSuite does not know.
_OF_RUNS = ("inventory", "schedules", "events")


def changed(before: Rules, after: Rules) -> list[Path]:
    """The rules that differ, each by its path."""
    return list(_differing(before.to_json(), after.to_json(), ()))


def unjudged(paths: Sequence[Path]) -> list[Path]:
    """Those that may concern any record that waits for a mapping."""
    return [path for path in paths if path[0] not in _OF_RUNS and _entry(path) is None and list_at(path) is None]


def concerns(paths: Sequence[Path], subject: str, rules: Rules) -> bool:
    """Whether what waits for a subject (`gateway:paypal`, `rule:items.tip`) may go on once these rules have changed."""
    return any(_concerns(path, subject, rules) for path in paths)


def _concerns(path: Path, subject: str, rules: Rules) -> bool:
    kind, _, name = subject.partition(":")
    if kind == "rule":
        return _overlap(path_of(name), path)
    if path == ("shipping", "default"):
        return kind == "shipping"
    entry = _entry(path)
    if entry is None:
        return False
    if entry[:-1] == ("items", "variants") and kind == "sku":
        # A variant's item goes before that of its SKU, and which variant the line is of stands in the order only.
        return True
    if entry[:-1] == ("currencies",) and kind == "currency" and name.isdecimal():
        # A sales order that was entered in NetSuite waits for a currency by its id there.
        return True
    return any(gap.path[: len(entry)] == entry for gap in gaps(subject, rules))


def _entry(path: Path) -> Path | None:
    """The entry of a table that a rule is part of."""
    for table in _TABLES:
        if path[: len(table)] == table and len(path) > len(table):
            return path[: len(table) + 1]
    return None


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return bool(shorter) and one[:shorter] == other[:shorter]


def _differing(before: Any, after: Any, path: Path) -> Iterator[Path]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from _differing(before.get(name), after.get(name), (*path, name))
    elif isinstance(before, Mapping) or isinstance(after, Mapping):
        for name, value in (before if isinstance(before, Mapping) else after).items():
            yield from _differing(None, value, (*path, name))
    elif before != after:
        yield path
