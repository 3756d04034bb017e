"""SuiteQL of the lists that rules point into: entries by id or by name, and the names there are."""

from collections.abc import Sequence

from connector.netsuite.suiteql import Query

# The table and its columns that hold a name, the one that is shown first.
_TABLES = {
    "subsidiary": ("subsidiary", ("name",)),
    "location": ("location", ("name",)),
    "currency": ("currency", ("symbol", "name")),
    "department": ("department", ("name",)),
    "class": ("classification", ("name",)),
    "account": ("account", ("fullname",)),
    "payment method": ("paymentmethod", ("name",)),
    "shipping item": ("shipitem", ("itemid",)),
    "item": ("item", ("itemid",)),
    "customer": ("customer", ("entityid", "companyname")),
    "payment terms": ("term", ("name",)),
    "tax code": ("salestaxitem", ("itemid",)),
    "tax type": ("taxtype", ("name",)),
}
# What one query asks for at once; both kinds of value together stay below the thousand rows of a page.
MOST = 200
NAMES = ("name", "other_name")


def entries(list_name: str, ids: Sequence[str], names: Sequence[str]) -> Query:
    """The entries with these ids, or with one of these names, alone or below a parent. Upper and lower case are one."""
    table, columns = _TABLES[list_name]
    conditions = [f"x.id IN ({', '.join('?' for _ in ids)})"] if ids else []
    parameters = list(ids)
    for column in columns:
        for name in names:
            conditions.append(f"UPPER(x.{column}) = ? OR UPPER(x.{column}) LIKE ?")
            parameters += [name.upper(), f"% : {name.upper()}"]
    shown = ", ".join(f"x.{column} AS {alias}" for column, alias in zip(columns, NAMES, strict=False))
    query = f"SELECT x.id, {shown}, x.isinactive FROM {table} x WHERE {' OR '.join(conditions)} ORDER BY x.id"
    return query, tuple(parameters)


def names(list_name: str) -> Query:
    """Up to a thousand names of active entries."""
    table, columns = _TABLES[list_name]
    query = f"SELECT x.{columns[0]} AS name FROM {table} x WHERE x.isinactive = 'F' ORDER BY x.id"
    return f"{query} FETCH FIRST 1000 ROWS ONLY", ()
