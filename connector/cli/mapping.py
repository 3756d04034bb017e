"""`ml-connector mapping …`: the rules of a connection: show, change, go back, and what they were before."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from connector.cli.connections import the_connection
from connector.cli.opening import data_option, json_option, opened
from connector.cli.output import print_json, print_table
from connector.errors import ConfigError
from connector.flows.rule_changes import Changed, Draft, change, draft, rule_differences, version_of
from connector.flows.rules_file import RulesFile, read_rules_file, rules_as_toml
from connector.mapping.differences import Difference
from connector.mapping.rules import Rules
from connector.runtime import Runtime
from connector.store import rule_versions
from connector.store.connections import COMMAND_LINE, StoredConnection
from connector.store.rule_versions import RuleVersion


@click.group()
def mapping() -> None:
    """The rules of a connection: how Shopify's orders become NetSuite's documents."""


@mapping.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="A version before; the present one without.")
@click.option("--defaults", is_flag=True, help="Print what was left at its default, too.")
@data_option
@json_option
def show(name: str, version: int | None, defaults: bool, data: Path, as_json: bool) -> None:
    """Print the rules of connection NAME as TOML that `mapping set` takes; ids and names NetSuite knows as comments."""
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        found = version_of(runtime, stored, version)
    if as_json:
        rules = Rules.from_json(found.rules)
        print_json(
            {
                "connection": name,
                "version": found.version,
                "rules": rules.model_dump(mode="json", by_alias=True, exclude_defaults=not defaults),
                "looked_up": found.looked_up,
            }
        )
        return
    click.echo(rules_as_toml(name, found, with_defaults=defaults), nl=False)


@mapping.command()
@click.argument("name")
@data_option
@json_option
def history(name: str, data: Path, as_json: bool) -> None:
    """List the versions of the rules of connection NAME, newest first: who made them, when, and what they changed."""
    with opened(data) as (runtime, _), runtime.engine.begin() as database:
        found = rule_versions.of_connection(database, the_connection(database, name).id)
    rows = [
        (version, _changes(found[index + 1] if index + 1 < len(found) else None, version))
        for index, version in enumerate(found)
    ]
    if as_json:
        print_json([_history_json(version, changes) for version, changes in rows])
        return
    print_table(
        ("version", "time (UTC)", "by", "note", "changed"),
        [(v.version, v.made_at, v.actor, v.note, ", ".join(c.field for c in changes)) for v, changes in rows],
    )


@mapping.command(name="set")
@click.argument("name")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rollback", type=click.IntRange(1), metavar="N", help="Go back to the rules of version N.")
@data_option
@json_option
def set_(name: str, file: Path | None, rollback: int | None, data: Path, as_json: bool) -> None:
    """Make FILE (TOML) the rules of connection NAME: a new version. Orders held for what changed are tried again.

    Every id and name is looked up in NetSuite first; what is wrong is listed with its line, and nothing is changed.
    """
    if (file is None) == (rollback is None):
        raise ConfigError("name either a FILE or a version to go back to with --rollback N")
    with opened(data) as (runtime, _):
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        made = _rolled_back(runtime, stored, rollback) if rollback is not None else drafted(runtime, stored, file)
        note = f"back to version {rollback}" if rollback is not None else f"mapping set {file.name if file else ''}"
        changed = Changed(stored, 0)
        if made.changes:
            changed = change(runtime, stored, made, actor=COMMAND_LINE, note=note)
        version = changed.connection.rules_version
    if as_json:
        changes = [_difference_json(item) for item in made.changes]
        said = {"connection": name, "version": version, "changes": changes}
        print_json({**said, "released": changed.released, "unjudged": changed.unjudged})
    elif not made.changes:
        click.echo(f"nothing differs from version {version}; nothing was changed")
    else:
        print_table(("rule", "before", "now"), [(item.field, item.before, item.after) for item in made.changes])
        click.echo(f"version {version}; {changed.said}", err=True)


def drafted(runtime: Runtime, stored: StoredConnection, file: Path | None) -> Draft:
    """The rules of a file, looked up. Raises ConfigError with every line that names what is not there."""
    if file is None:
        raise AssertionError("asked only with a file")
    read: RulesFile = read_rules_file(file)
    made = draft(runtime, stored, read.rules, version_of(runtime, stored, None))
    if made.found.faults:
        raise read.refused(made.found.faults)
    return made


def _rolled_back(runtime: Runtime, stored: StoredConnection, version: int) -> Draft:
    before = version_of(runtime, stored, version)
    made = draft(runtime, stored, Rules.from_json(before.rules), before)
    if made.found.faults:
        lines = [f"{fault.reference.setting}: {fault.sentence}" for fault in made.found.faults]
        raise ConfigError(
            "\n".join([f"version {version} of the rules of {stored.name} cannot be used any more:", *lines])
        )
    return made


def _changes(before: RuleVersion | None, version: RuleVersion) -> list[Difference]:
    """What a version changed; nothing for the first one."""
    if before is None:
        return []
    return rule_differences(Rules.from_json(before.rules), Rules.from_json(version.rules))


def _history_json(version: RuleVersion, changes: Sequence[Difference]) -> Mapping[str, Any]:
    return {
        "version": version.version,
        "at": version.made_at,
        "actor": version.actor,
        "note": version.note,
        "changes": [_difference_json(item) for item in changes],
    }


def _difference_json(item: Difference) -> dict[str, Any]:
    return {"rule": item.field, "before": item.before, "now": item.after}
