"""What the role may do: records, tables and columns that are denied look as they do in a real account."""

import re
from typing import Any

from connector.sandbox.netsuite.errors import Refusal

_TABLES = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)
_KEYWORDS = {"where", "order", "on", "inner", "left", "group", "fetch"}
_DENIED = "Your current role does not have permission to perform this action."


def may_use_record(config: Any, record_type: str) -> None:
    """Raises Refusal for a record type the role has no permission for."""
    if record_type.lower() in {name.lower() for name in config.denied_records}:
        raise Refusal(403, "INSUFFICIENT_PERMISSION", f"Permission Violation: {record_type}. {_DENIED}")


def may_query(config: Any, text: str) -> None:
    """Raises Refusal for a query over what the role may not see: it seems not to exist, or NetSuite itself fails."""
    if not config.suiteql_allowed:
        raise Refusal(403, "INSUFFICIENT_PERMISSION", f"SuiteAnalytics Workbook: {_DENIED}")
    for table, alias in _TABLES.findall(text):
        if table.lower() in config.denied_tables:
            raise _search_error(f"Record '{table}' was not found.")
        name = alias if alias and alias.lower() not in _KEYWORDS else table
        for column in _asked(config.denied_columns, table, name, text):
            raise _search_error(f"Field '{column}' was not found.")
        for _ in _asked(config.failing_columns, table, name, text):
            raise Refusal(500, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: sandbox")


def _asked(columns: list[str], table: str, name: str, text: str) -> list[str]:
    """Those of the columns (`customer.email`) that the query asks of a table it calls `name`."""
    found = [column for owner, _, column in (item.partition(".") for item in columns) if owner == table.lower()]
    return [column for column in found if re.search(rf"\b(?:{name}\.)?{column}\b", text, re.IGNORECASE)]


def _search_error(what: str) -> Refusal:
    return Refusal(400, "USER_ERROR", f"Invalid search query. Search error occurred: {what}")
