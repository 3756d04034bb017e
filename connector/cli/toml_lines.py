"""On which line of a TOML text a setting stands; the parser of the standard library does not say."""

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_SETTING = re.compile(r"""\s*([A-Za-z0-9_-]+|"[^"]*"|'[^']*')\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_LONG = ('"""', "'''")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line (from 1) of the setting at `path`, or of the nearest table around it, or 1."""
    found = _lines(text)
    names = tuple(str(part) for part in path if isinstance(part, str))
    for length in range(len(names), 0, -1):
        if names[:length] in found:
            return found[names[:length]]
    return 1


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every table and setting, by its path."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if head := _TABLE.match(line):
            table = tuple(part.strip("\"'") for part in _PART.findall(head[1]))
            found.setdefault(table, number)
        elif setting := _SETTING.match(line):
            found.setdefault((*table, setting[1].strip("\"'")), number)
            closing = next((mark for mark in _LONG if line.count(mark) == 1), "")
    return found
