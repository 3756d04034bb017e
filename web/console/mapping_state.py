"""How far the rules of a store are: what they name was looked up in NetSuite or not, and which orders they would not write."""

from dataclasses import dataclass

from sqlalchemy import Connection

from connector.flows.rehearsal import Stage, rehearsed
from connector.mapping.example_orders import examples
from connector.mapping.rule_names import known_from_json, references, resolved
from connector.mapping.rules import Rules
from connector.store import rule_versions
from connector.store.connections import StoredConnection

# What is left out on purpose is not missing.
_LEFT_OUT = "excluded by "


@dataclass(frozen=True, slots=True)
class UnwrittenKind:
    """A kind of order, by an example of it that ships with the product, that would be held. `reason`: for what."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class MappingState:
    """How the rules stand.

    `state`: empty (they name nothing of NetSuite), not_looked_up, names_unknown (some are not known in NetSuite) or
    looked_up; `named`: how many entries of NetSuite they name; `unknown`: the rules whose name has no id yet; `unwritten`: of
    `kinds` of orders, those that would be held.
    """

    state: str
    version: int
    named: int
    unknown: tuple[str, ...]
    kinds: int
    unwritten: tuple[UnwrittenKind, ...]


def mapping_state(database: Connection, stored: StoredConnection) -> MappingState:
    """Told from what is kept; neither system is asked."""
    version = rule_versions.at(database, stored.id, stored.rules_version)
    looked_up = version.looked_up if version else None
    known, rules = known_from_json(looked_up), Rules.from_json(stored.rules)
    named = references(rules)
    unknown = tuple(
        f"{one.setting} = {one.value}" for one in named if not one.is_id and one.value not in known.get(one.list, {})
    )
    unwritten, kinds = _unwritten(stored, resolved(rules, known))
    state = "not_looked_up" if looked_up is None else "names_unknown" if unknown else "looked_up"
    return MappingState(state if named else "empty", stored.rules_version, len(named), unknown, kinds, unwritten)


def _unwritten(stored: StoredConnection, rules: Rules) -> tuple[tuple[UnwrittenKind, ...], int]:
    """Each example goes the whole way by these rules alone, and says where it would be held."""
    tried = {one.name: rehearsed(one.order, rules, Stage(stored.shop_id or 0)).stopped for one in examples()}
    found = tuple(
        UnwrittenKind(name.replace("_", " "), reason)
        for name, reason in tried.items()
        if reason is not None and not reason.startswith(_LEFT_OUT)
    )
    return found, len(tried)
