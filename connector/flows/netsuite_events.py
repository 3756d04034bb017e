"""What an event from NetSuite sets off: it is kept once, and the jobs that read such records run soon. It is a hint only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.store import inbox, scheduled_runs
from connector.store.inbox import Delivery

SOURCE = "netsuite"
_STOCK = ("inventory.poll",)
# One question brings sales orders and what was billed of them.
_ORDERS = ("orders.poll",)

# By SuiteScript's name of the record type; a type that is not here is kept and sets nothing off.
JOBS_OF: Mapping[str, Sequence[str]] = {
    "itemfulfillment": ("fulfillments.poll",),
    **dict.fromkeys(
        (
            "inventoryadjustment", "inventorytransfer", "inventorycount", "inventorycostrevaluation",
            "inventorystatuschange", "bintransfer", "binworksheet", "transferorder", "itemreceipt",
            "assemblybuild", "assemblyunbuild", "workordercompletion",
            "inventoryitem", "lotnumberedinventoryitem", "serializedinventoryitem", "assemblyitem",
            "lotnumberedassemblyitem", "serializedassemblyitem", "kititem",
        ),
        _STOCK,
    ),
    **dict.fromkeys(("invoice", "cashsale", "customerpayment", "salesorder"), _ORDERS),
    "customer": ("customers.poll",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of an event: whether it is new, and the runs that nobody had asked for yet."""

    is_new: bool
    asked: tuple[str, ...] = ()


def take_in(connection: Connection, delivery: Delivery, record_type: str) -> TakenIn:
    """Keeps the event and writes down which runs are wanted, together; one whose nonce came before changes nothing."""
    if not inbox.accept(connection, [delivery], source=SOURCE).new:
        return TakenIn(is_new=False)
    names = JOBS_OF.get(record_type, ())
    asked_by = f"NetSuite event: {record_type}"
    return TakenIn(
        is_new=True,
        asked=tuple(
            name for name in names if scheduled_runs.ask(connection, delivery.connection_id, name, asked_by=asked_by)
        ),
    )
