"""NetSuite's items and customers that changed since a day, read once more into their mirrors, behind everybody else.

How far it came is kept with every page: the same command after a kill goes on behind the last one.
"""

from collections.abc import Callable, Mapping
from datetime import date

from connector.flows.catalog import CUSTOMER_CATALOG, ITEM_CATALOG, Catalog, changed_page
from connector.flows.customer_mirror import ask_for_told
from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.netsuite.client import PAGE
from connector.store import cursors, operator_actions

# Hears the mirror's name, how many of its rows were read by now, and how many there are.
Tell = Callable[[str, int, int], None]

_CATALOGS = (ITEM_CATALOG, CUSTOMER_CATALOG)
_DONE = "done"


def counted(systems: Systems, since: date) -> dict[str, int]:
    """How many changed since the beginning of a day of NetSuite's clock, by mirror: one call each."""
    return {catalog.name: _count(catalog, systems, since) for catalog in _CATALOGS}


def read_again(systems: Systems, workplace: Workplace, since: date, *, actor: str, tell: Tell) -> Mapping[str, int]:
    """Reads them, and asks for the shop to be told of linked customers that differ; counts, `told` among them.

    A mirror that was read to its end by a run that was killed later is not read a second time by the next one.
    """
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        details = {"since": since.isoformat()}
        operator_actions.write_down(connection, connection_id, actor=actor, action="netsuite import", details=details)
    read = {catalog.name: _read(catalog, systems, workplace, since, tell) for catalog in _CATALOGS}
    told, changed = 0, 1
    while changed:
        changed, due = ask_for_told(systems, workplace)
        told += len(due)
    with workplace.engine.begin() as connection:
        for catalog in _CATALOGS:
            # All of it is over: the next run of the same day begins anew.
            cursors.advance(connection, connection_id, _cursor(catalog), _DONE)
    return {**read, "told": told}


def _read(catalog: Catalog, systems: Systems, workplace: Workplace, since: date, tell: Tell) -> int:
    total, read = _count(catalog, systems, since), 0
    after = _behind(catalog, systems, workplace, since)
    while after != _DONE:
        rows = changed_page(catalog, systems, workplace.engine, after=after, since=_clock(since), lane=Lane.HISTORY)
        after = rows[-1]["id"] if len(rows) == PAGE else _DONE
        with workplace.engine.begin() as connection:
            catalog.keep(connection, systems, rows)
            mark = f"{since.isoformat()} {after}"
            cursors.advance(connection, systems.connection.id, _cursor(catalog), mark)
        read += len(rows)
        tell(catalog.name, read, total)
    return read


def _behind(catalog: Catalog, systems: Systems, workplace: Workplace, since: date) -> str:
    """The last id that an interrupted run of the same day has kept; 0 where there is none."""
    with workplace.engine.begin() as connection:
        found = cursors.read(connection, systems.connection.id, _cursor(catalog))
    day, _, after = found.watermark.partition(" ") if found else ("", "", "")
    return after if day == since.isoformat() else "0"


def _count(catalog: Catalog, systems: Systems, since: date) -> int:
    if catalog.counted is None:
        raise AssertionError(f"{catalog.name} is not counted")
    (row,) = systems.netsuite.suiteql(*catalog.counted(_clock(since)), lane=Lane.HISTORY)
    return int(row["found"])


def _clock(since: date) -> str:
    return f"{since.isoformat()} 00:00:00"


def _cursor(catalog: Catalog) -> str:
    return f"{catalog.name}.history"
