"""Charts as shapes for an SVG in the page: geometry only, colours and words are the template's."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the units of the chart's box; `label` and `value` stand in the table behind the chart."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over a box of `width` × `height`; `top` is the value at its upper edge."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    top: float


def bar_chart(values: Sequence[tuple[str, float]], *, width: int = 480, height: int = 96) -> Chart:
    """One bar for each value, from left to right; what is not nothing is seen, however small."""
    top = max((value for _, value in values), default=0.0) or 1.0
    step = width / max(len(values), 1)
    gap = min(2.0, step / 4)
    bars = []
    for number, (label, value) in enumerate(values):
        tall = max(height * value / top, 1.5) if value else 0.0
        bars.append(
            Bar(round(number * step, 2), round(height - tall, 2), round(step - gap, 2), round(tall, 2), label, value)
        )
    return Chart(tuple(bars), width, height, top)
