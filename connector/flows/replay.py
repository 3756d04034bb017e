"""Replay: another pass over every record that some deliveries spoke of. What is in step already is left as it is.

A pass compares how things stand now with what was made, so a delivery is never carried out a second time: replaying is safe
by the same means as a doubled webhook.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connector.errors import ConfigError, ConnectorError
from connector.flows.dry_run import dry_run
from connector.flows.sampling import Estimate, Trial, estimate, tried
from connector.flows.systems import Systems, Workplace
from connector.store import event_list, jobs, operator_actions, records
from connector.store.event_list import EventFilter
from connector.store.records import ORDER, RecordView


@dataclass(frozen=True, slots=True)
class Sample:
    """One record, and what it would need now."""

    record: RecordView
    trial: Trial


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay would do. `estimate` is reckoned from the samples; None without one that could be planned.

    `repeats`: deliveries beyond the first of each record, which one pass answers together.
    """

    deliveries: int
    record_ids: Sequence[int]
    samples: Sequence[Sample]
    estimate: Estimate | None

    @property
    def repeats(self) -> int:
        """Deliveries that lead to no pass of their own."""
        return max(self.deliveries - len(self.record_ids), 0)


def preview(workplace: Workplace, wanted: EventFilter, *, samples: int) -> Preview:
    """What a replay would do, with dry runs of some of its orders. Raises ConfigError when it spans several connections."""
    with workplace.engine.begin() as connection:
        deliveries = event_list.count_events(connection, wanted)
        found = event_list.records_of(connection, wanted)
        _must_be_one(found)
        record_ids = next(iter(found.values()), [])
        chosen = [records.by_id(connection, record_id) for record_id in _spread(record_ids, samples)]
    if not chosen:
        return Preview(deliveries, record_ids, (), None)
    try:
        systems = workplace.open_systems(next(iter(found)))
    except ConnectorError as error:
        return Preview(deliveries, record_ids, [Sample(one, Trial(None, str(error))) for one in chosen], None)
    seen = [Sample(record, _tried(systems, workplace, record)) for record in chosen]
    outlook = estimate([sample.trial for sample in seen], len(record_ids), systems, workplace)
    return Preview(deliveries, record_ids, seen, outlook)


def start(workplace: Workplace, wanted: EventFilter, *, because: str, actor: str) -> int:
    """Sets a replay going; its job's id. Raises ConfigError when there is nothing to replay or no reason is given."""
    if not because.strip():
        raise ConfigError("a replay is written down with its reason: say why (--because)")
    with workplace.engine.begin() as connection:
        found = event_list.records_of(connection, wanted)
        _must_be_one(found)
        if not found:
            raise ConfigError("no delivery of an order or a customer fits: nothing is replayed")
        connection_id, record_ids = next(iter(found.items()))
        wish = {"chosen": wanted.to_json(), "reason": because.strip(), "actor": actor}
        job_id = jobs.start(connection, connection_id, record_ids, kind=jobs.REPLAY, wish=wish)
        details = {"job": job_id, "records": len(record_ids), "because": because.strip()}
        operator_actions.write_down(connection, connection_id, actor=actor, action="replay started", details=details)
    return job_id


def _must_be_one(found: Mapping[int, Sequence[int]]) -> None:
    if len(found) > 1:
        raise ConfigError(f"the deliveries belong to {len(found)} connections: choose one of them")


def _spread(record_ids: Sequence[int], samples: int) -> list[int]:
    """Some of the records, from the first to the last."""
    step = max(len(record_ids) // samples, 1) if samples else len(record_ids) + 1
    return list(record_ids[::step][:samples])


def _tried(systems: Systems, workplace: Workplace, record: RecordView) -> Trial:
    if record.kind != ORDER:
        return Trial(None, f"a {record.kind} has no dry run")
    return tried(systems, workplace, partial(dry_run, workplace, record))
