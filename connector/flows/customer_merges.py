"""Two customers of Shopify that became one: the one that is left takes over what NetSuite has of the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from connector.errors import Missing, NeedsDecision
from connector.flows.buyers import forget_link
from connector.flows.result import Result
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.store import effects, records
from connector.store.effects import Intent, StoredEffect
from connector.store.records import Lease
from connector.store.tables import EffectState

Key = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class _Merge:
    """What is linked of both. `kept` or `deleted` None: nothing in NetSuite."""

    kept_key: str
    kept: StoredEffect | None
    deleted: StoredEffect | None


def sync_merge(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Moves the links, changes nothing in NetSuite. Raises NeedsDecision where NetSuite has a customer for each."""
    kept, _, deleted = lease.shopify_id.partition("-")
    with workplace.engine.begin() as connection:
        records.name_it(connection, lease, name=f"customer {deleted} merged into {kept}")
        for key in (external_ids.customer, external_ids.contact):
            _take_over(connection, workplace, lease, _merge(connection, key, kept, deleted, systems))
        merge = _merge(connection, external_ids.customer, kept, deleted, systems)
    if merge.kept is None or merge.deleted is None:
        return Result()
    if merge.kept.remote_id != merge.deleted.remote_id and _are_both_there(merge, systems, workplace):
        raise NeedsDecision(
            f"Shopify merged customer {deleted} into {kept}; NetSuite has a customer for each, {merge.deleted.remote_id} "
            f"and {merge.kept.remote_id}: merge {merge.deleted.remote_id} into {merge.kept.remote_id} there",
            subject=f"customer:{kept}",
        )
    with workplace.engine.begin() as connection:
        left = _merge(connection, external_ids.customer, kept, deleted, systems)
        _take_over(connection, workplace, lease, left)
        if left.kept is not None and left.deleted is not None:
            effects.withdraw(connection, left.deleted)
    return Result()


def _merge(connection: Connection, key: Key, kept: str, deleted: str, systems: Systems) -> _Merge:
    keys = [key(systems.shop_id, kept), key(systems.shop_id, deleted)]
    found = effects.of_keys(connection, systems.connection.id, keys)
    standing = {name: effect for name, effect in found.items() if _stands(effect)}
    return _Merge(keys[0], standing.get(keys[0]), standing.get(keys[1]))


def _stands(effect: StoredEffect) -> bool:
    return effect.remote_id is not None and effect.state is not EffectState.WITHDRAWN


def _take_over(connection: Connection, workplace: Workplace, lease: Lease, merge: _Merge) -> None:
    """The one that is left has none of its own: what NetSuite has of the other is his."""
    gone = merge.deleted
    if merge.kept is not None or gone is None or gone.remote_id is None:
        return
    image, now = effects.image_of(gone, workplace.vault), datetime.now(UTC)
    stored = effects.intend(connection, lease, Intent(gone.kind, merge.kept_key, "taken over in a merge"))
    effects.confirm(connection, workplace.vault, stored, gone.remote_id, image=image, now=now)
    effects.withdraw(connection, gone)


def _are_both_there(merge: _Merge, systems: Systems, workplace: Workplace) -> bool:
    """False once a person has merged them in NetSuite, either way; the link to the one that is gone is taken back."""
    both = True
    for effect in (merge.kept, merge.deleted):
        if effect is None or effect.remote_id is None:
            continue
        try:
            systems.netsuite.read("customer", effect.remote_id, fields=("isInactive",))
        except Missing:
            forget_link(effect.natural_key, effect.remote_id, systems, workplace)
            both = False
    return both
