"""What the demo shows at its end: the verdict as tables, or as JSON."""

from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from connector.cli.output import console
from connector.sandbox.verdict import FIGURES, ORDERS, Goods, Sides, Units, Verdict

# As the counts are shown, in the order of a day.
_HAPPENED = (
    "paid", "paid later", "edited", "address or note changed", "corrected by hand", "cancelled", "shipped", "refunded",
    "billed by the accountant",
)  # fmt: skip
_TITLES = {ORDERS: "open orders"}
_RULES = {
    "orders.include_test": "test orders",
    "orders.cancelled": "cancelled before they were written",
}


def result_json(verdict: Verdict, latency: Sequence[float], elapsed: float) -> dict[str, Any]:
    """Every number of the verdict; `elapsed` and `latency` are in seconds."""
    p50, p99 = _percentiles(latency)
    return {
        "agrees": verdict.agrees,
        "problems": verdict.problems,
        "received": verdict.received,
        "duplicates_dropped": verdict.duplicates,
        "in_netsuite": verdict.in_netsuite,
        "happened": {name.replace(" ", "_"): count for name, count in sorted(verdict.happened.items())},
        "held": dict(verdict.held),
        "excluded": dict(verdict.excluded),
        "money": {
            currency: {figure: _plain(sides, currency) for figure, sides in sums.items()}
            for currency, sums in sorted(verdict.money.items())
        },
        "stock": _stock_json(verdict.goods),
        "parcels": _parcels_json(verdict.goods),
        "netsuite_calls": verdict.calls,
        "netsuite_calls_per_order": _per_order(verdict),
        "netsuite_refused": verdict.refused,
        "tokens": {"shopify": _tokens(verdict.shop_tokens), "netsuite": _tokens(verdict.account_tokens)},
        "seconds_to_netsuite": {"p50": round(p50, 3), "p99": round(p99, 3)},
        "seconds": round(elapsed, 1),
    }


def print_result(verdict: Verdict, latency: Sequence[float], elapsed: float) -> None:
    """The verdict as tables on standard output."""
    out = console()
    out.print()
    out.print(_counts(verdict, latency, elapsed))
    out.print(_money(verdict))
    out.print(_goods(verdict.goods))
    for problem in verdict.problems[:20]:
        out.print(f"[red]differs[/red]  {problem}")
    out.print(
        "[green]Every number agrees.[/green]" if verdict.agrees else f"[red]{len(verdict.problems)} differ.[/red]"
    )


def _counts(verdict: Verdict, latency: Sequence[float], elapsed: float) -> Table:
    """What came, what happened how often, what it cost."""
    p50, p99 = _percentiles(latency)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_row("webhooks received", f"{verdict.received}", f"{verdict.duplicates} duplicates dropped")
    table.add_row(
        "orders in NetSuite", f"{verdict.in_netsuite}", f"first webhook to order p50 {p50:.1f} s, p99 {p99:.1f} s"
    )
    for name in _HAPPENED:
        if count := verdict.happened[name]:
            table.add_row(f"  {name}", f"{count}", _more(name, verdict))
    for why, count in sorted(verdict.held.items()):
        table.add_row("held", f"{count}", why)
    for rule, count in sorted(verdict.excluded.items()):
        table.add_row("excluded", f"{count}", _RULES.get(rule, rule))
    calls = f"{_per_order(verdict):.2f} an order, stock and parcels in it, {verdict.refused} refused"
    table.add_row("NetSuite calls", f"{verdict.calls}", calls)
    for side, ledger in (("Shopify", verdict.shop_tokens), ("NetSuite", verdict.account_tokens)):
        tokens = _tokens(ledger)
        sentence = f"issued, {tokens['used_after_end']} requests came with one that had ended"
        table.add_row(f"{side} tokens", f"{tokens['issued']}", sentence)
    table.add_row("seconds", f"{elapsed:.1f}")
    return table


def _more(name: str, verdict: Verdict) -> str:
    return f"in {verdict.happened['parcels']} parcels" if name == "shipped" else ""


def _money(verdict: Verdict) -> Table:
    """Two lines for each currency, one a system, so that equal sums stand below each other."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    table.add_column("")
    for figure in FIGURES:
        table.add_column(_TITLES.get(figure, figure), justify="right", min_width=13)
    for currency, sums in sorted(verdict.money.items()):
        rows = [_cells(sums[figure], currency) for figure in FIGURES]
        table.add_row(currency, "Shopify", *(ours for ours, _ in rows))
        table.add_row("", "NetSuite", *(theirs for _, theirs in rows), end_section=True)
    return table


def _goods(goods: Goods) -> Table:
    """What came from NetSuite to Shopify: stock and parcels, one figure a line."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("from NetSuite")
    for side in ("Shopify", "NetSuite"):
        table.add_column(side, justify="right", min_width=8)
    table.add_column("")
    for title, sides, more in (
        (f"units of {goods.skus} SKUs", goods.units, f"{goods.waiting} held by orders not in NetSuite are off"),
        ("parcels", goods.parcels, f"{goods.taken_back} more taken back"),
        ("tracking numbers", goods.numbers, ""),
    ):
        colour = "" if sides.shopify == sides.netsuite else "[red]"
        table.add_row(title, f"{colour}{sides.shopify:,}", f"{colour}{sides.netsuite:,}", more)
    least = "" if goods.lowest is None else f"never fewer than {goods.lowest} of anything left"
    table.add_row("stock changes", f"{goods.changes:,}", "", least)
    table.add_row("signed events", "", f"{goods.events:,}", "a receipt, a count, a parcel")
    return table


def _stock_json(goods: Goods) -> dict[str, Any]:
    return {
        "skus": goods.skus,
        "units": _whole(goods.units),
        "sold_in_held_orders": goods.waiting,
        "changes": goods.changes,
        "lowest": goods.lowest,
        "netsuite_events": goods.events,
    }


def _parcels_json(goods: Goods) -> dict[str, Any]:
    return {
        "shipped": _whole(goods.parcels),
        "tracking_numbers": _whole(goods.numbers),
        "taken_back": goods.taken_back,
    }


def _whole(count: Units) -> dict[str, int]:
    return {"shopify": count.shopify, "netsuite": count.netsuite}


def _cells(sides: Sides, currency: str) -> tuple[str, str]:
    """Equal sums are calm, others red."""
    colour = "" if sides.shopify == sides.netsuite else "[red]"
    places = _places(currency)
    return f"{colour}{sides.shopify:,.{places}f}", f"{colour}{sides.netsuite:,.{places}f}"


def _plain(sides: Sides, currency: str) -> dict[str, str]:
    places = _places(currency)
    return {"shopify": f"{sides.shopify:.{places}f}", "netsuite": f"{sides.netsuite:.{places}f}"}


def _places(currency: str) -> int:
    """Yen have no cents."""
    return 0 if currency == "JPY" else 2


def _per_order(verdict: Verdict) -> float:
    return round(verdict.calls / max(verdict.in_netsuite, 1), 2)


def _tokens(ledger: Mapping[str, Any]) -> dict[str, int]:
    """Tokens one side gave out, and requests that came with one after its end, by its own ledger."""
    issued = ledger["issued"]
    return {
        "issued": sum(issued.values()) if isinstance(issued, Mapping) else issued,
        "used_after_end": ledger["refused_ended"],
    }


def _percentiles(latency: Sequence[float]) -> tuple[float, float]:
    if len(latency) < 2:
        return (latency[0], latency[0]) if latency else (0.0, 0.0)
    cuts = quantiles(latency, n=100, method="inclusive")
    return cuts[49], cuts[98]
