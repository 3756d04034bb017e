"""On which line of a TOML text a setting stands; the parser of the standard library does not say.

Walks over a text that the parser has accepted: dotted and quoted keys, tables in one line, arrays, long strings.
"""

import re
import tomllib
from collections.abc import Sequence

_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_NAME = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(r'''"""(?:[^\\]|\\.)*?"""(?!")|\'\'\'.*?\'\'\'(?!\')|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL)
# Numbers, moments, true and false.
_PLAIN = re.compile(r"[^,\]}\n#]*")

Path = tuple[str | int, ...]


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line (from 1) of the setting or array member at `path`, or of the nearest table around it, or 1."""
    found = _Walk(text).lines()
    for length in range(len(path), 0, -1):
        if tuple(path[:length]) in found:
            return found[tuple(path[:length])]
    return 1


class _Walk:
    """One pass over the text. Every value is stepped over whole, so nothing inside a text counts as a key."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, int] = {}

    def lines(self) -> dict[Path, int]:
        """The line of every table, setting and array member."""
        table: Path = ()
        self._skip(_BETWEEN)
        while self._at < len(self._text):
            if self._next() == "[":
                table = self._header()
            else:
                self._setting(table)
            self._skip(_BETWEEN)
        return self._found

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`."""
        start = self._at
        self._at += 2 if self._text.startswith("[[", self._at) else 1
        table = self._key()
        self._note(table, start)
        self._at = self._text.index("]", self._at)
        while self._next() == "]":
            self._at += 1
        return table

    def _setting(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._key())
        self._note(path, start)
        self._at += 1
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> Path:
        """The names of a dotted key; afterwards stands what ends it."""
        names: list[str] = []
        while True:
            self._skip(_SPACE)
            name = self._skip(_NAME)
            names.append(tomllib.loads(f"name = {name}")["name"] if name[0] in "\"'" else name)
            self._skip(_SPACE)
            if self._next() != ".":
                return tuple(names)
            self._at += 1

    def _value(self, path: Path) -> None:
        opening = self._next()
        if opening in "\"'":
            self._skip(_STRING)
        elif opening == "[":
            self._members(path, "]")
        elif opening == "{":
            self._members(path, "}")
        else:
            self._skip(_PLAIN)

    def _members(self, path: Path, closing: str) -> None:
        """What stands in an array or in a table in one line."""
        self._at += 1
        self._skip(_BETWEEN)
        number = 0
        while self._next() != closing:
            if closing == "}":
                self._setting(path)
            else:
                self._note((*path, number), self._at)
                self._value((*path, number))
                number += 1
            self._skip(_BETWEEN)
            if self._next() == ",":
                self._at += 1
                self._skip(_BETWEEN)
        self._at += 1

    def _note(self, path: Path, start: int) -> None:
        """A table that is only named on the way gets the line of what names it first."""
        line = self._text.count("\n", 0, start) + 1
        for length in range(1, len(path)):
            self._found.setdefault(path[:length], line)
        self._found[path] = line

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        text = found[0] if found else ""
        self._at += len(text)
        return text
