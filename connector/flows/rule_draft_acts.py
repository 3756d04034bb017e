"""What a person does with the draft of a connection's rules: each act is done and written down in one transaction."""

from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.store import operator_actions, rule_drafts
from connector.store.connections import StoredConnection


def save(connection: Connection, stored: StoredConnection, text: str, *, base_version: int, actor: str) -> None:
    """Keeps a draft in place of the one before; the rules in force stay what they are."""
    rule_drafts.keep(connection, stored.id, text, base_version=base_version, actor=actor)
    _write_down(connection, stored, "rules draft saved", actor, base_version=base_version)


def propose(connection: Connection, stored: StoredConnection, text: str, *, base_version: int, actor: str) -> None:
    """Begins a draft with what could be read from both systems. Raises ConfigError where there is one already."""
    if not rule_drafts.begin(connection, stored.id, text, base_version=base_version, actor=actor):
        before = rule_drafts.of(connection, stored.id)
        by = f" by {before.actor}" if before else ""
        raise ConfigError(f"{stored.name} has a draft{by}: publish or discard it first")
    _write_down(connection, stored, "rules draft proposed", actor, base_version=base_version)


def discard(connection: Connection, stored: StoredConnection, *, actor: str) -> None:
    """Forgets the draft; where there is none, nothing is done."""
    found = rule_drafts.of(connection, stored.id)
    if found is not None:
        rule_drafts.forget(connection, stored.id)
        details = {"base_version": found.base_version, "saved_by": found.actor}
        _write_down(connection, stored, "rules draft discarded", actor, **details)


def _write_down(connection: Connection, stored: StoredConnection, action: str, actor: str, **details: object) -> None:
    operator_actions.write_down(connection, stored.id, actor=actor, action=action, details=details)
