"""What the demo shows at its end: the verdict as a table, or as JSON."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import quantiles
from typing import Any

from rich.table import Table

from connector.cli.output import console
from connector.sandbox.judge import Verdict


def result_json(verdict: Verdict, latency: Sequence[float], elapsed: float) -> dict[str, Any]:
    """Every number of the verdict; `elapsed` and `latency` are in seconds."""
    p50, p99 = _percentiles(latency)
    return {
        "agrees": verdict.agrees,
        "problems": verdict.problems,
        "received": verdict.received,
        "duplicates_dropped": verdict.duplicates,
        "in_netsuite": verdict.in_netsuite,
        "held": dict(verdict.held),
        "excluded": verdict.excluded,
        "money": {
            currency: {"shopify": sold, "netsuite": verdict.booked.get(currency, Decimal(0))}
            for currency, sold in sorted(verdict.sold.items())
        },
        "payments": {
            currency: {"shopify": paid, "netsuite": verdict.deposited.get(currency, Decimal(0))}
            for currency, paid in sorted(verdict.paid.items())
        },
        "netsuite_calls": verdict.calls,
        "netsuite_calls_per_order": round(verdict.calls / max(verdict.in_netsuite, 1), 2),
        "netsuite_refused": verdict.refused,
        "tokens": {"shopify": _tokens(verdict.shop_tokens), "netsuite": _tokens(verdict.account_tokens)},
        "seconds_to_netsuite": {"p50": round(p50, 3), "p99": round(p99, 3)},
        "seconds": round(elapsed, 1),
    }


def print_result(verdict: Verdict, latency: Sequence[float], elapsed: float) -> None:
    """The verdict as tables on standard output."""
    p50, p99 = _percentiles(latency)
    out = console()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("webhooks received", f"{verdict.received}")
    table.add_row("duplicates dropped", f"{verdict.duplicates}")
    table.add_row("orders in NetSuite", f"{verdict.in_netsuite}")
    for why, count in sorted(verdict.held.items()):
        table.add_row("held", f"{count}  ({why})")
    table.add_row("excluded", f"{verdict.excluded}  (test orders)")
    per_order = verdict.calls / max(verdict.in_netsuite, 1)
    table.add_row("NetSuite calls", f"{verdict.calls} = {per_order:.2f} per order, {verdict.refused} refused")
    for side, ledger in (("Shopify", verdict.shop_tokens), ("NetSuite", verdict.account_tokens)):
        tokens = _tokens(ledger)
        sentence = f"{tokens['issued']} issued; {tokens['used_after_end']} requests came with one that had ended"
        table.add_row(f"{side} tokens", sentence)
    table.add_row("webhook to NetSuite", f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")
    table.add_row("time", f"{elapsed:.1f} s")
    out.print()
    out.print(table)
    money = Table(
        "currency", "orders in Shopify", "orders in NetSuite", "paid in Shopify", "deposits in NetSuite", box=None
    )
    for currency in sorted(verdict.sold):
        cells = (verdict.sold, verdict.booked, verdict.paid, verdict.deposited)
        money.add_row(currency, *(f"{sums.get(currency, Decimal(0)):,}" for sums in cells))
    out.print()
    out.print(money)
    out.print()
    for problem in verdict.problems[:20]:
        out.print(f"[red]differs[/red]  {problem}")
    out.print(
        "[green]Every number agrees.[/green]" if verdict.agrees else f"[red]{len(verdict.problems)} differ.[/red]"
    )


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
