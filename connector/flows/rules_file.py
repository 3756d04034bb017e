"""Rules as TOML text: read, with a [rules] table or the bare keys, every fault with its line and key; and written."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connector.errors import ConfigError
from connector.flows.rule_lookup import RuleFault
from connector.mapping.rule_names import Entry, RuleReference, known_from_json, references
from connector.mapping.rules import Rules
from connector.mapping.toml_lines import line_of
from connector.mapping.toml_text import toml
from connector.store.rule_versions import RuleVersion

_TABLE = "rules"
# What else stands in a connection file; it is left aside.
_CONNECTION = {"name", "shopify", "netsuite"}


@dataclass(frozen=True, slots=True)
class RulesFile:
    """The rules a text holds, and what is needed to say on which line something is wrong. `named`: where it was read."""

    named: str
    text: str
    table: tuple[str, ...]
    rules: Rules

    def refused(self, faults: Sequence[RuleFault]) -> ConfigError:
        """What NetSuite does not have, with the lines."""
        found = [((*self.table, *fault.path), fault.sentence) for fault in faults]
        return _refused(self.named, self.text, found)


def read_rules_file(path: Path) -> RulesFile:
    """The rules of a file. Raises ConfigError listing every fault with its line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return read_rules(text, named=str(path))


def read_rules(text: str, *, named: str) -> RulesFile:
    """The rules of a text. Raises ConfigError listing every fault with its line, `named` before each."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{named}: is not TOML: {error}") from error
    table = (_TABLE,) if _TABLE in data and set(data) <= {_TABLE, *_CONNECTION} else ()
    try:
        rules = Rules.model_validate(data[_TABLE] if table else data)
    except ValidationError as error:
        faults = [((*table, *item["loc"]), _sentence(item)) for item in error.errors(include_url=False)]
        raise _refused(named, text, faults) from None
    return RulesFile(named, text, table, rules)


def rules_as_toml(name: str, version: RuleVersion, *, with_defaults: bool) -> str:
    """A version of the rules of the connection `name`, as `read_rules` takes it; what NetSuite knows as comments."""
    rules = Rules.from_json(version.rules)
    values = rules.model_dump(by_alias=True, exclude_defaults=not with_defaults)
    head = (
        f"# {name}, version {version.version}, by {version.actor}, {version.made_at:%Y-%m-%d %H:%M} UTC: {version.note}"
    )
    return f"{head}\n{toml({_TABLE: values}, _comments(rules, version)) or f'[{_TABLE}]'}\n"


def _comments(rules: Rules, version: RuleVersion) -> dict[tuple[str, ...], str]:
    """Behind an id its name, behind a name its id."""
    known = known_from_json(version.looked_up)
    return {
        (_TABLE, *reference.path): comment
        for reference in references(rules)
        if (comment := _comment(reference, known.get(reference.list, {}).get(reference.value)))
    }


def _comment(reference: RuleReference, entry: Entry | None) -> str | None:
    if entry is None:
        return None if reference.is_id else "not found in NetSuite yet"
    return entry.name if reference.is_id else entry.id


def _sentence(item: Mapping[str, Any]) -> str:
    """Pydantic's finding as a sentence about the key before it."""
    if item["type"] == "missing":
        return "is missing"
    if item["type"] != "extra_forbidden":
        return str(item["msg"]).removeprefix("Value error, ")
    *above, name = [str(part) for part in item["loc"]]
    near = difflib.get_close_matches(name, _names(above), n=1)
    meant = f"; {near[0]} is meant?" if near else "; `mapping show NAME --defaults` prints all there are"
    return f"is not a rule{meant}"


def _names(above: Sequence[str]) -> list[str]:
    """The rules there are in a part."""
    data: Any = Rules().to_json()
    for part in above:
        data = data.get(part, {}) if isinstance(data, dict) else {}
    return list(data) if isinstance(data, dict) else []


def _refused(named: str, text: str, faults: Sequence[tuple[tuple[str | int, ...], str]]) -> ConfigError:
    """All faults, one a line, in the order of the file."""
    lines = sorted({(line_of(text, where), ".".join(str(part) for part in where), why) for where, why in faults})
    return ConfigError("\n".join(f"{named}:{line}: {key}: {sentence}" for line, key, sentence in lines))
