"""The stock of one item at one location in words: as one line, and as a sum with when each term was learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.flows.stock_drift import Standing
from connector.mapping.stock_terms import Terms


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of a sum. `sign`: one of ` -x<=+`; `learnt`: whether NetSuite told it or the shop was seen so, at `at`."""

    sign: str
    units: Decimal
    what: str
    learnt: str = ""
    at: datetime | None = None


def spelled(terms: Terms) -> str:
    """The terms in one line, those that do nothing left out."""
    text = " + ".join(plain(units) for units in terms.available.values()) or "0"
    text += f" - {plain(terms.waiting)} waiting" if terms.waiting else ""
    text += f" - {plain(terms.unseen)} just gone" if terms.unseen else ""
    text += f" - {terms.buffer} kept" if terms.buffer else ""
    text += f", {plain(terms.percent)} %" if terms.percent != 100 else ""
    return text + (f", max {terms.cap}" if terms.cap is not None else "")


def sum_lines(one: Standing) -> Iterator[SumLine]:
    """From what NetSuite has to what is to be published."""
    terms, row = one.terms, one.row
    for place, units in terms.available.items():
        what = "what the members make" if place == "kit" else f"available at NetSuite location {place}"
        yield SumLine(" ", units, what, "told", row.told_at)
    if not terms.available:
        yield SumLine(" ", Decimal(0), "available; NetSuite told no stock at these locations")
    yield SumLine("-", terms.waiting, "sold here, not yet committed in NetSuite")
    if terms.unseen:
        yield SumLine("-", terms.unseen, "gone from the shop a moment ago; an order may not be findable yet")
    yield SumLine("-", Decimal(terms.buffer), "kept back (inventory.buffer)")
    yield SumLine("x", terms.percent, "percent (inventory.percent), rounded down")
    if terms.cap is not None:
        yield SumLine("<", Decimal(terms.cap), "at most (inventory.cap)")
    yield SumLine("=", Decimal(one.wanted), "to be published")


def shop_lines(one: Standing) -> Iterator[SumLine]:
    """What the shop has, and the difference where something is to be pushed."""
    if one.row.shop is not None:
        yield SumLine(" ", Decimal(one.row.shop), "in the shop", "seen", one.row.seen_at)
    if one.difference is not None:
        sign = "+" if one.difference > 0 else "-" if one.difference else " "
        yield SumLine(sign, Decimal(abs(one.difference)), "difference")


def left_alone(one: Standing) -> str | None:
    """Why the next push does not send an item that differs and has no problem; None where it does."""
    is_doubted = one.problem is None and one.is_different and one.row.seen_at is None
    return "what the shop has is not certain; the push asks it first" if is_doubted else None


def plain(number: object) -> str:
    """A number without idle zeros."""
    text = str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
