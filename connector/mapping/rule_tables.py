"""The look-up tables of the rules, the single rules that records wait for, and a value put into either. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from connector.errors import ConfigError
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules

_GATEWAYS = "gateways"


@dataclass(frozen=True, slots=True)
class LookUpTable:
    """One table. `keys` says what stands on the left; `subject`: what a record waits for begins with it, None where none
    waits."""

    name: str
    path: tuple[str, ...]
    list: NetSuiteList
    keys: str
    subject: str | None = None


TABLES = (
    LookUpTable(
        _GATEWAYS, ("payments", "methods"), NetSuiteList.PAYMENT_METHOD, "Payment gateway in Shopify", "gateway:"
    ),
    LookUpTable(
        "shipping", ("shipping", "methods"), NetSuiteList.SHIPPING_ITEM, "Shipping method in Shopify", "shipping:"
    ),
    LookUpTable("currencies", ("currencies",), NetSuiteList.CURRENCY, "Currency", "currency:"),
    LookUpTable("locations", ("locations",), NetSuiteList.LOCATION, "Location in Shopify"),
    LookUpTable("items", ("items", "variants"), NetSuiteList.ITEM, "Variant id in Shopify", "variant:"),
    LookUpTable("terms", ("orders", "terms"), NetSuiteList.TERMS, "Payment terms in Shopify", "terms:"),
    LookUpTable("tax", ("tax", "codes"), NetSuiteList.TAX_CODE, "Tax rate in per cent", "tax:"),
)
# Rules of one value each that an order can wait for.
_SINGLE: Mapping[str, NetSuiteList] = {
    "customer.default": NetSuiteList.CUSTOMER,
    "shipping.default": NetSuiteList.SHIPPING_ITEM,
    "subsidiary": NetSuiteList.SUBSIDIARY,
    "location": NetSuiteList.LOCATION,
    **dict.fromkeys(
        (
            "items.custom", "items.gift_card", "items.tip", "items.duty", "items.fee", "discount.item", "tax.item",
            "tax.channel_item", "rounding.item", "refunds.adjustment_item", "refunds.no_restock_item",
        ),
        NetSuiteList.ITEM,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value belongs: a path in the rules, and the list of NetSuite that it is of."""

    path: tuple[str, ...]
    list: NetSuiteList
    takes_account: bool = False


def place_in(table: str, key: str) -> Place:
    """The place of one key of a table. Raises ConfigError for a table there is none of."""
    for one in TABLES:
        if one.name == table:
            return _place(one, key)
    raise ConfigError(f"there is no table {table}; there are {', '.join(one.name for one in TABLES)}")


def place_of(subject: str) -> Place | None:
    """Where that belongs which records wait for (`gateway:paypal`, `rule:discount.item`); None for what no rule helps."""
    if subject.startswith("rule:"):
        setting = subject.removeprefix("rule:")
        of_list = _SINGLE.get(setting)
        return None if of_list is None else Place(tuple(setting.split(".")), of_list)
    for one in TABLES:
        if one.subject is not None and subject.startswith(one.subject):
            return _place(one, subject.removeprefix(one.subject))
    return None


def with_value(rules: Mapping[str, Any], place: Place, value: str, *, account: str = "") -> Rules:
    """The rules with one value set; an empty value takes the key out of its table. Raises ConfigError."""
    data = deepcopy(dict(rules))
    *above, last = place.path
    table = data
    for part in above:
        table = table.setdefault(part, {})
    if not value and not account:
        table.pop(last, None)
    elif place.takes_account:
        table[last] = {name: text for name, text in (("method", value), ("account", account)) if text}
    else:
        table[last] = value
    return Rules.from_json(data)


def entries_of(rules: Mapping[str, Any], table: LookUpTable) -> Mapping[str, Any]:
    """What a table of the rules holds."""
    found: Any = rules
    for part in table.path:
        found = found.get(part, {})
    return dict(found)


def _place(table: LookUpTable, key: str) -> Place:
    if not key:
        raise ConfigError(f"say which {table.keys.lower()} is meant")
    return Place((*table.path, key), table.list, takes_account=table.name == _GATEWAYS)


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
