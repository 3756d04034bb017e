"""The account's plain lists and its features, as SuiteQL shows them."""

from typing import Any

from connector.sandbox.netsuite.suiteql import Tables

# Table, member of the configuration, and the columns filled from its entries.
_LISTS = (
    ("subsidiary", "subsidiaries", ("id", "name", "isinactive")),
    ("location", "locations", ("id", "name", "isinactive", "subsidiary")),
    ("currency", "currencies", ("id", "symbol", "name", "isinactive")),
    ("account", "accounts", ("id", "fullname", "isinactive")),
    ("paymentmethod", "payment_methods", ("id", "name", "isinactive")),
    ("shipitem", "ship_items", ("id", "itemid", "isinactive")),
    ("department", "departments", ("id", "name", "isinactive")),
    ("classification", "classes", ("id", "name", "isinactive")),
    ("term", "terms", ("id", "name", "isinactive")),
    ("salestaxitem", "tax_codes", ("id", "itemid", "isinactive")),
    ("taxtype", "tax_types", ("id", "name", "isinactive")),
)
STOCK_TABLES = ("inventoryitemlocations", "aggregateitemlocation")
# Which features an account has that says nothing else.
FEATURES = {
    "SUBSIDIARIES": True,
    "LOCATIONS": True,
    "MULTILOCINVT": True,
    "MULTICURRENCY": True,
    "TAX_OVERHAULING": False,
    "ADVSHIPPING": True,
    "PICKPACKSHIP": True,
}
_FEATURE_NAMES = {
    "SUBSIDIARIES": "Subsidiaries (OneWorld)",
    "LOCATIONS": "Locations",
    "MULTILOCINVT": "Multi-Location Inventory",
    "MULTICURRENCY": "Multiple Currencies",
    "TAX_OVERHAULING": "SuiteTax",
    "ADVSHIPPING": "Advanced Shipping",
    "PICKPACKSHIP": "Pick, Pack and Ship",
}


def fill(tables: Tables, config: Any) -> None:
    """Puts every list of the configuration into its table."""
    for table, member, columns in _LISTS:
        tables.clear(table)
        for entry in getattr(config, member):
            name = entry.get("name") or entry.get("symbol") or entry["id"]
            row = {"isinactive": "F", "name": name, "fullname": name, "itemid": name} | entry
            tables.put(table, {column: row.get(column) for column in columns})
    for table in STOCK_TABLES:
        tables.show_as(table, "stocklevel", is_empty=table not in config.stock_tables)
    tables.offset_seconds = config.server_clock_offset_seconds
    tables.clear("companyfeaturesetup")
    for feature, is_active in config.features.items():
        row = {"id": feature, "name": _FEATURE_NAMES.get(feature, feature), "isavailable": "T"}
        tables.put("companyfeaturesetup", row | {"isactive": "T" if is_active else "F"})
