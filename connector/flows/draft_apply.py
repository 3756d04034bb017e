"""Each act on a draft order once: after a lost answer the shop is looked at, and nothing is guessed while that may come."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.errors import Conflict, NeedsDecision, Unavailable
from connector.flows.draft_proposals import fingerprint
from connector.flows.leasing import LOOK_AFTER, must_hold, seconds_until_over
from connector.flows.shop_effects import ShopWork, sent
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.draft_orders import ATTRIBUTE, tag
from connector.shopify import draft_orders
from connector.shopify.draft_orders import DraftOrder
from connector.store import effects, entered_effects, wanted
from connector.store.clock import database_now
from connector.store.effects import ENTERED, Intent, StoredEffect
from connector.store.records import ORDER, Lease
from connector.store.tables import EffectKind, EffectState

_PRINT = "fingerprint"
_IN_DOUBT = (EffectState.SENT, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Drafting:
    """One pass over the draft of one sales order."""

    systems: Systems
    workplace: Workplace
    lease: Lease

    @property
    def sales_order(self) -> str:
        """NetSuite's internal id."""
        return self.lease.shopify_id

    @property
    def key(self) -> str:
        """Natural key of the draft."""
        return external_ids.draft_order(self.systems.shop_id, self.sales_order)

    def standing(self) -> StoredEffect | None:
        """The draft that stands; one that may have been made although no answer said so is looked for, and adopted."""
        stored = self._stored(self.key)
        if stored is not None and stored.state in _IN_DOUBT and stored.remote_id is None:
            stored = self._looked_for(stored)
        is_standing = stored is not None and stored.remote_id is not None and stored.state is not EffectState.WITHDRAWN
        return stored if is_standing else None

    def printed(self, stored: StoredEffect) -> str | None:
        """The fingerprint of what the draft was given last; None where that is not known."""
        return (effects.image_of(stored, self.workplace.vault) or {}).get(_PRINT)

    def made(self, values: dict[str, Any]) -> DraftOrder:
        """Makes the draft. Raises OutcomeUnknown when the answer was lost."""
        printed = fingerprint(values)
        with sent(Intent(EffectKind.DRAFT_ORDER, self.key, printed, rules_version=self._version), self._work) as stored:
            draft = draft_orders.create_draft_order(self.systems.shopify, values)
        self._confirmed(stored, draft.id, {_PRINT: printed})
        return draft

    def updated(self, stored: StoredEffect, values: dict[str, Any]) -> DraftOrder:
        """Gives an open draft what the sales order says now; sent again after a lost answer, for it does no harm."""
        draft = draft_orders.update_draft_order(self.systems.shopify, str(stored.remote_id), values)
        self._confirmed(stored, draft.id, {_PRINT: fingerprint(values)})
        return draft

    def completed(self, draft: DraftOrder) -> DraftOrder:
        """Makes an order of an open draft. After a lost answer the next pass reads the draft, which says whether it is one."""
        intent = Intent(EffectKind.COMPLETED_DRAFT, self._completed_key, draft.id, rules_version=self._version)
        with sent(intent, self._work):
            return draft_orders.complete_draft_order(self.systems.shopify, draft.id)

    def is_being_completed(self) -> bool:
        """True where it was asked that the draft become an order, and no answer said what came of it."""
        completion = self._stored(self._completed_key)
        return completion is not None and completion.state in _IN_DOUBT

    def stays_open(self) -> None:
        """The draft was read, and is no order. Raises Unavailable while it may still become one."""
        completion = self._stored(self._completed_key)
        if completion is None or completion.state not in _IN_DOUBT:
            return
        if wait := seconds_until_over(completion.sent_at, now=database_now(self.workplace.engine)):
            raise Unavailable("Shopify may still be making an order of the draft", retry_after=wait)
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            effects.mark_refused(connection, completion)

    def deleted(self, stored: StoredEffect) -> None:
        """Deletes an open draft. After a lost answer the next pass finds no draft, which is the same."""
        draft_orders.delete_draft_order(self.systems.shopify, str(stored.remote_id))
        self.withdrawn(stored)

    def withdrawn(self, stored: StoredEffect) -> None:
        """The draft is gone."""
        with self.workplace.engine.begin() as connection:
            effects.withdraw(connection, stored)

    def linked(self, order_id: str) -> tuple[int, ...]:
        """The order is the sales order's, whatever webhook comes when: nothing is made of it in NetSuite. Ids to wake.

        Raises NeedsDecision where something was made of it already, Conflict while that is not known.
        """
        systems, key = self.systems, external_ids.sales_order(self.systems.shop_id, order_id)
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            record_ids = wanted.want(connection, systems.connection.id, ORDER, [order_id])
            intent = Intent(EffectKind.SALES_ORDER, key, ENTERED)
            entered_effects.link(connection, systems.connection.id, record_ids[0], intent, self.sales_order)
            _must_be(self.sales_order, effects.of_keys(connection, systems.connection.id, [key])[key])
            intent = Intent(EffectKind.COMPLETED_DRAFT, self._completed_key, order_id)
            done = effects.intend(connection, self.lease, intent)
            effects.confirm(connection, self.workplace.vault, done, order_id, image=None, now=datetime.now(UTC))
            draft = effects.of_keys(connection, systems.connection.id, [self.key])[self.key]
            effects.mark_verified(connection, [draft.id, done.id])
        return tuple(record_ids)

    @property
    def _version(self) -> int:
        return self.systems.connection.rules_version

    @property
    def _work(self) -> ShopWork:
        return ShopWork(self.workplace.engine, self.workplace.vault, self.systems.shopify, self.lease)

    @property
    def _completed_key(self) -> str:
        return external_ids.completed_draft(self.systems.shop_id, self.sales_order)

    def _stored(self, key: str) -> StoredEffect | None:
        with self.workplace.engine.begin() as connection:
            return effects.of_keys(connection, self.systems.connection.id, [key]).get(key)

    def _looked_for(self, stored: StoredEffect) -> StoredEffect | None:
        """The effect with what was found. Raises Unavailable while the draft may still come, or the search may lag."""
        found = [
            draft
            for draft in draft_orders.draft_orders_tagged(self.systems.shopify, tag(self.sales_order))
            if any(item.key == ATTRIBUTE and item.value == self.sales_order for item in draft.attributes)
        ]
        wait = seconds_until_over(stored.sent_at, now=database_now(self.workplace.engine))
        if not found and wait:
            raise Unavailable("Shopify may still be making the draft order", retry_after=wait)
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            if found:
                # What it was given is not known for sure, so that it is given what the sales order says now.
                effects.confirm(
                    connection, self.workplace.vault, stored, found[0].id, image=None, now=datetime.now(UTC)
                )
            else:
                effects.mark_refused(connection, stored)
        return self._stored(self.key)

    def _confirmed(self, stored: StoredEffect, draft_id: str, image: dict[str, Any]) -> None:
        with self.workplace.engine.begin() as connection:
            effects.confirm(connection, self.workplace.vault, stored, draft_id, image=image, now=datetime.now(UTC))


def _must_be(sales_order: str, stored: StoredEffect) -> None:
    """Raises where the order stands in NetSuite as another sales order, or is just being written there."""
    if stored.remote_id == sales_order:
        return
    if stored.remote_id is None:
        raise Conflict("the order of the draft is being written to NetSuite", retry_after=LOOK_AFTER)
    raise NeedsDecision(
        f"the order in Shopify that came of this sales order's draft was written to NetSuite once more, as sales order "
        f"{stored.remote_id}, for its attribute {ATTRIBUTE} was gone; close the sales order {sales_order} or "
        f"{stored.remote_id}, and ignore this draft",
        subject="draft_order:written_twice",
    )
