"""What a cell is: a fault, the moment it meets, and what must have come of it."""

from dataclasses import dataclass, field

from chaos import faults
from chaos.faults import Fault
from chaos.orphans import AFTER_DEATH
from chaos.stage import Setting


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one moment. `copies`: how often each delivery comes at once. `within`: seconds until all is quiet.

    `breaks_calls`: calls to NetSuite must have failed, else the fault never struck; `kills`: something must have died.
    """

    name: str
    fault: Fault = faults.nothing
    setting: Setting = field(default_factory=Setting)
    copies: int = 1
    within: float = 240.0
    breaks_calls: bool = False
    is_shuffled: bool = False
    # Orders keep coming for as long as the fault strikes.
    is_lasting: bool = False
    kills: bool = False
    # Seconds before each of an order's two changes.
    apart: float = 0.0
    # Changes are carried out behind newer ones: judged once our tables expect no more of these.
    has_late_changes: bool = False
    # Seconds within which 99 of 100 records are found again that were left behind; None: judged over many plays together.
    found_within: float | None = AFTER_DEATH
    # Records must have been left behind and found again, else the bar was not looked at.
    leaves: bool = False
