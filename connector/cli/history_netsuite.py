"""`ml-connector history import --side netsuite`: items and customers that changed in NetSuite since a day."""

import time
from datetime import date

import click

from connector.cli.opening import COMMAND_LINE
from connector.cli.output import print_json, print_table, progress_line
from connector.flows.history_netsuite import counted, read_again
from connector.flows.systems import Systems
from connector.netsuite.client import PAGE
from connector.runtime import Runtime


def show_netsuite(systems: Systems, since: date, *, as_json: bool) -> None:
    """What would be read; reads only how much it is."""
    found = counted(systems, since)
    calls = sum(count // PAGE + 1 for count in found.values())
    if as_json:
        print_json({"since": since.isoformat(), "found": found, "netsuite_reads": calls})
        return
    print_table(("what", "changed since"), list(found.items()))
    click.echo(f"{calls} NetSuite reads behind everything that is new; nothing was read yet")


def import_netsuite(systems: Systems, runtime: Runtime, since: date, *, as_json: bool) -> None:
    """Reads it, with a line for every thousand: how far, how fast, how long still."""
    began: dict[str, float] = {}
    last = time.monotonic()

    def tell(name: str, read: int, total: int) -> None:
        nonlocal last
        since_when, last = began.setdefault(name, last), time.monotonic()
        if not as_json:
            click.echo(progress_line(read, total, last - since_when, what=name), err=True)

    counts = read_again(systems, runtime, since, actor=COMMAND_LINE, tell=tell)
    if as_json:
        print_json({"since": since.isoformat(), **counts})
    else:
        click.echo(
            f"{counts['items']} items and {counts['customers']} customers read; the shop is told of {counts['told']}"
        )
