"""The SuiteQL tables and columns this product reads, the permission that shows each, and what the role sees of them.

Facts: permission names as in Oracle's NetSuite SDK (2026). What the role may not see looks absent: "Record 'x' was not
found", "Field 'x' was not found"; some columns answer 500 instead (observed 2025).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.errors import Rejected, Unavailable
from connector.limits import Lane
from connector.netsuite.client import PAGE, NetSuiteClient

_HIDDEN = re.compile(r"\b(Field|Record) '(?:\w+\.)?(\w+)'[^.]*not found", re.IGNORECASE)
_CHUNK = 500
_SECTIONS = {"LIST": "Lists", "TRAN": "Transactions", "REPO": "Reports", "ADMI": "Setup"}

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of a role, by its name in the form and its script id."""

    name: str
    id: str

    def __str__(self) -> str:
        """As a sentence names it, with the place where it is added."""
        return f"{self.name} ({self.id}), under Setup > Users/Roles > Manage Roles > Permissions > {self.section}"

    @property
    def section(self) -> str:
        """The tab of the role's form."""
        return _SECTIONS[self.id[:4]]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns (the key first), the one that names an entry, the permission, the feature it exists with.

    `instead`: what else helps where a column is not there.
    """

    name: str
    columns: tuple[str, ...]
    label: str | None
    permission: Permission
    feature: str | None = None
    instead: str | None = None

    @property
    def key(self) -> str:
        """The column that it is asked by."""
        return self.columns[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list."""

    id: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What the role sees of a table; `entries` by internal id."""

    table: Table
    is_visible: bool = True
    missing_columns: tuple[str, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def active(self) -> list[Entry]:
        """The entries that may be used."""
        return [entry for entry in self.entries.values() if entry.is_active]


_ITEMS = Permission("Items", "LIST_ITEM")
_CUSTOMERS = Permission("Customers", "LIST_CUSTJOB")
_TRANSACTIONS = Permission("Find Transaction", "TRAN_FIND")
_SHIPMENTS = Permission("Item Fulfillment", "TRAN_ITEMSHIP")

ITEM = Table("item", ("id", "itemid", "itemtype", "isinactive", "lastmodifieddate"), "itemid", _ITEMS)
# The name of a customer is not read: it is a person's.
CUSTOMER = Table("customer", ("id", "email", "subsidiary", "isinactive", "lastmodifieddate"), None, _CUSTOMERS)
TRANSACTION = Table(
    "transaction",
    ("id", "type", "tranid", "status", "foreigntotal", "externalid", "lastmodifieddate"),
    None,
    _TRANSACTIONS,
)
TRANSACTION_LINE = Table(
    "transactionline",
    ("id", "transaction", "item", "mainline", "taxline", "createdfrom"),
    None,
    _TRANSACTIONS,
)

# What is asked of shipments. Which permission shows the tables of parcels is inferred; that of deletions is Oracle's word.
SHIPMENT_TABLES = (
    Table("transaction", ("id", "shipcarrier"), None, _SHIPMENTS),
    Table("transactionline", ("id", "quantity", "location", "iscogs", "kitmemberof"), None, _SHIPMENTS),
    Table("transactionshipment", ("doc", "shippingmethod"), None, _SHIPMENTS),
    Table("trackingnumbermap", ("transaction", "trackingnumber"), None, _SHIPMENTS),
    Table("trackingnumber", ("id", "trackingnumber"), None, _SHIPMENTS),
    Table("deletedrecord", ("recordid", "deleteddate"), None, Permission("Deleted Records", "ADMI_DELETEDRECORD")),
)
ITEM_MEMBER = Table("itemmember", ("parentitem", "item", "quantity"), None, _ITEMS)


def stock_table(name: str) -> Table:
    """One of the two tables in which NetSuite keeps stock by item and location."""
    columns = ("item", "location", "quantityavailable", "lastquantityavailablechange")
    return Table(name, columns, None, _ITEMS, feature="Multi-Location Inventory")


def owned_of_customers(columns: Sequence[str]) -> Table:
    """What NetSuite owns of a customer, by rule."""
    instead = "take what it holds out of rules.customer.netsuite_fields"
    return Table("customer", ("id", *columns), None, _CUSTOMERS, instead=instead)


def marked_transactions(field: str) -> Table:
    """The custom body field that marks the sales orders for the shop."""
    permission = Permission("Custom Body Fields", "ADMI_CUSTBODYFIELD")
    instead = "let the role see it on the field's tab Access, or correct rules.draft_orders.field"
    return Table("transaction", ("id", field), None, permission, instead=instead)


def adopted_transactions(field: str) -> tuple[Table, ...]:
    """The field by which orders of another connector are found, and the links to what was made from them."""
    permission = Permission("Custom Body Fields", "ADMI_CUSTBODYFIELD")
    instead = "let the role see it on the field's tab Access, or correct rules.adoption.field"
    return (
        Table("transaction", ("id", field), None, permission, instead=instead),
        Table("transaction", ("id", "currency", "voided"), None, _TRANSACTIONS),
        Table("nexttransactionlink", ("previousdoc", "nextdoc"), None, _TRANSACTIONS),
    )


def _list(name: str, permission: tuple[str, str], *, label: str = "name", feature: str | None = None) -> Table:
    return Table(name, ("id", label, "isinactive"), label, Permission(*permission), feature)


SUBSIDIARY = _list("subsidiary", ("Subsidiaries", "LIST_SUBSIDIARY"), feature="OneWorld")
LOCATION = _list("location", ("Locations", "LIST_LOCATION"), feature="Locations")
CURRENCY = _list("currency", ("Currency", "LIST_CURRENCY"), label="symbol", feature="Multiple Currencies")
PAYMENT_METHOD = _list("paymentmethod", ("Payment Methods", "LIST_PAYMETH"))
SHIP_ITEM = _list("shipitem", ("Shipping Items", "LIST_SHIPITEM"), label="itemid")
ACCOUNT = _list("account", ("Accounts", "LIST_ACCOUNT"), label="fullname")
DEPARTMENT = _list("department", ("Departments", "LIST_DEPARTMENT"), feature="Departments")
CLASSIFICATION = _list("classification", ("Classes", "LIST_CLASS"), feature="Classes")
TAX_CODE = _list("salestaxitem", ("Tax Records", "LIST_TAXITEM"), label="itemid")

# Without these no order is written; those of the lists below are read to check and to propose rules.
NEEDED = (ITEM, CUSTOMER, TRANSACTION, TRANSACTION_LINE)
PROPOSING = (SUBSIDIARY, LOCATION, CURRENCY, PAYMENT_METHOD, SHIP_ITEM)


def every(client: NetSuiteClient, table: Table) -> Sight:
    """All entries of a list, page by page."""
    sight, last = Sight(table), "0"
    while True:
        page = _looked(client, sight, f"t.{table.key} > ?", (last,))
        sight = _joined(sight, page)
        if not page.is_visible or len(page.entries) < PAGE:
            return sight
        last = max(page.entries, key=int)


def some(client: NetSuiteClient, table: Table, ids: Sequence[str]) -> Sight:
    """Those entries of a table; without ids, only whether its columns can be seen."""
    sight = Sight(table)
    for start in range(0, max(len(ids), 1), _CHUNK):
        chunk = tuple(ids[start : start + _CHUNK]) or ("0",)
        marks = ", ".join("?" for _ in chunk)
        sight = _joined(sight, _looked(client, sight, f"t.{table.key} IN ({marks})", chunk))
    return sight


def hidden_columns(client: NetSuiteClient, table: Table, error: Rejected | Unavailable) -> list[str]:
    """Those of a table's columns that a refusal names, or that answer 500 when asked alone; none where it is no column.

    Raises Unavailable when not even the key is answered.
    """
    if isinstance(error, Unavailable):
        return _failing(client, table, table.columns)
    found = _HIDDEN.search(str(error))
    is_column = found is not None and found[1].lower() == "field" and found[2].lower() in table.columns
    return [found[2].lower()] if found is not None and is_column else []


def features(client: NetSuiteClient) -> Sequence[Row]:
    """The account's features (id, name, isactive). Raises Rejected where the role does not see them, which is usual."""
    return client.suiteql("SELECT f.id, f.name, f.isactive FROM companyfeaturesetup f", lane=Lane.STOCK)


def _joined(before: Sight, page: Sight) -> Sight:
    return Sight(page.table, page.is_visible, page.missing_columns, {**before.entries, **page.entries})


def _looked(client: NetSuiteClient, before: Sight, where: str, parameters: tuple[str, ...]) -> Sight:
    """One page, without the columns that turn out to be hidden: each refusal names one more of them."""
    table, hidden = before.table, list(before.missing_columns)
    while True:
        columns = tuple(name for name in table.columns if name not in hidden)
        try:
            rows = client.suiteql(_text(table, columns, where), parameters, lane=Lane.STOCK)
        except Rejected as error:
            kind, name = _named(error)
            if kind == "record" or name == table.key:
                return Sight(table, is_visible=False)
            if name not in columns:
                raise
            hidden.append(name)
        except Unavailable:
            failing = _failing(client, table, columns)
            if not failing:
                raise
            hidden += failing
        else:
            return Sight(table, True, tuple(hidden), {row[table.key]: _entry(table, row) for row in rows})


def _failing(client: NetSuiteClient, table: Table, columns: Sequence[str]) -> list[str]:
    """The columns that answer 500 when they are asked for alone, while the key answers well."""
    failing = []
    for name in columns:
        try:
            client.suiteql(_text(table, (name,), f"t.{table.key} IN (?)"), ("0",), lane=Lane.STOCK)
        except Unavailable:
            if name == table.key:
                raise
            failing.append(name)
        except Rejected:
            # It names what is hidden when it is asked for with the others.
            continue
    return failing


def _text(table: Table, columns: Sequence[str], where: str) -> str:
    names = ", ".join(f"t.{name}" for name in columns)
    return f"SELECT {names} FROM {table.name} t WHERE {where} ORDER BY t.{table.key} FETCH FIRST {PAGE} ROWS ONLY"


def _named(error: Rejected) -> tuple[str, str]:
    """What a refusal says is not there: `record` or `field`, and its name. Raises the error when it says neither."""
    found = _HIDDEN.search(str(error))
    if found is None:
        raise error
    return found[1].lower(), found[2].lower()


def _entry(table: Table, row: Row) -> Entry:
    return Entry(row[table.key], row.get(table.label or "", ""), row.get("isinactive") != "T")
