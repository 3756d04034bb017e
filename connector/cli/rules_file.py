"""A file of rules (TOML): with a [rules] table, or the bare keys; every fault is listed with its line and key."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connector.cli.toml_lines import line_of
from connector.errors import ConfigError
from connector.flows.rule_lookup import RuleFault
from connector.mapping.rules import Rules

_TABLE = "rules"
# What else stands in a connection file; it is left aside.
_CONNECTION = {"name", "shopify", "netsuite"}


@dataclass(frozen=True, slots=True)
class RulesFile:
    """The rules a file holds, and what is needed to say on which line something is wrong."""

    path: Path
    text: str
    table: tuple[str, ...]
    rules: Rules

    def refused(self, faults: Sequence[RuleFault]) -> ConfigError:
        """What NetSuite does not have, with the lines."""
        found = [((*self.table, *fault.path), fault.sentence) for fault in faults]
        return _refused(self.path, self.text, found)


def read_rules_file(path: Path) -> RulesFile:
    """The rules of a file. Raises ConfigError listing every fault with its line."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    table = (_TABLE,) if _TABLE in data and set(data) <= {_TABLE, *_CONNECTION} else ()
    try:
        rules = Rules.model_validate(data[_TABLE] if table else data)
    except ValidationError as error:
        faults = [((*table, *item["loc"]), _sentence(item)) for item in error.errors(include_url=False)]
        raise _refused(path, text, faults) from None
    return RulesFile(path, text, table, rules)


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


def _refused(path: Path, text: str, faults: Sequence[tuple[tuple[str | int, ...], str]]) -> ConfigError:
    """All faults, one a line, in the order of the file."""
    lines = sorted({(line_of(text, where), ".".join(str(part) for part in where), why) for where, why in faults})
    return ConfigError("\n".join(f"{path}:{line}: {key}: {sentence}" for line, key, sentence in lines))
