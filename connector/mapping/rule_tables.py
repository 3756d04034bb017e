"""The look-up tables of the rules, and what is asked of whoever fills in one of their entries. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from connector.errors import ConfigError
from connector.mapping.rule_names import Path, setting
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules


@dataclass(frozen=True, slots=True)
class Gap:
    """One rule to fill in. `list`: which NetSuite list its value is of; `is_needed`: the others may stay empty.

    Without a list one of the shop's own locations is wanted, in the place of the last part of the path: that is no location
    of the shop. `is_several`: several values, with commas between them.
    """

    path: Path
    list: NetSuiteList | None
    is_needed: bool = True
    is_several: bool = False

    @property
    def setting(self) -> str:
        """The rule as a person would write it."""
        return setting(self.path)

    @property
    def wants(self) -> str:
        """What stands there, in words."""
        if self.list is None:
            return "Shopify location"
        return f"NetSuite {self.list}{'s' if self.is_several else ''}"


@dataclass(frozen=True, slots=True)
class LookUpTable:
    """One table. `keys` says what stands on the left; `subject`: what a record waits for begins with it, None where none
    waits; `second`: what an entry holds beside its value, and `first` where that value stands in it then."""

    name: str
    title: str
    path: Path
    list: NetSuiteList
    keys: str
    subject: str | None = None
    first: str | None = None
    second: tuple[str, NetSuiteList] | None = None
    is_several: bool = False

    def entry(self, key: str) -> tuple[Gap, ...]:
        """What an entry is made of."""
        at = (*self.path, key)
        if self.second is None or self.first is None:
            return (Gap(at, self.list, is_several=self.is_several),)
        name, of = self.second
        # Money without an account is undeposited; a tax type is nothing without its code.
        is_needed = of is not NetSuiteList.ACCOUNT
        return Gap((*at, self.first), self.list), Gap((*at, name), of, is_needed=is_needed)


GATEWAYS = LookUpTable(
    "gateways", "Payment gateways", ("payments", "methods"), NetSuiteList.PAYMENT_METHOD, "Payment gateway in Shopify",
    "gateway:", "method", ("account", NetSuiteList.ACCOUNT),
)  # fmt: skip
TAX_CODES = LookUpTable("tax", "Tax", ("tax", "codes"), NetSuiteList.TAX_CODE, "Tax rate in per cent", "tax:")
TAX_DETAILS = LookUpTable(
    "tax_details", "Tax details", ("tax", "details"), NetSuiteList.TAX_TYPE, "Tax rate in per cent",
    "tax:", "type", ("code", NetSuiteList.TAX_CODE),
)  # fmt: skip
TABLES = (
    GATEWAYS,
    LookUpTable(
        "shipping", "Shipping", ("shipping", "methods"), NetSuiteList.SHIPPING_ITEM, "Shipping method in Shopify", "shipping:"
    ),
    LookUpTable("currencies", "Currencies", ("currencies",), NetSuiteList.CURRENCY, "Currency", "currency:"),
    LookUpTable(
        "locations", "Locations", ("locations",), NetSuiteList.LOCATION, "Location in Shopify, name or id", "shopify-location:"
    ),
    LookUpTable(
        "stock", "Locations that stock is sold from", ("inventory", "locations"), NetSuiteList.LOCATION,
        "Location in Shopify, name or id", is_several=True,
    ),
    LookUpTable("skus", "SKUs", ("items", "skus"), NetSuiteList.ITEM, "SKU in Shopify", "sku:"),
    LookUpTable("items", "Variants", ("items", "variants"), NetSuiteList.ITEM, "Variant id in Shopify", "variant:"),
    LookUpTable("terms", "Terms", ("orders", "terms"), NetSuiteList.TERMS, "Payment terms in Shopify", "terms:"),
    TAX_CODES,
    TAX_DETAILS,
)  # fmt: skip


def entry_of(table: str, key: str) -> tuple[Gap, ...]:
    """What one entry of a table is made of. Raises ConfigError for a table there is none of."""
    for one in TABLES:
        if one.name == table and key:
            return one.entry(key)
        if one.name == table:
            raise ConfigError(f"say which {one.keys.lower()} is meant")
    raise ConfigError(f"there is no table {table}; there are {', '.join(one.name for one in TABLES)}")


def entries_of(rules: Mapping[str, Any], table: LookUpTable) -> Mapping[str, Any]:
    """What a table of the rules holds."""
    found: Any = rules
    for part in table.path:
        found = found.get(part, {})
    return dict(found)


def present(rules: Mapping[str, Any], gap: Gap) -> str:
    """What a rule has now; empty where it has nothing, or where its own name is what is wrong."""
    found: Any = rules
    for part in gap.path:
        found = found.get(part) if isinstance(found, Mapping) else None
    if gap.list is None or found is None:
        return ""
    return ", ".join(found) if isinstance(found, list | tuple) else str(found)


def filled_in(rules: Mapping[str, Any], proposed: Mapping[str, Any]) -> Rules:
    """The rules with what is proposed where they have nothing yet. Raises ConfigError."""
    return Rules.from_json(_filled(rules, proposed))


def _filled(present: Mapping[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    found = deepcopy(dict(present))
    for name, value in proposed.items():
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, dict) and isinstance(value, Mapping):
            found[name] = _filled(before, value)
    return found
