"""Shows where every written field of an order comes from."""

from collections.abc import Sequence
from typing import Any

import click

from connector.cli.output import print_table
from connector.errors import ConnectorError
from connector.flows.explaining import ExplainedField, ExplainedRecord, explained_order
from connector.runtime import Runtime
from connector.store.records import RecordView


def explained(runtime: Runtime, record: RecordView) -> tuple[list[ExplainedRecord], str | None]:
    """Every written record explained; or none, and why it cannot be: the order is read from Shopify for it."""
    try:
        return explained_order(runtime.open_unchecked(record.connection_id), runtime, record), None
    except ConnectorError as error:
        return [], str(error)


def why_json(found: Sequence[ExplainedRecord]) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {
            "kind": item.effect.kind,
            "external_id": item.effect.natural_key,
            "remote_id": item.effect.remote_id,
            "rules_version": item.effect.rules_version,
            "note": item.note,
            "fields": [_field_json(one) for one in item.fields],
        }
        for item in found
    ]


def print_why(found: Sequence[ExplainedRecord]) -> None:
    """As one table for each record."""
    for item in found:
        effect = item.effect
        title = f"{effect.kind.replace('_', ' ')} {effect.remote_id}, {effect.natural_key}, rules version {effect.rules_version}"
        if item.note is not None:
            click.echo(f"\n{title}: {item.note}")
            continue
        click.echo(f"\n{title}")
        print_table(("field", "value", "source", "rule"), [_row(one) for one in item.fields])


def _row(one: ExplainedField) -> tuple[str, str, str, str]:
    said = one.explanation
    value = said.value if one.stands is None else f"{one.stands} (now {said.value})"
    source = "; ".join(part for part in (said.source, said.note) if part)
    return said.field, value, source, said.rule


def _field_json(one: ExplainedField) -> dict[str, Any]:
    said = one.explanation
    return {
        "field": said.field,
        "value": said.value,
        "stands": one.stands,
        "source": said.source,
        "rule": said.rule,
        "note": said.note,
    }
