"""Oracle's words in a query that SQLite does not know, rewritten outside of quoted text."""

import re

_QUOTED = re.compile(r"('(?:[^']|'')*')")
_FETCH = re.compile(r"FETCH\s+FIRST\s+(\d+)\s+ROWS\s+ONLY", re.IGNORECASE)
_SYSDATE = re.compile(r"\bSYSDATE\b", re.IGNORECASE)
_TRANSACTION = re.compile(r"\btransaction\b", re.IGNORECASE)
_BUILTIN = re.compile(r"\bBUILTIN\.(CF|DF)\s*\(\s*((?:\w+\.)?)(\w+)\s*\)", re.IGNORECASE)

# Where the display text of a reference stands: table and column.
_DISPLAYED = {
    "entity": ("customer", "altname"),
    "currency": ("currency", "symbol"),
    "location": ("location", "name"),
    "item": ("item", "itemid"),
    "subsidiary": ("subsidiary", "name"),
    "company": ("customer", "altname"),
    "shippingmethod": ("shipitem", "itemid"),
}


def rewritten(text: str) -> str:
    """The query as SQLite reads it."""
    parts = _QUOTED.split(text)
    return "".join(part if index % 2 else _words(part) for index, part in enumerate(parts))


def _words(text: str) -> str:
    text = _SYSDATE.sub("sysdate()", _FETCH.sub(r"LIMIT \1", text))
    text = _BUILTIN.sub(_builtin, text)
    return _TRANSACTION.sub('"transaction"', text)


def _builtin(found: re.Match[str]) -> str:
    """BUILTIN.CF is the compound value, such as `ItemShip:C`; BUILTIN.DF the text a person reads."""
    kind, owner, column = found[1].lower(), found[2], found[3].lower()
    if column == "status":
        return f"{owner}status_{kind}"
    if kind == "df" and column in _DISPLAYED:
        table, name = _DISPLAYED[column]
        return f"(SELECT shown.{name} FROM {table} shown WHERE shown.id = {owner}{column})"
    return f"{owner}{column}"
