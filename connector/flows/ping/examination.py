"""Runs probes one after the other: each is timed, none ends another, and what cannot be tried says why."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows.ping.report import Probe, Status

# A probe of one side by its name, as others need it.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a probe saw: a few words, and the sentences of what is wrong or deserves a look."""

    finding: str
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Failed, a warning, or ok."""
        if self.failures:
            return Status.FAILED
        return Status.WARNING if self.warnings else Status.OK


class Examination:
    """The probes of one ping, in the order in which they are shown."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []

    def look(
        self, key: Key, probe: Callable[[], Found], *, needs: Sequence[Key] = (), before: Key | None = None
    ) -> None:
        """Runs one probe unless another that it `needs` failed. `before`: where it is shown, if not last."""
        reason = self._unmet(needs)
        made = Probe(*key, Status.SKIPPED, 0, f"not tried: {reason}") if reason else _timed(key, probe)
        place = next((n for n, other in enumerate(self.probes) if (other.side, other.name) == before), None)
        self.probes.insert(len(self.probes) if place is None else place, made)

    def is_met(self, *needs: Key) -> bool:
        """True when all of these probes found what they looked for."""
        return self._unmet(needs) is None

    def _unmet(self, needs: Sequence[Key]) -> str | None:
        for probe in self.probes:
            if (probe.side, probe.name) not in needs:
                continue
            if probe.status is Status.SKIPPED:
                return probe.finding.removeprefix("not tried: ")
            if probe.status is Status.FAILED:
                return f"{probe.side} {probe.name} failed"
        return None


def _timed(key: Key, probe: Callable[[], Found]) -> Probe:
    started = time.monotonic()
    try:
        found = probe()
    except ConnectorError as error:
        found = Found(error.code.replace("_", " "), (str(error),))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        found = Found(
            "unreadable answer",
            (f"{key[0]} answered {key[1]} with something that cannot be read ({type(error).__name__}); try again",),
        )
    ms = round((time.monotonic() - started) * 1000)
    return Probe(*key, found.status, ms, found.finding, found.failures + found.warnings)
