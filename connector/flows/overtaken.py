"""What a worker still does when another one has taken its record over: what that one wrote down since is newer, and stays.

The request was on its way, and NetSuite may have carried it out before or behind what the other worker sent. So nothing that is
known is replaced by what was known then: the record is due once more, and what a change may have altered counts as not known.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connector.flows.planning import IN_DOUBT, Effect
from connector.netsuite.writes import Change
from connector.store import due, effects
from connector.store.effects import Image, StoredEffect
from connector.store.records import Lease
from connector.vault import Vault


def doubtful(image: Image, write: Change) -> Image:
    """The image with the fields marked that a change may have changed."""
    return {**image, IN_DOUBT: sorted({*doubts(image), *write.body})}


def doubts(image: Image | None) -> Sequence[str]:
    """The fields of an image that nobody knows."""
    fields: Sequence[str] = (image or {}).get(IN_DOUBT, ())
    return fields


def sent_all_the_same(
    connection: Connection, vault: Vault, lease: Lease, effect: Effect, *, remote_id: str | None, now: datetime
) -> None:
    """A request left us and the lease is gone. `remote_id`: what NetSuite answered, None where the answer was lost too."""
    due.mark_overtaken(connection, lease.record_id)
    stored = effects.locked(connection, lease.connection_id, effect.intent.natural_key)
    if stored.remote_id is None:
        _made(connection, vault, stored, effect, remote_id=remote_id, now=now)
    elif isinstance(effect.write, Change):
        image = effects.image_of(stored, vault)
        if image is not None:
            effects.keep_sent_image(connection, vault, stored, doubtful(image, effect.write))
        effects.mark_unknown(connection, stored)
    elif effect.takes_away and remote_id is not None:
        effects.withdraw(connection, stored)


def _made(
    connection: Connection, vault: Vault, stored: StoredEffect, effect: Effect, *, remote_id: str | None, now: datetime
) -> None:
    """The other worker has made nothing so far: what stands is what was sent here."""
    intent = effect.intent
    if remote_id is None:
        effects.mark_unknown(connection, stored)
        return
    said = replace(
        stored,
        request_hash=intent.request_hash,
        rules_version=intent.rules_version,
        amount=intent.amount,
        currency=intent.currency,
    )
    effects.restore(connection, said)
    effects.confirm(connection, vault, said, remote_id, image=intent.image, now=now)
