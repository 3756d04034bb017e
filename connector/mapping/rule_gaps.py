"""Which rules are missing when a value is not mapped, and the rules with them filled in. Pure.

A held record names what it waits for: `gateway:paypal`, `sku:MUG-1`, `rule:items.tip`, `shopify-location:Main street`.
"""

import re
from collections.abc import Mapping
from typing import Any

from connector.errors import ConfigError
from connector.mapping.rule_names import Path, list_at
from connector.mapping.rule_tables import GATEWAYS, TABLES, TAX_CODES, TAX_DETAILS, Gap
from connector.mapping.rules import Rules, TaxMode

# A location of the rules for stock that is none of the shop's.
STOCK_LOCATION = "stock-location"
_PART = re.compile(r'"([^"]*)"|([^."]+)')
_BY_KIND = {table.subject.removesuffix(":"): table for table in TABLES if table.subject is not None}


def gaps(subject: str, rules: Rules) -> tuple[Gap, ...]:
    """The rules that would release what waits for a subject; none where no rule can."""
    kind, _, name = subject.partition(":")
    if not name:
        return ()
    if kind == "rule":
        return _rule(name)
    if kind == STOCK_LOCATION:
        return (Gap(("inventory", "locations", name), None),) if name in rules.inventory.locations else ()
    if kind == "tax":
        return (TAX_CODES if rules.tax.mode is TaxMode.TAX_CODE else TAX_DETAILS).entry(name)
    table = _BY_KIND.get(kind)
    found = () if table is None else table.entry(name)
    # A gateway that has its method lacks the account that refunds leave.
    if table is GATEWAYS and name in rules.payments.methods:
        return tuple(Gap(gap.path, gap.list) for gap in found[1:])
    return found


def path_of(name: str) -> Path:
    """The path of a rule as a person would write it, without `rules.`."""
    return tuple(quoted or bare for quoted, bare in _PART.findall(name))


def are_mended_by(subject: str, rules: Rules, filled_in: tuple[Gap, ...]) -> bool:
    """Whether what waits for a subject waits for one of these rules."""
    paths = {gap.path for gap in filled_in}
    return any(gap.path in paths for gap in gaps(subject, rules))


def filled(rules: Rules, values: Mapping[Gap, str]) -> Rules:
    """The rules with these values; an empty one takes the rule out. Raises ConfigError for one that cannot stand there."""
    data = rules.to_json()
    for gap, value in values.items():
        *above, last = gap.path
        table = data
        for part in above:
            if not isinstance(table.get(part), dict):
                table[part] = {}
            table = table[part]
        if gap.list is None:
            _rename(table, last, value)
        elif value:
            table[last] = [one.strip() for one in value.split(",") if one.strip()] if gap.is_several else value
        else:
            table.pop(last, None)
    _without_empty(data, values)
    return Rules.from_json(data)


def _rename(table: dict[str, Any], before: str, after: str) -> None:
    """Another name for an entry, which keeps its place and its value."""
    if after != before and after in table:
        raise ConfigError(f"{after} has an entry of its own: take {before} out instead")
    entries = [(after if name == before else name, value) for name, value in table.items()]
    table.clear()
    table.update(entries)


def _without_empty(data: dict[str, Any], values: Mapping[Gap, str]) -> None:
    """An entry of several rules that has none of them any more is no entry."""
    for gap in values:
        table = data
        for part in gap.path[:-2]:
            table = table[part]
        entry = table.get(gap.path[-2]) if len(gap.path) > 3 else None
        if isinstance(entry, dict) and not any(entry.values()):
            del table[gap.path[-2]]


def _rule(name: str) -> tuple[Gap, ...]:
    """A rule that is named itself; only where its value is of a list."""
    path = path_of(name)
    of = list_at(path)
    return (Gap(path, of),) if of is not None else ()
