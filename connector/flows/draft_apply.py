"""Each act on a draft order once: written down before the call; after a lost answer the shop is looked at first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.errors import ConnectorError, InvalidAnswer, OutcomeUnknown, Unavailable
from connector.flows.draft_proposals import fingerprint
from connector.flows.leasing import must_hold
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.draft_orders import ATTRIBUTE, tag
from connector.shopify import draft_orders
from connector.shopify.draft_orders import DraftOrder
from connector.store import effects, entered_effects, wanted
from connector.store.effects import ENTERED, Intent, StoredEffect
from connector.store.records import ORDER, Lease
from connector.store.tables import EffectKind, EffectState

_PRINT = "fingerprint"
# The shop's search lags seconds behind its writes: a look that comes sooner may not find what was made.
_LOOK_AFTER = 15.0
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
        with self.workplace.engine.begin() as connection:
            stored = effects.of_keys(connection, self.systems.connection.id, [self.key]).get(self.key)
        if stored is not None and stored.state in _IN_DOUBT and stored.remote_id is None:
            stored = self._looked_for(stored)
        is_standing = stored is not None and stored.remote_id is not None and stored.state is not EffectState.WITHDRAWN
        return stored if is_standing else None

    def printed(self, stored: StoredEffect) -> str | None:
        """The fingerprint of what the draft was given last; None where that is not known."""
        return (effects.image_of(stored, self.workplace.vault) or {}).get(_PRINT)

    def made(self, values: dict[str, Any]) -> DraftOrder:
        """Makes the draft. Raises OutcomeUnknown when the answer was lost."""
        stored = self._sent(Intent(EffectKind.DRAFT_ORDER, self.key, fingerprint(values), rules_version=self._version))
        try:
            draft = draft_orders.create_draft_order(self.systems.shopify, values)
        except ConnectorError as error:
            raise self._failed(stored, error) from error
        self._confirmed(stored, draft.id, {_PRINT: fingerprint(values)})
        return draft

    def updated(self, stored: StoredEffect, values: dict[str, Any]) -> DraftOrder:
        """Gives an open draft what the sales order says now; sent again after a lost answer, for it does no harm."""
        draft = draft_orders.update_draft_order(self.systems.shopify, str(stored.remote_id), values)
        self._confirmed(stored, draft.id, {_PRINT: fingerprint(values)})
        return draft

    def completed(self, draft: DraftOrder) -> DraftOrder:
        """Makes an order of an open draft. After a lost answer the next pass reads the draft, which says whether it is one."""
        key = external_ids.completed_draft(self.systems.shop_id, self.sales_order)
        stored = self._sent(Intent(EffectKind.COMPLETED_DRAFT, key, draft.id, rules_version=self._version))
        try:
            return draft_orders.complete_draft_order(self.systems.shopify, draft.id)
        except ConnectorError as error:
            raise self._failed(stored, error) from error

    def deleted(self, stored: StoredEffect) -> None:
        """Deletes an open draft. After a lost answer the next pass finds no draft, which is the same."""
        draft_orders.delete_draft_order(self.systems.shopify, str(stored.remote_id))
        self.withdrawn(stored)

    def withdrawn(self, stored: StoredEffect) -> None:
        """The draft is gone."""
        with self.workplace.engine.begin() as connection:
            effects.withdraw(connection, stored)

    def linked(self, order_id: str) -> list[int]:
        """The order is the sales order's, whatever webhook comes when: nothing is made of it in NetSuite. Ids to wake."""
        systems, key = self.systems, external_ids.completed_draft(self.systems.shop_id, self.sales_order)
        intent = Intent(EffectKind.SALES_ORDER, external_ids.sales_order(systems.shop_id, order_id), ENTERED)
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            record_ids = wanted.want(connection, systems.connection.id, ORDER, [order_id])
            entered_effects.link(connection, systems.connection.id, record_ids[0], intent, self.sales_order)
            done = effects.intend(connection, self.lease, Intent(EffectKind.COMPLETED_DRAFT, key, order_id))
            effects.confirm(connection, self.workplace.vault, done, order_id, image=None, now=datetime.now(UTC))
            draft = effects.of_keys(connection, systems.connection.id, [self.key])[self.key]
            effects.mark_verified(connection, [draft.id, done.id])
        return record_ids

    @property
    def _version(self) -> int:
        return self.systems.connection.rules_version

    def _looked_for(self, stored: StoredEffect) -> StoredEffect | None:
        found = [
            draft
            for draft in draft_orders.draft_orders_tagged(self.systems.shopify, tag(self.sales_order))
            if any(item.key == ATTRIBUTE and item.value == self.sales_order for item in draft.attributes)
        ]
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            if found:
                # What it was given is not known for sure, so that it is given what the sales order says now.
                effects.confirm(
                    connection, self.workplace.vault, stored, found[0].id, image=None, now=datetime.now(UTC)
                )
            else:
                effects.mark_refused(connection, stored)
            return effects.of_keys(connection, self.systems.connection.id, [self.key])[self.key]

    def _sent(self, intent: Intent) -> StoredEffect:
        with self.workplace.engine.begin() as connection:
            must_hold(connection, self.lease)
            stored = effects.intend(connection, self.lease, intent)
            if stored.state is EffectState.WITHDRAWN:
                entered_effects.renew(connection, stored)
            effects.mark_sent(connection, stored, self.lease, intent, now=datetime.now(UTC))
            return effects.of_keys(connection, self.systems.connection.id, [intent.natural_key])[intent.natural_key]

    def _failed(self, stored: StoredEffect, error: ConnectorError) -> ConnectorError:
        """What is to be raised. An answer of the shop's own failure does not say that nothing was done."""
        is_doubtful = isinstance(error, OutcomeUnknown | Unavailable | InvalidAnswer)
        with self.workplace.engine.begin() as connection:
            (effects.mark_unknown if is_doubtful else effects.mark_refused)(connection, stored)
        if isinstance(error, OutcomeUnknown | Unavailable):
            return OutcomeUnknown(str(error), retry_after=_LOOK_AFTER)
        return error

    def _confirmed(self, stored: StoredEffect, draft_id: str, image: dict[str, Any]) -> None:
        with self.workplace.engine.begin() as connection:
            effects.confirm(connection, self.workplace.vault, stored, draft_id, image=image, now=datetime.now(UTC))
