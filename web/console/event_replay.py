"""/events/replay: another pass over everything some deliveries spoke of, seen beforehand and set going as a job."""

import json
from dataclasses import dataclass, field

from connector.errors import ConfigError, ConnectorError
from connector.flows import replay
from connector.flows.planning import Effect
from connector.flows.replay import Preview, Sample
from connector.flows.sampling import Estimate, Trial
from connector.mapping.differences import Difference
from connector.mapping.masking import masked
from connector.store.records import ORDER
from web.console.asking import Asked, Because
from web.console.event_filter import Chosen, asked, is_narrowed, the_filter
from web.console.places import order_path
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment

_SAMPLES = 3
_EVERYTHING = "choose deliveries, or a filter besides the store: the whole log is not replayed at once"


class ReplayAsked(Chosen, Asked):
    """Which deliveries would be replayed."""


class ReplayForm(Chosen, Because):
    """Which deliveries are replayed, and why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that would be sent to NetSuite. `body` is JSON as text, None where there is none.

    `changed`: of what stands already, the fields that would differ.
    """

    request: str
    kind: str
    changed: tuple[Difference, ...]
    body: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """What one record would need now. `why_not`: why nothing would be written, or not all; else, without requests, it is in
    step."""

    name: str
    path: str | None
    why_not: str | None
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class ReplayPreview:
    """What a replay would do.

    `deliveries` speak of `records`; `repeats` of them need no pass of their own. `estimate`: what they need, None where
    none could be tried. `refused`: why it cannot be done, None when it can. `chosen`: what was asked, by field.
    """

    environments: tuple[str, ...]
    chosen: dict[str, str | list[str]]
    deliveries: int
    records: int
    repeats: int
    estimate: Estimate | None
    samples: tuple[SampleRow, ...]
    refused: str | None


def replay_screens(console: Console) -> None:
    """Registers the preview and the act."""

    @console.screen("events_replay", "/events/replay", ReplayAsked, ReplayPreview)
    def read(visit: Visit, said: ReplayAsked) -> ReplayPreview:
        """What a replay would do: how many records, what some of them would need, how long it takes; writes nothing."""
        wanted = the_filter(visit, said)
        try:
            _must_be_narrowed(said)
            seen = replay.preview(visit.site.runtime, wanted, samples=_SAMPLES)
        except ConnectorError as error:
            return _preview(visit, said, Preview(0, (), (), None), refused=str(error))
        return _preview(
            visit, said, seen, refused=None if seen.record_ids else "none of them speaks of an order or customer"
        )

    @console.act("events_replay_act", "/events/replay", ReplayForm, asks_password=True, reach=Reach.MONEY)
    def start(visit: Visit, form: ReplayForm) -> Done:
        """Replay deliveries as a job: look again at every order and customer they spoke of."""
        _must_be_narrowed(form)
        job = replay.start(visit.site.runtime, the_filter(visit, form), because=form.why, actor=visit.who.name)
        return Done(f"Job {job} is running.", f"/jobs/{job}")


def _must_be_narrowed(chosen: Chosen) -> None:
    if not is_narrowed(chosen):
        raise ConfigError(_EVERYTHING)


def _preview(visit: Visit, said: Chosen, seen: Preview, *, refused: str | None) -> ReplayPreview:
    stores = [visit.store(said.store)] if said.store else visit.stores
    return ReplayPreview(
        environments=tuple(dict.fromkeys(environment(stored) for stored in stores)),
        chosen=asked(said),
        deliveries=seen.deliveries,
        records=len(seen.record_ids),
        repeats=seen.repeats,
        estimate=seen.estimate,
        samples=tuple(_sample(visit, sample) for sample in seen.samples),
        refused=refused,
    )


def _sample(visit: Visit, sample: Sample) -> SampleRow:
    record, trial = sample.record, sample.trial
    store = visit.store_of(record.connection_id).name
    path = order_path(record.name, record.shopify_id, store) if record.kind == ORDER else None
    effects = trial.plan.effects if trial.plan else ()
    requests = tuple(_request(effect, trial) for effect in effects)
    return SampleRow(record.name or record.shopify_id, path, trial.said, requests)


def _request(effect: Effect, trial: Trial) -> Request:
    body = effect.write.body
    text = None if body is None else json.dumps(masked(body), indent=2, ensure_ascii=False, default=str)
    changed = tuple(trial.changed.get(effect.intent.natural_key, ()))
    return Request(f"{effect.write.method} {effect.write.path}", effect.intent.kind, changed, text)
