"""What a call to NetSuite asks for, in a few words for the time line: which record, or which tables. Pure."""

import re
from urllib.parse import unquote

_RECORD = re.compile(r"/services/rest/record/v1/(\w+/[^?]+)")
_SUITEQL = re.compile(r"/services/rest/query/v1/suiteql\b")
_TABLES = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]\w*)", re.IGNORECASE)


def asked(path: str, content: bytes | None) -> str:
    """The record by its id, or the tables that a query reads; what it compares them with can be a person's."""
    record = _RECORD.match(path)
    if record is not None:
        return unquote(record[1])
    is_query = _SUITEQL.match(path) is not None
    return ", ".join(dict.fromkeys(_TABLES.findall((content or b"").decode()))) if is_query else ""
