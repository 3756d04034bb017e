"""Every NetSuite id the rules name, by rule key and table; which of them are absent or inactive. Pure."""

from collections.abc import Mapping

from connector.mapping.rule_names import references
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules
from connector.netsuite import tables
from connector.netsuite.tables import CURRENCY, Sight, Table

# Rule key → internal id.
Ids = Mapping[str, str]

# Terms and tax types are looked at when rules are set: no permission is documented that shows them.
_TABLES = {
    NetSuiteList.SUBSIDIARY: tables.SUBSIDIARY,
    NetSuiteList.LOCATION: tables.LOCATION,
    NetSuiteList.CURRENCY: tables.CURRENCY,
    NetSuiteList.DEPARTMENT: tables.DEPARTMENT,
    NetSuiteList.CLASS: tables.CLASSIFICATION,
    NetSuiteList.ACCOUNT: tables.ACCOUNT,
    NetSuiteList.PAYMENT_METHOD: tables.PAYMENT_METHOD,
    NetSuiteList.SHIPPING_ITEM: tables.SHIP_ITEM,
    NetSuiteList.ITEM: tables.ITEM,
    NetSuiteList.CUSTOMER: tables.CUSTOMER,
    NetSuiteList.TAX_CODE: tables.TAX_CODE,
}


def named(rules: Rules) -> dict[Table, Ids]:
    """The ids of the rules, by the table they must be in. Negative ids are NetSuite's own and always there."""
    found: dict[Table, dict[str, str]] = {}
    for reference in references(rules):
        table = _TABLES.get(reference.list)
        if table is not None and reference.is_id and not reference.is_system_value:
            found.setdefault(table, {})[reference.setting] = reference.value
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
