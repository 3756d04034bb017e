"""Starts a worker in which one safeguard is taken out, so that the harness can show that it notices. Never the product's own.

`CHAOS_WITHOUT=name python -m chaos.broken worker …` is Celery's command line; web processes load chaos.broken_web.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from celery.__main__ import main as celery
from sqlalchemy import Connection, update

from connector.flows import orders, periodic
from connector.netsuite.client import NetSuiteClient
from connector.store import effects, entered_effects, inbox, records, tables
from connector.store.tables import EffectState, RecordState


def _replace(owner: Any, name: str, other: Any) -> None:
    """Puts something else in the place of a part. Raises AttributeError when there is no such part any more."""
    getattr(owner, name)
    setattr(owner, name, other)


def without_sweeper() -> None:
    """Nobody looks for undone work."""
    from workers.sweeper import Sweeper

    _replace(Sweeper, "start", lambda _self: None)


def without_lease() -> None:
    """Every wake takes the record, whoever is at it, and nobody loses what was taken from him."""
    claim = records.claim

    def taken(connection: Connection, record_id: int, **how: Any) -> records.Lease | None:
        free = {"state": RecordState.PENDING, "lease_until": None}
        connection.execute(update(tables.records).where(tables.records.c.id == record_id).values(free))
        return claim(connection, record_id, **how)

    _replace(records, "claim", taken)
    _replace(records, "holds", lambda _connection, _lease: True)
    _replace(records, "is_in_flight", lambda *_, **__: False)


def without_unique_key() -> None:
    """What was made once under a key is not known the next time."""
    intend = effects.intend

    def anew(connection: Connection, lease: records.Lease, intent: effects.Intent) -> effects.StoredEffect:
        stored = intend(connection, lease, intent)
        if stored.kind not in (tables.EffectKind.SALES_ORDER, tables.EffectKind.CUSTOMER_DEPOSIT):
            return stored
        entered_effects.renew(connection, stored)
        return replace(stored, state=EffectState.PLANNED, remote_id=None, sealed=None)

    def nothing_made(_keys: Sequence[str], *_: Any) -> Mapping[str, Any]:
        return {}

    _replace(effects, "intend", anew)
    _replace(orders, "made_under", nothing_made)


def without_dedupe() -> None:
    """A delivery id that came before is kept again (the constraint is dropped beside)."""
    doing_nothing = "on conflict (connection_id, delivery_id) do nothing"
    if doing_nothing not in inbox._ACCEPT:
        raise RuntimeError("the inbox does not dedupe where the harness thinks")
    _replace(inbox, "_ACCEPT", inbox._ACCEPT.replace(doing_nothing, ""))


def without_reject() -> None:
    """Celery's own two safeguards against a lost worker are off."""
    from workers.app import app

    app.conf.task_reject_on_worker_lost = False
    app.conf.task_acks_late = False


def without_sweeper_and_reject() -> None:
    """What a dead worker was at is given by Redis to another one, where nobody looks for it: that is off as well."""
    without_sweeper()
    without_reject()


def without_takeover() -> None:
    """What a dead worker was at is never taken over: an expired lease is not found."""
    _replace(records, "LEASABLE", (RecordState.PENDING,))


def without_unknown() -> None:
    """After a lost answer all is as if nothing had been sent: the next pass sends it again."""
    _replace(effects, "mark_unknown", effects.mark_refused)


def without_external_id() -> None:
    """NetSuite is not told the key."""
    write = NetSuiteClient.write

    def nameless(self: NetSuiteClient, what: Any) -> str:
        if getattr(what, "body", None) and "externalId" in what.body:
            what = replace(what, body={name: value for name, value in what.body.items() if name != "externalId"})
        return write(self, what)

    _replace(NetSuiteClient, "write", nameless)


def without_later_news() -> None:
    """What comes about an order that is known already is kept, and nobody looks at it."""
    before, matched, after = inbox._ACCEPT.partition("on conflict (connection_id, kind, shopify_id) do ")
    update_of_known, returning, end = after.partition("returning r.id")
    if not (matched and returning and "wanted_version" in update_of_known):
        raise RuntimeError("the inbox does not note later news where the harness thinks")
    _replace(inbox, "_ACCEPT", f"{before}{matched}nothing {returning}{end}")


def without_late_changes() -> None:
    """Nobody compares once more what a late change may have altered."""
    _replace(periodic, "compare_again", lambda *_: 0)


WITHOUT: Mapping[str, Callable[[], None]] = {
    "sweeper": without_sweeper,
    "lease": without_lease,
    "unique-key": without_unique_key,
    "dedupe": without_dedupe,
    "reject-on-worker-lost": without_reject,
    "sweeper and reject-on-worker-lost": without_sweeper_and_reject,
    "takeover": without_takeover,
    "unknown-state": without_unknown,
    "external-id": without_external_id,
    "later-news": without_later_news,
    "late-changes": without_late_changes,
}


def take_out() -> None:
    """Takes out what CHAOS_WITHOUT names."""
    WITHOUT[os.environ["CHAOS_WITHOUT"]]()


if __name__ == "__main__":
    take_out()
    sys.argv = ["celery", *sys.argv[1:]]
    celery()
