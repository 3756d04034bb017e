"""One effect in the shop, once: written down before the call; what came of a lost answer is read, never sent again blindly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from connector.errors import (
    Forbidden,
    InvalidAnswer,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TransientError,
    Unauthorized,
)
from connector.flows.leasing import LOOK_AFTER, must_hold
from connector.shopify.client import ShopifyClient
from connector.store import effects as store
from connector.store import entered_effects
from connector.store.effects import Intent, StoredEffect
from connector.store.records import Lease
from connector.store.tables import EffectState
from connector.transport import concerning
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class ShopWork:
    """What writing to a shop needs: the database, the shop, and the lease under which everything is done."""

    engine: Engine
    vault: Vault
    shopify: ShopifyClient
    lease: Lease


@contextmanager
def sent(intent: Intent, work: ShopWork) -> Iterator[StoredEffect]:
    """Around the call: the effect as it stood before, written down as sent. Who uses this confirms what came of it.

    Raises OutcomeUnknown when the answer was lost; an answer of the shop's own failure does not say that nothing was done.
    """
    stored = _written_down(intent, work)
    try:
        with concerning(stored.id):
            yield stored
    except (Rejected, Forbidden, Unauthorized, RateLimited):
        with work.engine.begin() as connection:
            store.mark_refused(connection, stored)
            store.put_back_image(connection, stored)
        raise
    except (TransientError, InvalidAnswer) as error:
        with work.engine.begin() as connection:
            store.mark_unknown(connection, stored)
        if isinstance(error, InvalidAnswer):
            raise
        raise OutcomeUnknown(str(error), retry_after=LOOK_AFTER) from error


def _written_down(intent: Intent, work: ShopWork) -> StoredEffect:
    with work.engine.begin() as connection:
        must_hold(connection, work.lease)
        stored = store.intend(connection, work.lease, intent)
        if stored.state is EffectState.WITHDRAWN:
            entered_effects.renew(connection, stored)
            stored = replace(stored, state=EffectState.PLANNED, remote_id=None, sealed=None)
        store.mark_sent(connection, stored, work.lease, intent)
        if intent.image is not None:
            store.keep_sent_image(connection, work.vault, stored, intent.image)
        return stored
