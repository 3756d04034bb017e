"""Reads stock from NetSuite in pages, several at once, into a file that the database takes in one piece.

Rows never become objects that stay: a page is turned into lines and forgotten, whatever the size of the stock.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from tempfile import SpooledTemporaryFile
from types import TracebackType

from connector.errors import InvalidAnswer
from connector.limits import Lane
from connector.netsuite.client import NetSuiteClient, Page
from connector.netsuite.stock_queries import Span, kit_members, stock_changed, stock_page
from connector.netsuite.suiteql import Query

# Lines above this size wait on disk.
_IN_MEMORY = 2**20

Row = Mapping[str, str]


class Lines:
    """What was read, as lines for the database. `rows` and `calls` count. Safe for threads."""

    def __init__(self) -> None:
        self.file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self.rows = 0
        self.calls = 0
        self._lock = threading.Lock()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.file.close()

    def add(self, page: Page, line: Callable[[Row], str]) -> None:
        """Keeps the rows of one answer. Raises InvalidAnswer for a value that is no number."""
        try:
            written = "".join(map(line, page.rows)).encode()
        except (KeyError, ValueError, InvalidOperation) as error:
            raise InvalidAnswer(f"NetSuite tells stock with a value that is missing or no number: {error}") from error
        with self._lock:
            self.file.write(written)
            self.rows += len(page.rows)
            self.calls += 1

    def empty(self) -> None:
        """Forgets the rows, not the calls."""
        self.file.seek(0)
        self.file.truncate()
        self.rows = 0

    def rewound(self) -> "SpooledTemporaryFile[bytes]":
        """The file, to be read from its beginning."""
        self.file.seek(0)
        return self.file


@dataclass(frozen=True, slots=True)
class Source:
    """Where a connection's stock is asked for."""

    netsuite: NetSuiteClient
    table: str
    locations: tuple[str, ...]

    def page(self, span: Span, since: str | None, lines: Lines) -> Page:
        """One page of a span, kept: all of it, or what changed since a moment of NetSuite's clock."""
        page = self.netsuite.suiteql_page(*self._query(span, since), lane=Lane.STOCK)
        lines.add(page, _stock_line)
        return page

    def _query(self, span: Span, since: str | None) -> Query:
        if since is None:
            return stock_page(self.table, self.locations, span)
        return stock_changed(self.table, self.locations, span, since)


@dataclass(slots=True)
class Fetchers:
    """Reads spans to their ends, each by a thread of its own, until one of them fails."""

    source: Source
    since: str | None
    lines: Lines
    _has_failed: threading.Event = field(default_factory=threading.Event)

    def read(self, spans: Sequence[Span]) -> None:
        """Reads the spans. Raises what the first that failed met; the others end with their present page."""
        if len(spans) == 1:
            self._read(spans[0])
            return
        with ThreadPoolExecutor(len(spans)) as threads:
            running = [threads.submit(copy_context().run, self._read, span) for span in spans]
        for done in running:
            done.result()

    def _read(self, span: Span) -> None:
        left: Span | None = span
        try:
            while left is not None and not self._has_failed.is_set():
                left = rest(left, self.source.page(left, self.since, self.lines))
        except BaseException:
            self._has_failed.set()
            raise


def rest(span: Span, page: Page) -> Span | None:
    """What is left of a span behind a page of it."""
    if not page.has_more:
        return None
    last = page.rows[-1]
    return Span(last["item"], last["location"], span.until)


def cut(span: Span, ends: Sequence[int]) -> list[Span]:
    """A span without an end in parts that end with these items; the last one has no end."""
    first = [span, *(Span(str(end + 1), "0") for end in ends)]
    until = [*map(str, ends), None]
    return [Span(part.item, part.location, end) for part, end in zip(first, until, strict=True)]


def read_kits(netsuite: NetSuiteClient, lines: Lines) -> None:
    """Reads what every kit is made of."""
    kit, item, has_more = "0", "0", True
    while has_more:
        page = netsuite.suiteql_page(*kit_members(kit, item), lane=Lane.STOCK)
        lines.add(page, _member_line)
        has_more = page.has_more
        if has_more:
            kit, item = page.rows[-1]["parentitem"], page.rows[-1]["item"]


def _stock_line(row: Row) -> str:
    """Item, location, what is available (nothing where NetSuite says nothing) and when that changed."""
    available = row.get("quantityavailable")
    changed = row.get("changed_at")
    told = r"\N" if changed is None else changed.replace("\\", "/")
    quantity = "0" if available is None else str(Decimal(available))
    return f"{int(row['item'])}\t{int(row['location'])}\t{quantity}\t{told}\n"


def _member_line(row: Row) -> str:
    return f"{int(row['parentitem'])}\t{int(row['item'])}\t{Decimal(row.get('quantity', '0'))}\n"
