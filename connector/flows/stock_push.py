"""NetSuite's stock → Shopify: what differs from what the shop has is sent, 250 rows a call, compared before it is set.

A quantity is set only where the shop still has what we last saw. Where it has not, somebody bought or counted meanwhile: the
shop is asked again, for its orders too, and the sum is made anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connector.errors import NeedsDecision
from connector.flows import catch_up
from connector.flows.reserving import reserve_not_written, reserve_unread
from connector.flows.stock_drift import NAMED, Standing, read_shop, standings
from connector.flows.stock_news import learn_from_events
from connector.flows.stock_places import StockPlace, stock_places
from connector.flows.stock_sending import REFUSED, Sender, Sent
from connector.flows.systems import Systems, Wake, Workplace
from connector.shopify.inventory import levels as levels_in_shop
from connector.store import cursors, levels, shop_items, stock, unseen
from connector.store.levels import Problem, SeenLevel

log = structlog.get_logger(__name__)

# Stands once the units of orders that are not written were noted, for as long as stock is pushed.
_LEFT_OUT = "inventory.left_out"


# Rounds of reading again what the shop has and sending anew; what is still stale then waits for the next run.
ROUNDS = 3
# More levels than this that were never read are read by the full comparison, in one bulk operation.
_MOST_UNSEEN = 2500


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity to be set. `was` is None for an item that is to be stocked at the location first."""

    sku: str
    item: int
    location: int
    was: int | None
    quantity: int


@dataclass(slots=True)
class Comparison:
    """What the shop has beside what it should have. `held_back`: levels that are perhaps sold from by unheard orders."""

    compared: int = 0
    held_back: int = 0
    published: int = 0
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unseen: list[tuple[int, int]] = field(default_factory=list)

    @property
    def raises(self) -> bool:
        """Whether anything would be given to the shop that it does not have."""
        return any(change.was is not None and change.quantity > change.was for change in self.changes)

    @property
    def emptied(self) -> int:
        """Levels that would fall to nothing."""
        return sum(1 for change in self.changes if change.was and not change.quantity)


def push(systems: Systems, workplace: Workplace, wake: Wake) -> Mapping[str, int]:
    """Sends what differs. Raises NeedsDecision where a person has to look first."""
    return pushed(systems, workplace, wake, is_forced=False)


def pushed(systems: Systems, workplace: Workplace, wake: Wake, *, is_forced: bool) -> Mapping[str, int]:
    """The same; `is_forced`: a person has looked."""
    places = stock_places(systems)
    if not places:
        with workplace.engine.begin() as connection:
            cursors.forget(connection, systems.connection.id, _LEFT_OUT)
        return {}
    if not is_forced:
        _must_commit_there(systems, places)
        _must_be_whole(systems, workplace)
    _know_the_shop(systems, workplace)
    look(systems, workplace)
    found = _seen(systems, workplace, places)
    if found.raises:
        asked_at = _look_for_orders(systems, workplace, wake)
        found = compared(systems, workplace, places, asked_at=asked_at)
    if not is_forced:
        _must_not_empty(systems, found)
    sent = _sent(systems, workplace, wake, places, found)
    named = _name(systems, workplace, places, found, sent)
    counts = {
        "compared": found.compared, "sent": sent.rows, "mutations": sent.mutations, "stale": sent.stale,
        "refused": len(sent.problems), "named": named, "held_back": found.held_back,
    }  # fmt: skip
    if sent.failed is not None:
        log.warning("stock_push_cut_short", connection_id=systems.connection.id, **counts)
        raise sent.failed
    return counts


def compared(
    systems: Systems,
    workplace: Workplace,
    places: Sequence[StockPlace],
    *,
    only: Iterable[int] | None = None,
    asked_at: datetime | None = None,
) -> Comparison:
    """Every item of the shop, or only some inventory items, at every location of the rules. Nothing is asked.

    `asked_at`: when the shop was asked for its orders last; now where it is not given.
    """
    found, wanted, rules = Comparison(), None if only is None else sorted(set(only)), systems.rules.inventory
    connection_id = systems.connection.id
    for place in places:
        with workplace.engine.begin() as connection:
            for standing in standings(connection, connection_id, place, rules, only=wanted, asked_at=asked_at):
                _compare(found, standing)
    return found


def _compare(found: Comparison, standing: Standing) -> None:
    row, location = standing.row, standing.place.location
    found.compared += 1
    if row.seen_at is None:
        found.unseen.append((row.item, location))
    elif standing.problem is not None:
        found.problems.append(Problem(row.item, location, standing.problem))
    else:
        found.published += 1 if row.shop else 0
        found.held_back += 1 if standing.wanted != standing.terms.publishable else 0
        if standing.wanted != row.shop:
            found.changes.append(Change(row.sku, row.item, location, row.shop, standing.wanted))


def _seen(systems: Systems, workplace: Workplace, places: Sequence[StockPlace]) -> Comparison:
    """The comparison once what the shop has is known: levels in doubt, or that were never read, are asked for first."""
    found = compared(systems, workplace, places)
    if not found.unseen:
        return found
    if len(found.unseen) > _MOST_UNSEEN:
        log.info("levels_never_read", connection_id=systems.connection.id, levels=len(found.unseen))
    _read_again(systems, workplace, found.unseen[:_MOST_UNSEEN])
    return compared(systems, workplace, places)


def _know_the_shop(systems: Systems, workplace: Workplace) -> None:
    """Reads all items of the shop with their levels where that was never done: the first push compares with them.

    What orders that are not written hold is noted apart from that: others read the items too, and nobody notes units while
    no stock is pushed.
    """
    connection_id = systems.connection.id
    with workplace.engine.begin() as connection:
        is_unknown = shop_items.is_empty(connection, connection_id)
        is_noted = cursors.read(connection, connection_id, _LEFT_OUT) is not None
    if is_unknown:
        read_shop(systems, workplace)
    if not is_noted:
        reserve_not_written(systems, workplace)
        with workplace.engine.begin() as connection:
            cursors.advance(connection, connection_id, _LEFT_OUT, "noted")


def look(systems: Systems, workplace: Workplace) -> None:
    """Takes in what was told since the last time: the shop's own changes, and orders nobody has read yet."""
    learn_from_events(systems, workplace)
    reserve_unread(systems, workplace)
    with workplace.engine.begin() as connection:
        unseen.forget(connection, systems.connection.id)


def _sent(systems: Systems, workplace: Workplace, wake: Wake, places: Sequence[StockPlace], found: Comparison) -> Sent:
    """Sends, and what was stale again after another look."""
    sender = Sender(systems, workplace)
    total = sender.send(found.changes)
    stale = total.again
    for _ in range(ROUNDS):
        if total.failed is not None or not stale:
            break
        _read_again(systems, workplace, stale)
        asked_at = _look_for_orders(systems, workplace, wake)
        again = compared(systems, workplace, places, only={item for item, _ in stale}, asked_at=asked_at)
        sent = sender.send(again.changes)
        stale = sent.again
        total.add(sent)
    total.stale = len(stale)
    return total


def _look_for_orders(systems: Systems, workplace: Workplace, wake: Wake) -> datetime:
    """Asks the shop for orders that no webhook told of yet; when it was asked.

    Always after its quantities were learned: one that an order lowered may be known before the order is. What was lowered
    in the last minutes before is not raised all the same, for the shop's search does not know the newest orders.
    """
    with workplace.engine.begin() as connection:
        asked_at = stock.reading(connection, systems.connection.id).asked_at
    catch_up.catch_up(systems, workplace, wake)
    reserve_unread(systems, workplace)
    return asked_at


def _read_again(systems: Systems, workplace: Workplace, wanted: Sequence[tuple[int, int]]) -> None:
    """Asks the shop what it has of these items and locations."""
    by_location: dict[int, list[int]] = {}
    for item, location in wanted:
        by_location.setdefault(location, []).append(item)
    for location, items in by_location.items():
        with workplace.engine.begin() as connection:
            now = stock.reading(connection, systems.connection.id).asked_at
        seen = [
            SeenLevel(level.item, location, level.available, now)
            for level in levels_in_shop(systems.shopify, sorted(items), location)
        ]
        with workplace.engine.begin() as connection:
            levels.keep(connection, systems.connection.id, seen)


def _name(systems: Systems, workplace: Workplace, places: Sequence[StockPlace], found: Comparison, sent: Sent) -> int:
    """Names what is wrong once; how many are new."""
    new = 0
    # What was not sent is not known to be accepted.
    refused = REFUSED if sent.failed is None else ()
    with workplace.engine.begin() as connection:
        for place in places:
            for problems, ours in ((found.problems, NAMED), (sent.problems, refused)):
                new += levels.name_problems(connection, systems.connection.id, place.location, problems, ours=ours)
    if new:
        log.warning("stock_not_pushed", connection_id=systems.connection.id, items=new)
    return new


def _must_commit_there(systems: Systems, places: Sequence[StockPlace]) -> None:
    """Raises NeedsDecision where NetSuite commits orders elsewhere than where the shop sells from.

    Units that it committed are not kept back any more, and the figures that are pushed would never contain them.
    """
    committed_at = systems.rules.location
    if committed_at is not None and any(int(committed_at) in place.sources for place in places):
        return
    where = "without a location" if committed_at is None else f"at location {committed_at}"
    raise NeedsDecision(
        f"orders are written to NetSuite {where}, and inventory.locations sells from others: what an order commits would be "
        "sold again. Set location to one of them",
        subject="inventory:location",
    )


def _must_be_whole(systems: Systems, workplace: Workplace) -> None:
    """Raises NeedsDecision while NetSuite's stock was not read to its end."""
    with workplace.engine.begin() as connection:
        reading = stock.reading(connection, systems.connection.id)
    if reading.is_partial:
        why = reading.failure or "it was not read yet"
        raise NeedsDecision(
            f"NetSuite's stock is not known ({why}): nothing is pushed before a reading comes to its end, or a person "
            f"sends it all the same: in the console, or by `ml-connector inventory sync {systems.connection.name} --force`",
            subject="inventory:partial",
        )


def _must_not_empty(systems: Systems, found: Comparison) -> None:
    """Raises NeedsDecision where too much of what is for sale would be gone at once."""
    rules = systems.rules.inventory
    if found.published < rules.guard_items or found.emptied * 100 <= rules.guard_percent * found.published:
        return
    raise NeedsDecision(
        f"{found.emptied} of {found.published} levels on sale would fall to nothing, more than inventory.guard_percent "
        f"({rules.guard_percent}) allows: look at the push in the console, or at `ml-connector inventory status`, "
        f"then send it there, or by `ml-connector inventory sync {systems.connection.name} --force`",
        subject="inventory:guard",
    )
