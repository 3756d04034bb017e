"""An order that another connector wrote is adopted: its documents become ours as they stand, and none is made again.

They are looked for before an order is made: of an import some hundred orders by a few questions, of a new order where a
rule says that it may be theirs. What differs is held, and nothing is written then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.crash import Moment, crash_at
from connector.errors import NeedsDecision, PermanentError
from connector.flows.adoption_match import Adopted, Matching, difference, may_be_order
from connector.flows.adoption_search import found_documents, of_root
from connector.flows.leasing import must_hold
from connector.flows.planning import Made, Plan
from connector.flows.systems import Systems, Workplace
from connector.limits import Lane
from connector.mapping import external_ids
from connector.mapping.entered_images import entered_image
from connector.mapping.money import booked
from connector.mapping.remaining import remaining
from connector.mapping.selection import exclusion
from connector.netsuite.foreign_documents import SHIPMENT, FoundDocument, shipped_goods
from connector.netsuite.ledger import SALES_ORDER
from connector.netsuite.states import FIELDS, SalesOrderState
from connector.netsuite.writes import Change
from connector.shopify.records import Order
from connector.store import adoptions, effects, entered_effects
from connector.store.adoptions import Look
from connector.store.effects import ADOPTED, Intent
from connector.store.records import Lease
from connector.store.tables import EffectState

# The other connector may still be at work: what was looked for longer ago is looked for again.
_FRESH = timedelta(minutes=10)
# Imported orders that are looked for together.
_TOGETHER = 500
_CANDIDATES = 5

Items = Callable[[], Mapping[str, str]]
Planned = Callable[[Mapping[str, Made]], Plan]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for an order. `read`: the sales order itself as it was read, empty for a cash sale."""

    root: FoundDocument
    adopted: Adopted
    read: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Adoption:
    """One look at one order that may be another connector's. `lane` of its record; `items`: by SKU; `planned`: the plan
    if that stood."""

    order: Order
    systems: Systems
    workplace: Workplace
    record_id: int
    lane: str
    items: Items
    planned: Planned

    def adopt(self, lease: Lease) -> None:
        """Links the order to the documents that stand for it; nothing where there are none, or it stands already.

        Raises what `found` raises; nothing is written then.
        """
        found = self.found()
        if found is not None:
            self._mark(found)
            crash_at(Moment.BEFORE_ADOPTION)
            self._keep(found.adopted, lease)

    def found(self) -> Standing | None:
        """What stands for the order as another connector wrote it; None where nothing does, or it is known already.

        Raises NeedsDecision where several may be the order, or the two systems differ.
        """
        look = None if self._is_over() else self._look()
        if look is None:
            return None
        try:
            root = self._root(look)
            return None if root is None else self._examined(root, look)
        except PermanentError:
            # A person changes something now: what was found is not true any more.
            with self.workplace.engine.begin() as connection:
                adoptions.look_again(connection, self.systems.connection.id, self.order.id)
            raise

    def _examined(self, root: FoundDocument, look: Look) -> Standing:
        adopted, read = self._adopted(root, look)
        if look.chosen is None:
            self._must_be_equal(root)
        self._must_be_whole(root, adopted, is_chosen=look.chosen is not None)
        return Standing(root, adopted, read)

    def _is_over(self) -> bool:
        """True for what stands or was sent, what the rules leave out, and where no rule names a field."""
        if self.systems.rules.adoption.field is None or exclusion(self.order, self.systems.rules) is not None:
            return True
        keys = self._order_keys()
        with self.workplace.engine.begin() as connection:
            made = effects.of_keys(connection, self.systems.connection.id, keys)
        return any(stored.state is not EffectState.PLANNED for stored in made.values())

    def _look(self) -> Look | None:
        """What NetSuite has of the order; None where it need not be looked for."""
        now = datetime.now(UTC)
        with self.workplace.engine.begin() as connection:
            look = adoptions.of_order(connection, self.systems.connection.id, self.order.id)
        until = self.systems.rules.adoption.placed_before
        is_old = until is not None and self.order.created_at < until
        if look is None and not is_old and self.lane != Lane.HISTORY:
            return None
        if look is not None and look.looked_at >= now - _FRESH:
            return look
        return self._looked(look, now)

    def _looked(self, before: Look | None, now: datetime) -> Look:
        """Asks NetSuite, for the next orders of the import too."""
        connection_id = self.systems.connection.id
        wanted = {self.order.id: self.order.name}
        with self.workplace.engine.begin() as connection:
            if self.lane == Lane.HISTORY:
                since = now - _FRESH
                wanted |= adoptions.waiting(
                    connection, self.record_id, connection_id, before=since, limit=_TOGETHER - 1
                )
        found = found_documents(self.systems, wanted)
        stored = {order_id: [document.to_json() for document in found[order_id]] for order_id in wanted}
        with self.workplace.engine.begin() as connection:
            adoptions.keep(connection, connection_id, stored, now=now)
        return Look(stored[self.order.id], None if before is None else before.chosen, now)

    def _root(self, look: Look) -> FoundDocument | None:
        """The document that is the order. Raises NeedsDecision where that is not certain."""
        documents = [FoundDocument.from_json(item) for item in look.found]
        mine = [one for one in documents if may_be_order(one, self.systems.shop_id, self.order.id)]
        if look.chosen is not None:
            mine = [one for one in documents if one.id == look.chosen]
        if len(mine) == 1:
            return mine[0]
        if not documents and look.chosen is None:
            return None
        shown = ", ".join(
            f"{one.number} (internal id {one.id}, {one.total})" for one in (mine or documents)[:_CANDIDATES]
        )
        field = self.systems.rules.adoption.field
        what = f"{len(mine)} orders" if mine else "documents but no order"
        raise NeedsDecision(
            f"{self.order.name}: NetSuite has {what} with {field} {self._value!r}: {shown or 'none any more'}; say which it is "
            f"with `ml-connector orders adopt {self.order.name} --document ID`, or empty the field of those it is not",
            subject="order:adopt_candidates",
        )

    @property
    def _value(self) -> str:
        return self.systems.rules.adoption.value_of(self.order.id, self.order.name)

    def _order_keys(self) -> tuple[str, str]:
        shop_id, order_id = self.systems.shop_id, self.order.id
        return external_ids.sales_order(shop_id, order_id), external_ids.cash_sale(shop_id, order_id)

    def _adopted(self, root: FoundDocument, look: Look) -> tuple[Adopted, Mapping[str, Any]]:
        """What stands for the order, and the order itself as it was read."""
        documents = [FoundDocument.from_json(item) for item in look.found]
        image: Mapping[str, Any] | None = None
        read: Mapping[str, Any] = {}
        if root.type == SALES_ORDER:
            read = self.systems.netsuite.read("salesOrder", root.id, fields=(*FIELDS, "entity", "externalId"))
            image = self._image(read)
        rules, client = self.systems.rules, self.systems.netsuite
        others = of_root(root, documents)
        ships = [one.id for one in others if one.type == SHIPMENT] if rules.fulfillments.source == "shopify" else []
        goods = shipped_goods(client, ships) if ships else {}
        matching = Matching(self.order, self.systems.shop_id, rules, others, image, goods, self.items())
        return matching.adopted(root), read

    def _image(self, read: Mapping[str, Any]) -> Mapping[str, Any]:
        """NetSuite's order as it stands for Shopify's at this moment: what Shopify changes from now on is written."""
        state = SalesOrderState.from_json(read)
        image = entered_image(
            remaining(self.order, self.order.refunds), state, self.items(), entity=str(read["entity"]["id"]),
            shop_id=self.systems.shop_id, rules=self.systems.rules,
        )  # fmt: skip
        return {**image.to_json(), "refunds": sorted(refund.id for refund in self.order.refunds)}

    def _must_be_equal(self, root: FoundDocument) -> None:
        sums = difference(root, self.order.total, self.order.current_total, self.systems.rules)
        if sums is None:
            return
        raise NeedsDecision(
            f"{self.order.name}: NetSuite's {root.number} (internal id {root.id}), written by another connector, comes to "
            f"{sums[0]}, Shopify's order to {sums[1]}; correct it there, or adopt it as it is with "
            f"`ml-connector orders adopt {self.order.name} --document {root.id}`",
            subject="order:adopt_total",
        )

    def _must_be_whole(self, root: FoundDocument, adopted: Adopted, *, is_chosen: bool) -> None:
        """What the order still needs once this stands is what NetSuite lacks of it."""
        plan = self.planned(adopted.made)
        if plan.open_question is not None:
            raise plan.open_question
        lacking = [effect.intent for effect in plan.effects] if self.systems.rules.adoption.missing == "hold" else []
        strange = [] if is_chosen else adopted.strange
        if not lacking and not strange:
            return
        words = [f"NetSuite lacks {_shown(intent)}" for intent in lacking]
        words += [f"NetSuite has {one.type} {one.number} over {one.total}, Shopify has not" for one in strange]
        raise NeedsDecision(
            f"{self.order.name} is {root.number} (internal id {root.id}) in NetSuite, written by another connector: "
            f'{"; ".join(words)}. Correct it there and release the order, or set rules.adoption.missing to "write"',
            subject="order:adopt_incomplete",
        )

    def _mark(self, found: Standing) -> None:
        """Says in NetSuite which order of the shop it is, where the operator wants that and nothing else stands there."""
        if self.is_marked(found):
            key, _ = self._order_keys()
            self.systems.netsuite.write(Change("salesOrder", found.root.id, {"externalId": key}))

    def is_marked(self, found: Standing) -> bool:
        """True where adopting it writes our external id."""
        is_sales_order = found.root.type == SALES_ORDER
        return self.systems.rules.adoption.mark and is_sales_order and not found.read.get("externalId")

    def _keep(self, adopted: Adopted, lease: Lease) -> None:
        """All of it in one transaction: a pass that dies leaves either nothing adopted or everything."""
        connection_id, currency = lease.connection_id, booked(self.order.total, self.systems.rules).currency
        with self.workplace.engine.begin() as connection:
            must_hold(connection, lease)
            for key, made in adopted.made.items():
                intent = Intent(made.kind, key, ADOPTED, made.amount, currency if made.amount is not None else None)
                entered_effects.link(connection, connection_id, lease.record_id, intent, str(made.remote_id))
                stored = effects.of_keys(connection, connection_id, [key])[key]
                if made.amount is not None:
                    entered_effects.keep_amount(connection, stored, made.amount, currency)
                if made.image is not None:
                    entered_effects.keep_image(connection, self.workplace.vault, stored, made.image)
            adoptions.forget(connection, connection_id, self.order.id)


def _shown(intent: Intent) -> str:
    """An effect that is missing, in a person's words."""
    money = f" over {intent.amount} {intent.currency}" if intent.amount is not None else ""
    return f"the {intent.kind.replace('_', ' ')}{money} ({intent.natural_key})"
