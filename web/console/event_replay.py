"""/events/replay: another pass over everything some deliveries spoke of, seen beforehand and set going as a job."""

import json
from dataclasses import dataclass, field

from connector.errors import ConfigError, ConnectorError
from connector.flows import replay
from connector.flows.planning import Effect
from connector.flows.replay import Preview, Sample
from connector.mapping.masking import masked
from connector.store.records import ORDER
from web.console.asking import Asked, Because
from web.console.event_filter import Chosen, asked, is_narrowed, the_filter
from web.console.places import order_path
from web.console.screens import Console, Done
from web.console.site import Visit, environment

_SAMPLES = 3
_EVERYTHING = "choose deliveries, or a filter besides the store: the whole log is not replayed at once"


class ReplayAsked(Chosen, Asked):
    """Which deliveries would be replayed."""


class ReplayForm(Chosen, Because):
    """Which deliveries are replayed, and why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that would be sent to NetSuite. `body` is JSON as text, None where there is none."""

    request: str
    kind: str
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

    `deliveries` speak of `records`; `repeats` of them need no pass of their own. `calls` to NetSuite and `minutes` are
    reckoned from the samples, None where none could be tried. `refused`: why it cannot be done, None when it can.
    `chosen`: what was asked, by field.
    """

    environments: tuple[str, ...]
    chosen: dict[str, str | list[str]]
    deliveries: int
    records: int
    repeats: int
    calls: int | None
    minutes: float | None
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
            return _preview(visit, said, Preview(0, (), (), None, None), refused=str(error))
        return _preview(
            visit, said, seen, refused=None if seen.record_ids else "none of them speaks of an order or customer"
        )

    @console.act("events_replay_act", "/events/replay", ReplayForm, asks_password=True)
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
        calls=seen.calls,
        minutes=None if seen.minutes is None else round(seen.minutes, 1),
        samples=tuple(_sample(visit, sample) for sample in seen.samples),
        refused=refused,
    )


def _sample(visit: Visit, sample: Sample) -> SampleRow:
    record = sample.record
    store = visit.store_of(record.connection_id).name
    path = order_path(record.name, record.shopify_id, store) if record.kind == ORDER else None
    effects = sample.plan.effects if sample.plan else ()
    requests = tuple(_request(effect) for effect in effects)
    return SampleRow(record.name or record.shopify_id, path, sample.why_not or _held_by(sample), requests)


def _held_by(sample: Sample) -> str | None:
    """Why a plan writes nothing, or not all."""
    if sample.plan is None:
        return None
    if sample.plan.exclusion is not None:
        return f"left out by {sample.plan.exclusion.rule}: {sample.plan.exclusion.reason}"
    return str(sample.plan.open_question) if sample.plan.open_question else None


def _request(effect: Effect) -> Request:
    body = effect.write.body
    text = None if body is None else json.dumps(masked(body), indent=2, ensure_ascii=False, default=str)
    return Request(f"{effect.write.method} {effect.write.path}", effect.intent.kind, text)
