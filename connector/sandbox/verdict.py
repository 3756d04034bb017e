"""What a judge says of a day: the numbers side by side, what happened how often, and every difference in a sentence."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Json = Mapping[str, Any]

ORDERS, DEPOSITS, REFUNDS, NET = "orders", "deposits", "refunds", "net"
FIGURES = (ORDERS, DEPOSITS, REFUNDS, NET)


@dataclass(slots=True)
class Sides:
    """One sum in both systems."""

    shopify: Decimal = Decimal(0)
    netsuite: Decimal = Decimal(0)


@dataclass(slots=True)
class Units:
    """One count in both systems."""

    shopify: int = 0
    netsuite: int = 0


@dataclass(slots=True)
class Goods:
    """Stock and parcels in both systems. Of NetSuite's units those are off that it does not know to be sold yet: `waiting`.

    `changes`: how often a quantity arrived in the shop; `events`: how often NetSuite said that something changed; `lowest`:
    what the shop had least of anything while it sold.
    """

    skus: int = 0
    units: Units = field(default_factory=Units)
    waiting: int = 0
    changes: int = 0
    events: int = 0
    lowest: int | None = None
    parcels: Units = field(default_factory=Units)
    numbers: Units = field(default_factory=Units)
    taken_back: int = 0


@dataclass(slots=True)
class Verdict:
    """The numbers of the tables, and every disagreement in a sentence. `money`: currency → figure → both sides."""

    received: int = 0
    duplicates: int = 0
    in_netsuite: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    money: dict[str, dict[str, Sides]] = field(default_factory=dict)
    goods: Goods = field(default_factory=Goods)
    calls: int = 0
    refused: int = 0
    shop_tokens: Json = field(default_factory=dict)
    account_tokens: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """True when nothing differs."""
        return not self.problems

    def differs(self, sentence: str) -> None:
        """One more difference."""
        self.problems.append(sentence)

    def sides(self, currency: str, figure: str) -> Sides:
        """A sum of a currency, to be added to."""
        figures = self.money.setdefault(currency, {name: Sides() for name in FIGURES})
        return figures[figure]
