"""Lists as CSV files, written row by row while they are read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download of the rows under their heads."""

    def lines() -> Iterator[str]:
        yield _line(head)
        for row in rows:
            yield _line(row)

    response = Response(lines(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
