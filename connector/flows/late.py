"""What was sent and never answered may still be carried out: a pass that neither finds it nor makes it again waits for it.

Else an order that was called off meanwhile would be left out, and NetSuite would write it a moment later, open and unwatched.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.errors import MayYetCome
from connector.flows.apply import Work
from connector.flows.leasing import OVER_AFTER, must_hold
from connector.store import clock, doubtful, effects
from connector.store.effects import StoredEffect
from connector.store.tables import SHOP_KINDS, EffectKind, EffectState

# Seconds until it is looked for again: a quarter of what it has taken so far, at least and at most so many.
_SOONEST, _LATEST = 10.0, 60.0
# A customer or contact too many hurts nobody, and the next order of the buyer finds it.
_HARMLESS = (EffectKind.CUSTOMER, EffectKind.CONTACT)


def unanswered(made: Iterable[StoredEffect]) -> list[StoredEffect]:
    """What NetSuite was asked to make and gave no answer about."""
    return [
        one
        for one in made
        if one.state in (EffectState.SENT, EffectState.UNKNOWN)
        and one.remote_id is None
        and one.kind not in (*SHOP_KINDS, *_HARMLESS)
    ]


def must_be_over(asked: Sequence[StoredEffect], work: Work) -> None:
    """Raises MayYetCome while one of these does not stand and may yet be made; it is looked for again then."""
    if not asked:
        return
    with work.engine.begin() as connection:
        missing = doubtful.may_yet_come(connection, [one.id for one in asked], within=OVER_AFTER)
        if not missing:
            return
        must_hold(connection, work.lease)
        for one in missing:
            effects.mark_unknown(connection, one)
        now = clock.read(connection).at
    names = ", ".join(one.natural_key for one in missing)
    raise MayYetCome(
        f"NetSuite gave no answer about {names}, which is not to be there any more, and may yet make it",
        retry_after=_next_look(missing, now=now),
    )


def _next_look(missing: Sequence[StoredEffect], *, now: datetime) -> float:
    taken = [(now - one.sent_at).total_seconds() for one in missing if one.sent_at is not None]
    return min(_LATEST, max(_SOONEST, min(taken, default=0.0) / 4))
