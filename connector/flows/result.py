"""What a pass over a record found."""

from dataclasses import dataclass

from connector.errors import NeedsDecision
from connector.mapping.selection import Exclusion


@dataclass(frozen=True, slots=True)
class Result:
    """A record that is excluded, one in step, or one with a question left open; `notes`: worth knowing.

    `wakes`: ids of other records that became due by it.
    """

    exclusion: Exclusion | None = None
    open_question: NeedsDecision | None = None
    notes: tuple[str, ...] = ()
    wakes: tuple[int, ...] = ()
