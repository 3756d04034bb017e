"""A kept proof as the reconciliation page and its files read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Amounts:
    """Money of one side; what came and what went back are both positive, `net` is what stayed."""

    captured: Decimal
    refunded: Decimal
    net: Decimal

    def plus(self, other: "Amounts") -> "Amounts":
        """Both together."""
        return Amounts(self.captured + other.captured, self.refunded + other.refunded, self.net + other.net)


@dataclass(frozen=True, slots=True)
class GatewayMoney:
    """The money of one day by one gateway, or of all days where `day` is None. `difference`: NetSuite's net - Shopify's."""

    day: date | None
    currency: str
    gateway: str
    shopify: Amounts
    netsuite: Amounts
    difference: Decimal


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """One payment that the two sides do not have alike; an amount that went back is negative, a missing one None."""

    order_id: str
    name: str
    day: date
    currency: str
    gateway: str
    shopify: Decimal | None
    netsuite: Decimal | None
    cause: str
    why: str
    explained: bool


@dataclass(frozen=True, slots=True)
class FindingLine:
    """What nobody can explain: an order that is nowhere, a document that is doubled, deleted or of no order."""

    order_id: str | None
    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class GapLine:
    """Names in a row that no order bears."""

    first: str
    last: str
    count: int
    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class NotWritten:
    """An order that is not written; `place`: held, parked, ignored, excluded, pending or unknown."""

    order: str
    id: str
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class KeptProof:
    """What one proof said. `left_out`: by how many each long list is cut."""

    since: datetime
    until: datetime
    time_zone: str
    explained: bool
    orders: int
    places: Mapping[str, int]
    not_written: tuple[NotWritten, ...]
    findings: tuple[FindingLine, ...]
    gaps: tuple[GapLine, ...]
    money: tuple[GatewayMoney, ...]
    differences: tuple[DifferenceLine, ...]
    left_out: Mapping[str, int]


_ADAPTER = TypeAdapter(KeptProof)


def read_proof(document: Mapping[str, Any]) -> KeptProof:
    """A document of `connector.flows.proof_document`."""
    return _ADAPTER.validate_python(document)


def totals(rows: tuple[GatewayMoney, ...]) -> tuple[GatewayMoney, ...]:
    """All days together, by currency and gateway."""
    found: dict[tuple[str, str], GatewayMoney] = {}
    for row in rows:
        key = (row.currency, row.gateway)
        before = found.get(key)
        shopify = before.shopify.plus(row.shopify) if before else row.shopify
        netsuite = before.netsuite.plus(row.netsuite) if before else row.netsuite
        found[key] = GatewayMoney(None, *key, shopify, netsuite, netsuite.net - shopify.net)
    return tuple(found[key] for key in sorted(found))
