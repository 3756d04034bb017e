"""The SKU map of the shop: read once as a whole by a bulk operation, kept by events, and made whole again every night."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryFile
from threading import Event
from typing import IO

import orjson
from sqlalchemy import Engine, func, select

from connector.flows.systems import Systems, Workplace
from connector.shopify import bulk
from connector.shopify.inventory import InventoryItem, variant_line
from connector.shopify.reading import Json, read
from connector.stopping import must_go_on
from connector.store import shop_items
from connector.store.shop_items import ShopItem
from connector.store.tables import events

_FINISH = "bulk_operations/finish"


def fill(systems: Systems, workplace: Workplace) -> int:
    """Reads the items of all variants where none was ever read; how many were found."""
    with workplace.engine.begin() as connection:
        if not shop_items.is_empty(connection, systems.connection.id):
            return 0
    with run_in_bulk(systems, workplace, "BulkVariants") as lines, workplace.engine.begin() as connection:
        return shop_items.keep(connection, systems.connection.id, (stored(_variant(line)) for line in lines))


class Spooled:
    """The lines of a result on the disk: read from the network once, and from here as often as is needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[Json]:
        self._file.seek(0)
        return (orjson.loads(line) for line in self._file)


@contextmanager
def run_in_bulk(systems: Systems, workplace: Workplace, query: str) -> Iterator[Spooled]:
    """The lines of a query that Shopify runs in the background. Raises what connector.shopify.bulk raises."""
    started = bulk.start(systems.shopify, query)
    done = bulk.finished(systems.shopify, started, until_told(workplace.engine, systems.connection.id))
    with TemporaryFile() as file:
        file.writelines(
            orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in bulk.lines(systems.shopify, done)
        )
        yield Spooled(file)


def until_told(engine: Engine, connection_id: int) -> Callable[[float], None]:
    """Waits for seconds, or until a webhook says that some bulk operation is finished."""
    begun = datetime.now(UTC)
    seen: set[int] = set()

    def pause(seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            must_go_on()
            Event().wait(min(1.0, seconds))
            with engine.begin() as connection:
                told = connection.execute(
                    select(events.c.id).where(
                        events.c.connection_id == connection_id,
                        events.c.topic == _FINISH,
                        events.c.received_at >= begun,
                        events.c.id > select(func.coalesce(func.max(events.c.id), 0) - 10_000).scalar_subquery(),
                    )
                ).scalars()
                fresh = set(told) - seen
            if fresh:
                seen.update(fresh)
                return

    return pause


def stored(item: InventoryItem) -> ShopItem:
    """An item of the shop as it is kept."""
    return ShopItem(item.id, item.sku, item.tracked, item.variant)


def _variant(line: Json) -> InventoryItem:
    return read("variant in bulk", variant_line, line)
