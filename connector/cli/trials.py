"""How commands show records that were tried beforehand, and what all of them would need."""

from typing import Any

import click

from connector.cli.output import print_json, print_table
from connector.flows.sampling import Estimate, Trial
from connector.mapping.masking import masked


def trial_json(trial: Trial) -> dict[str, Any]:
    """A trial as JSON; people are masked in bodies and fields."""
    return {
        "why_not": trial.said,
        "requests": [
            {"request": f"{e.write.method} {e.write.path}", "body": masked(e.write.body)}
            for e in (trial.plan.effects if trial.plan else ())
        ],
        "changed": {
            key: [{"field": one.field, "before": one.before, "after": one.after} for one in fields]
            for key, fields in trial.changed.items()
        },
    }


def estimate_json(estimate: Estimate | None) -> dict[str, Any]:
    """An estimate as JSON, null where there is none."""
    names = {"netsuite_reads": "reads", "netsuite_writes": "writes", "shopify_points": "points", "minutes": "minutes"}
    return {told: None if estimate is None else getattr(estimate, name) for told, name in names.items()}


def print_trial(name: str, trial: Trial) -> None:
    """What one record would need: its requests, and what they change of what stands."""
    why_not, effects = trial.said, trial.plan.effects if trial.plan else ()
    if why_not is not None:
        click.echo(f"{name}: {why_not}")
    if effects or why_not is None:
        click.echo(f"{name}: " + (f"{len(effects)} writes" if effects else "in step, nothing"))
    for effect in effects:
        click.echo(f"  {effect.write.method} {effect.write.path}")
        fields = trial.changed.get(effect.intent.natural_key)
        if fields is None:
            print_json(masked(effect.write.body))
        else:
            print_table(("field", "stands", "would be"), [(one.field, one.before, one.after) for one in fields])


def print_estimate(estimate: Estimate | None, *, behind: str) -> None:
    """What all of them would need; `behind`: how the time was reckoned."""
    if estimate is not None:
        click.echo(
            f"about {estimate.writes} writes and {estimate.reads} reads in NetSuite and {estimate.points} points of Shopify's, "
            f"{estimate.minutes:.1f} minutes {behind}"
        )
