"""Some of many records, tried beforehand: what each would need now, and how long all of them take at what both systems grant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from connector.errors import ConnectorError
from connector.flows.planning import Effect, Plan
from connector.flows.systems import Systems, Workplace
from connector.mapping.differences import Difference, differences, leaves
from connector.mapping.masking import masked
from connector.store import attempts, effects
from connector.transport import Call, recorded_calls

# Seconds of one NetSuite call where no pass ever made one.
_A_CALL = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one pass needs: calls that read and that write in NetSuite, and points of the shop's query budget."""

    reads: int
    writes: int
    points: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What one record would need now; `plan` is None where that cannot be said, and `why_not` says why.

    `changed`: the fields that differ of what stands already, by external id; what says something of a person is masked.
    """

    plan: Plan | None
    why_not: str | None = None
    changed: Mapping[str, Sequence[Difference]] = field(default_factory=dict)
    cost: Cost | None = None

    @property
    def said(self) -> str | None:
        """Why nothing would be written, or not all; None where the record would end in step."""
        if self.plan is None:
            return f"cannot be tried: {self.why_not}"
        if self.plan.exclusion is not None:
            return f"left out by {self.plan.exclusion.rule}: {self.plan.exclusion.reason}"
        return str(self.plan.open_question) if self.plan.open_question else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What many records need, reckoned from those that were tried. `minutes`: by the narrower of the two systems, at the
    slots and points that they grant right now."""

    reads: int
    writes: int
    points: int
    minutes: float


def tried(systems: Systems, workplace: Workplace, planned: Callable[[], Plan]) -> Trial:
    """One dry run, with what it cost. What the clients raise becomes its `why_not`."""
    with recorded_calls() as calls:
        try:
            plan = planned()
        except ConnectorError as error:
            return Trial(None, str(error))
    return Trial(plan, None, _changed(systems, workplace, plan.effects), _cost(systems, calls, len(plan.effects)))


def estimate(trials: Sequence[Trial], count: int, systems: Systems, workplace: Workplace) -> Estimate | None:
    """What `count` records like these need; None where none of them could be tried."""
    costs = [trial.cost for trial in trials if trial.cost is not None]
    if not costs:
        return None if count else Estimate(0, 0, 0, 0.0)
    reads, writes, points = (
        round(mean(values) * count) for values in zip(*((c.reads, c.writes, c.points) for c in costs), strict=True)
    )
    with workplace.engine.begin() as connection:
        seconds = attempts.mean_call_seconds(connection, systems.connection.id) or _A_CALL
    in_netsuite = (reads + writes) * seconds / systems.netsuite.granted_slots()
    rate = systems.shopify.restore_rate
    in_shopify = points / rate if rate else 0.0
    return Estimate(reads, writes, points, max(in_netsuite, in_shopify) / 60)


def _cost(systems: Systems, calls: Sequence[Call], writes: int) -> Cost:
    """Tokens are issued once for many passes and belong to none of them."""
    asked = [call for call in calls if call.path != "token"]
    reads = sum(call.system == "netsuite" for call in asked)
    points = sum(systems.shopify.points_of(call.path) for call in asked if call.system == "shopify")
    return Cost(reads, writes, points)


def _changed(systems: Systems, workplace: Workplace, planned: Sequence[Effect]) -> dict[str, Sequence[Difference]]:
    with workplace.engine.begin() as connection:
        standing = effects.of_keys(connection, systems.connection.id, [one.intent.natural_key for one in planned])
    found: dict[str, Sequence[Difference]] = {}
    for effect in planned:
        stored = standing.get(effect.intent.natural_key)
        before = None if stored is None else effects.image_of(stored, workplace.vault)
        if before is not None and effect.intent.image is not None:
            found[effect.intent.natural_key] = _differences(before, effect.intent.image)
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Found in what stands, shown masked: of an address it is told that it differs, and no more."""
    stands, wanted = _as_written(before), _as_written(after)
    old, new = dict(leaves(masked(stands))), dict(leaves(masked(wanted)))
    return [Difference(one.field, old.get(one.field), new.get(one.field)) for one in differences(stands, wanted)]


def _as_written(image: Mapping[str, Any]) -> Mapping[str, Any]:
    """An image without what only the product needs to know; the lines of an order by their references, wherever they stand."""
    if "fields" not in image:
        return image
    lines = {line["reference"] or f"line {line['line']}": line["body"] for line in image["lines"]}
    return {**image["fields"], "lines": lines, "isClosed": image["is_closed"]}
