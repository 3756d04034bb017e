"""Every NetSuite id the rules name, by rule key and table; which of them are absent or inactive. Pure."""

from collections.abc import Iterator, Mapping

from connector.mapping.rules import Rules
from connector.netsuite.tables import (
    ACCOUNT,
    CLASSIFICATION,
    CURRENCY,
    CUSTOMER,
    DEPARTMENT,
    ITEM,
    LOCATION,
    PAYMENT_METHOD,
    SHIP_ITEM,
    SUBSIDIARY,
    TAX_CODE,
    Sight,
    Table,
)

# Rule key → internal id.
Ids = Mapping[str, str]

_ITEMS = ("custom", "gift_card", "tip", "duty", "fee")


def named(rules: Rules) -> dict[Table, Ids]:
    """The ids of the rules, by the table they must be in. Negative ids are NetSuite's own and always there."""
    found: dict[Table, dict[str, str]] = {}
    for table, key, value in (*_single(rules), *_many(rules)):
        if value is not None and not value.startswith("-"):
            found.setdefault(table, {})[f"rules.{key}"] = value
    return dict(found)


def problems(rules: Rules, sights: Mapping[Table, Sight]) -> tuple[list[str], list[str]]:
    """Sentences about ids that are absent or inactive, and about those that could not be looked at."""
    wrong, unchecked = [], []
    for table, ids in named(rules).items():
        sight = sights.get(table)
        if sight is None or not sight.is_visible:
            unchecked.append(f"{_listed(ids)} cannot be checked: the role does not see the table {table.name}")
            continue
        wrong += [sentence for key, value in ids.items() if (sentence := _problem(key, value, sight))]
    return wrong, unchecked


def _problem(key: str, value: str, sight: Sight) -> str | None:
    entry = sight.entries.get(value)
    table = sight.table
    if entry is None:
        return f"{key} is {value}, which is not in NetSuite's {table.name} list; put in an id that is there"
    if not entry.is_active:
        name = f" ({entry.name})" if entry.name else ""
        return f"{key} is {value}{name}, which is inactive in NetSuite; make it active there, or name another one"
    symbol = key.rpartition(".")[2]
    if table is CURRENCY and entry.name and entry.name != symbol:
        return f"{key} is {value}, which is {entry.name} in NetSuite; put in the id of {symbol}"
    return None


def _listed(ids: Ids) -> str:
    return ", ".join(f"{key} = {value}" for key, value in ids.items())


def _single(rules: Rules) -> Iterator[tuple[Table, str, str | None]]:
    yield SUBSIDIARY, "subsidiary", rules.subsidiary
    yield LOCATION, "location", rules.location
    yield DEPARTMENT, "orders.department", rules.orders.department
    yield CLASSIFICATION, "orders.class", rules.orders.class_
    yield CUSTOMER, "customer.default", rules.customer.default
    for name in _ITEMS:
        yield ITEM, f"items.{name}", getattr(rules.items, name)
    yield ITEM, "discount.item", rules.discount.item
    yield ITEM, "tax.item", rules.tax.item
    yield ITEM, "rounding.item", rules.rounding.item
    yield TAX_CODE, "tax.exempt_code", rules.tax.exempt_code
    yield SHIP_ITEM, "shipping.default", rules.shipping.default


def _many(rules: Rules) -> Iterator[tuple[Table, str, str | None]]:
    for symbol, number in rules.currencies.items():
        yield CURRENCY, f"currencies.{symbol}", number
    for variant, number in rules.items.variants.items():
        yield ITEM, f"items.variants.{variant}", number
    for rate, number in rules.tax.codes.items():
        yield TAX_CODE, f'tax.codes."{rate}"', number
    for rate, detail in rules.tax.details.items():
        yield TAX_CODE, f'tax.details."{rate}".code', detail.code
    for name, number in rules.shipping.methods.items():
        yield SHIP_ITEM, f'shipping.methods."{name}"', number
    for gateway, method in rules.payments.methods.items():
        yield PAYMENT_METHOD, f'payments.methods."{gateway}".method', method.method
        yield ACCOUNT, f'payments.methods."{gateway}".account', method.account
