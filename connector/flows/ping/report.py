"""What a ping found: one probe after the other, a verdict, and rules it could read from the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

CONNECTION, SHOPIFY, NETSUITE = "connection", "Shopify", "NetSuite"


class Status(StrEnum):
    """How a probe ended. Skipped: another one that it needs had failed."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What all probes together say."""

    READY = "ready"
    WITH_WARNINGS = "ready with warnings"
    NOT_READY = "not ready"


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe. `finding` is a few words; `sentences` say what to change and where."""

    side: str
    name: str
    status: Status
    ms: int
    finding: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rules that can be read from the account and are not set. `rules` is what `toml` says when it is parsed.

    `toml` also holds, commented, what nothing was found for, with the candidates; empty when nothing is missing.
    """

    toml: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one ping found. `unread` names what the proposal could not look at."""

    connection: str
    shop: str
    account: str
    at: datetime
    probes: tuple[Probe, ...]
    proposal: Proposal
    unread: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Ready, with or without warnings, or not ready."""
        found = {probe.status for probe in self.probes}
        if found & {Status.FAILED, Status.SKIPPED}:
            return Verdict.NOT_READY
        return Verdict.WITH_WARNINGS if Status.WARNING in found else Verdict.READY

    @property
    def is_ready(self) -> bool:
        """True when orders can flow."""
        return self.verdict is not Verdict.NOT_READY
