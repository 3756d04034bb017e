"""Changes a connection's rules as a whole: a new version, what waited for it goes on, and who did it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.flows import guard
from connector.flows.rule_lookup import LookUp, look_up
from connector.flows.systems import Workplace
from connector.mapping import rule_release
from connector.mapping.differences import Difference, differences
from connector.mapping.rule_names import known_from_json, known_to_json, setting
from connector.mapping.rules import Rules
from connector.store import connections, held, operator_actions, rule_versions
from connector.store.connections import StoredConnection
from connector.store.rule_versions import RuleVersion


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that are not in force, with what NetSuite says of them and what would change."""

    rules: Rules
    found: LookUp
    changes: list[Difference]


@dataclass(frozen=True, slots=True)
class Changed:
    """The connection as it is now, and how many held records go on: those that the change concerns.

    `unjudged`: rules of which nobody can tell whom they concern; where there are any, all that wait for a mapping go on.
    """

    connection: StoredConnection
    released: int
    unjudged: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """How many go on, as a sentence."""
        return said_of(self.released, self.unjudged)


def draft(workplace: Workplace, stored: StoredConnection, rules: Rules, version: RuleVersion | None) -> Draft:
    """What would become of a connection under these rules; NetSuite is asked for what `version` does not know.

    Reads only. Raises WrongEnvironment when another account than the approved one would be asked.
    """
    systems = workplace.open_unchecked(stored.id)
    known = known_from_json(version.looked_up if version else None)
    if systems.connection.checked_at is None:
        guard.check(systems, workplace.engine)
    before = Rules.from_json(stored.rules)
    return Draft(rules, look_up(rules, systems.netsuite, known=known), rule_differences(before, rules))


def change(workplace: Workplace, stored: StoredConnection, made: Draft, *, actor: str, note: str) -> Changed:
    """Puts a draft in force. Raises ConfigError when the rules were changed meanwhile."""
    with workplace.engine.begin() as connection:
        changed = put_in_force(connection, stored, made, actor=actor, note=note)
        released, unjudged = release(connection, changed.id, Rules.from_json(stored.rules), made.rules)
        write_down(connection, changed, made, actor=actor, released=released)
    return Changed(changed, released, unjudged)


def release(connection: Connection, connection_id: int, before: Rules, after: Rules) -> tuple[int, tuple[str, ...]]:
    """Makes due what a change of the rules concerns; how many records, and the rules for which that is all of them."""
    paths = rule_release.changed(before, after)
    unjudged = tuple(setting(path).removeprefix("rules.") for path in rule_release.unjudged(paths))
    if unjudged:
        return held.release_unmapped(connection, connection_id), unjudged
    waiting = held.unmapped(connection, connection_id)
    concerned = [subject for subject in waiting if rule_release.concerns(paths, subject, after)]
    return held.release_unmapped(connection, connection_id, concerned), ()


def said_of(released: int, unjudged: Sequence[str]) -> str:
    """How many orders go on, and why all of them where that is so."""
    said = f"{released} held orders are tried again"
    return (
        f"{said}: all that lack a mapping, because {', '.join(unjudged)} can concern any of them" if unjudged else said
    )


def put_in_force(
    connection: Connection, stored: StoredConnection, made: Draft, *, actor: str, note: str
) -> StoredConnection:
    """The connection with a draft as its rules; nothing is released yet. Raises ConfigError like `change`."""
    looked_up = known_to_json(made.found.known)
    return connections.change_rules(
        connection, stored, made.rules.to_json(), actor=actor, note=note, looked_up=looked_up
    )


def write_down(
    connection: Connection, changed: StoredConnection, made: Draft, *, actor: str, released: int, **more: str
) -> None:
    """Keeps who changed which rules, and how many records go on for it."""
    details = {
        "version": changed.rules_version,
        "rules": [item.field for item in made.changes],
        "released": released,
        **more,
    }
    operator_actions.write_down(connection, changed.id, actor=actor, action="rules changed", details=details)


def version_of(workplace: Workplace, stored: StoredConnection, version: int | None) -> RuleVersion:
    """One version of the rules, the present one for None. Raises ConfigError."""
    wanted = stored.rules_version if version is None else version
    with workplace.engine.begin() as connection:
        found = rule_versions.at(connection, stored.id, wanted)
    if found is None:
        raise ConfigError(
            f"{stored.name} has no version {wanted} of its rules; see `ml-connector mapping history {stored.name}`"
        )
    return found


def rule_differences(before: Rules, after: Rules) -> list[Difference]:
    """The rules that differ."""
    return differences(before.to_json(), after.to_json())
