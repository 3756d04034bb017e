"""What the role sees of NetSuite's tables: those that every order needs, those that the rules want, and the lists."""

from collections.abc import Sequence

from connector.errors import ConnectorError
from connector.flows.ping import rule_ids
from connector.flows.ping.examination import Found
from connector.mapping.customer_ownership import columns
from connector.mapping.rules import Rules
from connector.netsuite import tables
from connector.netsuite.client import NetSuiteClient
from connector.netsuite.stock_queries import TABLES
from connector.netsuite.tables import NEEDED, PROPOSING, Sight, Table


def look_at_tables(client: NetSuiteClient, rules: Rules) -> tuple[Found, dict[Table, Sight]]:
    """Sees every table that is used, and reads by the way the lists and the entries the rules name."""
    ids = rule_ids.named(rules)
    needed = (*NEEDED, *needed_by(rules))
    wanted = list(dict.fromkeys((*needed, *_told(rules), *stock_tables(rules), *PROPOSING, *ids)))
    failures: list[str] = []
    warnings: list[str] = []
    sights: dict[Table, Sight] = {}
    for table in wanted:
        try:
            sights[table] = _seen(client, table, ids.get(table, {}))
        except ConnectorError as error:
            failures.append(f"the table {table.name} cannot be read: {error}")
    for table, sight in sights.items():
        if table not in stock_tables(rules):
            (failures if table in needed else warnings).extend(_hidden(sight, is_named=table in ids))
    failures += _without_stock([sights[table] for table in stock_tables(rules) if table in sights])
    good = sum(_is_whole(sight) for sight in sights.values())
    found = Found(f"{good} of {len(wanted)} seen whole", tuple(dict.fromkeys(failures)), tuple(dict.fromkeys(warnings)))
    return found, sights


def needed_by(rules: Rules) -> tuple[Table, ...]:
    """Tables without which something that the rules switch on does not work."""
    found: list[Table] = []
    if rules.fulfillments.source == "netsuite":
        found += tables.SHIPMENT_TABLES
    if rules.inventory.locations:
        found.append(tables.ITEM_MEMBER)
    if rules.draft_orders.field is not None:
        found.append(tables.marked_transactions(rules.draft_orders.field))
    if rules.adoption.field is not None:
        found += tables.adopted_transactions(rules.adoption.field)
    return tuple(found)


def stock_tables(rules: Rules) -> tuple[Table, ...]:
    """Where stock may be; one of them is enough."""
    if not rules.inventory.locations:
        return ()
    names = TABLES if rules.inventory.table == "auto" else (rules.inventory.table,)
    return tuple(tables.stock_table(name) for name in names)


def _told(rules: Rules) -> tuple[Table, ...]:
    """What is left out where the account does not have it."""
    owned = columns(rules.customer.netsuite_fields)
    return (tables.owned_of_customers(owned),) if owned else ()


def _seen(client: NetSuiteClient, table: Table, ids: rule_ids.Ids) -> Sight:
    if table in PROPOSING:
        return tables.every(client, table)
    return tables.some(client, table, sorted(set(ids.values())))


def _without_stock(sights: Sequence[Sight]) -> list[str]:
    if any(_is_whole(sight) for sight in sights):
        return []
    return [sentence for sight in sights for sentence in _hidden(sight, is_named=True)]


def _is_whole(sight: Sight) -> bool:
    return sight.is_visible and not sight.missing_columns


def _hidden(sight: Sight, *, is_named: bool) -> list[str]:
    """Sentences for a table or columns that the role does not see. A list may be absent because its feature is off."""
    table = sight.table
    if not sight.is_visible:
        why = f" (or the feature {table.feature} is off)" if table.feature else ""
        if table.feature and not is_named and table not in NEEDED:
            why += "; no rule needs it"
        return [f"the role does not see the table {table.name}{why}: add the permission {table.permission}"]
    if not sight.missing_columns:
        return []
    names = ", ".join(f"{table.name}.{name}" for name in sight.missing_columns)
    instead = f"; or {table.instead}" if table.instead else ""
    return [
        f"the role does not see {names}: add, or raise to the level View, the permission {table.permission}{instead}"
    ]
