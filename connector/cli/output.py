"""How commands print: one JSON value, or a table on a terminal."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import click
from rich.console import Console
from rich.table import Table

# Wide enough for a whole table in a file or a pipe, where there is no terminal to ask.
_PIPE_WIDTH = 160


def print_json(value: object) -> None:
    """One JSON value on stdout; money as text with its digits, times in UTC."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None, whole: Sequence[str] = ()
) -> None:
    """A table on stdout; None is shown as nothing. The columns in `whole` are never broken or cut."""
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in whole, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else shown(cell) for cell in row))
    console().print(table)


def progress_line(done: int, total: int, seconds: float, *, what: str) -> str:
    """How far a long task is after so many seconds, at which rate, and how long the rest takes at that."""
    rate = done / seconds if seconds else 0.0
    left = f"{timedelta(seconds=round((total - done) / rate))} left" if rate else "time left not known yet"
    return f"{done} of {total} {what}, {rate:.1f}/s, {left}"


def console() -> Console:
    """Standard output, as wide as the terminal or as a pipe deserves."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def shown(value: object) -> str:
    """A value as people read it: times in UTC to the second."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
