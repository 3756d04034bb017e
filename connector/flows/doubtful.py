"""Settles what was sent and never answered where no pass will: the record was held, ignored or left out meanwhile.

Only the effect learns what became of it. The record stays as it is: why it rests has nothing to do with the answer.
"""

from datetime import UTC, datetime

import structlog

from connector.errors import TotalMismatch
from connector.flows.apply import found_as_meant
from connector.flows.leasing import OVER_AFTER
from connector.flows.systems import Systems, Workplace
from connector.mapping.taxes import NETSUITE_COMPUTES
from connector.store import doubtful, effects
from connector.store.effects import StoredEffect

log = structlog.get_logger(__name__)

_AT_ONCE = 100


def settle_left(systems: Systems, workplace: Workplace) -> int:
    """Looks for each under its external id: it stands, or it was not made. Returns how many are known now."""
    with workplace.engine.begin() as connection:
        waiting = doubtful.left(connection, systems.connection.id, older_than=OVER_AFTER, limit=_AT_ONCE)
    return sum(_settled(stored, systems, workplace) for stored in waiting)


def _settled(stored: StoredEffect, systems: Systems, workplace: Workplace) -> bool:
    is_computed = systems.rules.tax.mode in NETSUITE_COMPUTES
    try:
        found = found_as_meant(stored, systems.netsuite, is_tax_computed=is_computed)
    except TotalMismatch as error:
        # It stands with other money: the pass of its record holds it for that, and the proof of the books names it.
        log.warning("doubtful_effect_differs", effect_id=stored.id, record_id=stored.record_id, reason=error.code)
        return False
    with workplace.engine.begin() as connection:
        if not doubtful.is_left(connection, stored):
            return False
        if found is None:
            effects.mark_refused(connection, stored)
        else:
            image = effects.image_of(stored, workplace.vault)
            effects.confirm(connection, workplace.vault, stored, found, image=image, now=datetime.now(UTC))
    log.info("doubtful_effect_settled", effect_id=stored.id, record_id=stored.record_id, stands=found is not None)
    return True
