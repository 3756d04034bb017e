"""Which rules are missing when a value is not mapped, and the rules with them filled in. Pure.

A held record names what it waits for: `gateway:paypal`, `sku:MUG-1`, `rule:items.tip`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.mapping.rule_names import Path, list_at, setting
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules, TaxMode

_PART = re.compile(r'"([^"]*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Gap:
    """One rule without a value. `list`: which NetSuite list its value is of; `is_needed`: the others may stay empty."""

    path: Path
    list: NetSuiteList
    is_needed: bool = True

    @property
    def setting(self) -> str:
        """The rule as a person would write it."""
        return setting(self.path)


def gaps(subject: str, rules: Rules) -> tuple[Gap, ...]:
    """The rules that would release what waits for a subject; none where no rule can."""
    kind, _, name = subject.partition(":")
    find = _GAPS.get(kind)
    return find(name, rules) if find is not None and name else ()


def path_of(name: str) -> Path:
    """The path of a rule as a person would write it, without `rules.`."""
    return tuple(quoted or bare for quoted, bare in _PART.findall(name))


def filled(rules: Rules, values: Mapping[Path, str]) -> Rules:
    """The rules with these values. Raises ConfigError for one that cannot stand there."""
    data = rules.to_json()
    for path, value in values.items():
        table = data
        for part in path[:-1]:
            if not isinstance(table.get(part), dict):
                table[part] = {}
            table = table[part]
        table[path[-1]] = value
    return Rules.from_json(data)


def _one(*above: str, of: NetSuiteList) -> Callable[[str, Rules], tuple[Gap, ...]]:
    """A table of the rules whose keys are what people call things."""
    return lambda name, _rules: (Gap((*above, name), of),)


def _gateway(name: str, rules: Rules) -> tuple[Gap, ...]:
    """A gateway that has its method lacks the account that refunds leave."""
    place = ("payments", "methods", name)
    if name in rules.payments.methods:
        return (Gap((*place, "account"), NetSuiteList.ACCOUNT),)
    return (
        Gap((*place, "method"), NetSuiteList.PAYMENT_METHOD),
        Gap((*place, "account"), NetSuiteList.ACCOUNT, is_needed=False),
    )


def _tax(rate: str, rules: Rules) -> tuple[Gap, ...]:
    if rules.tax.mode is TaxMode.TAX_CODE:
        return (Gap(("tax", "codes", rate), NetSuiteList.TAX_CODE),)
    place = ("tax", "details", rate)
    return (Gap((*place, "type"), NetSuiteList.TAX_TYPE), Gap((*place, "code"), NetSuiteList.TAX_CODE))


def _rule(name: str, _rules: Rules) -> tuple[Gap, ...]:
    """A rule that is named itself; only where its value is of a list."""
    path = path_of(name)
    of = list_at(path)
    return (Gap(path, of),) if of is not None else ()


_GAPS: Mapping[str, Callable[[str, Rules], tuple[Gap, ...]]] = {
    "sku": _one("items", "skus", of=NetSuiteList.ITEM),
    "variant": _one("items", "variants", of=NetSuiteList.ITEM),
    "currency": _one("currencies", of=NetSuiteList.CURRENCY),
    "shipping": _one("shipping", "methods", of=NetSuiteList.SHIPPING_ITEM),
    "terms": _one("orders", "terms", of=NetSuiteList.TERMS),
    "gateway": _gateway,
    "tax": _tax,
    "rule": _rule,
}
