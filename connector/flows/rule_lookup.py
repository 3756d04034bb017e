"""Looks up what rules name in NetSuite: once for every change of the rules, before anything is written by them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from connector.errors import Forbidden, InvalidAnswer, NotMapped, Rejected
from connector.flows.systems import Systems
from connector.limits import Lane
from connector.mapping.rule_names import (
    Entry,
    Known,
    Path,
    RuleReference,
    known_from_json,
    known_to_json,
    matching,
    problem,
    references,
    unresolved,
)
from connector.mapping.rule_values import NetSuiteList
from connector.mapping.rules import Rules
from connector.netsuite.client import NetSuiteClient
from connector.netsuite.rule_lists import MOST, NAMES, entries, names
from connector.store import held, rule_versions

# Lists too long to be shown when a name is not found in them.
_LONG = (NetSuiteList.ITEM, NetSuiteList.CUSTOMER)


@dataclass(frozen=True, slots=True)
class RuleFault:
    """One rule that names what is not there, not active, or not one thing."""

    reference: RuleReference
    sentence: str

    @property
    def path(self) -> Path:
        """The rule's path."""
        return self.reference.path


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was found of all the rules' ids and names, and what is wrong with the others."""

    known: Known
    faults: tuple[RuleFault, ...]


def look_up(rules: Rules, netsuite: NetSuiteClient, *, known: Known | None = None) -> LookUp:
    """Asks NetSuite for every id and name that is not known yet: one query for each list.

    A list that the role may not read is no fault for an id, only for a name.
    """
    found: dict[NetSuiteList, dict[str, Entry]] = defaultdict(dict)
    faults: list[RuleFault] = []
    wanted: dict[NetSuiteList, list[RuleReference]] = defaultdict(list)
    for reference in references(rules):
        entry = (known or {}).get(reference.list, {}).get(reference.value)
        if entry is not None:
            found[reference.list][reference.value] = entry
        elif not reference.is_system_value:
            wanted[reference.list].append(reference)
    for name, rest in wanted.items():
        entries_found, wrong = _judged(name, rest, netsuite)
        found[name] |= entries_found
        faults += wrong
    return LookUp({name: dict(values) for name, values in found.items()}, tuple(faults))


def must_be_resolved(systems: Systems, engine: Engine) -> None:
    """Looks up what the rules of an opened connection name and keeps it. Raises NotMapped for a name without an id.

    A wrong id is left to the records that use it; whoever sets rules is told of it.
    """
    connection_id, version = systems.connection.id, systems.connection.rules_version
    with engine.begin() as connection:
        stored = rule_versions.at(connection, connection_id, version)
    rules = Rules.from_json(systems.connection.rules)
    found = look_up(rules, systems.netsuite, known=known_from_json(stored.looked_up if stored else None))
    with engine.begin() as connection:
        rule_versions.keep_looked_up(connection, connection_id, version, known_to_json(found.known))
        held.release(connection, connection_id, [_subject(item) for item in unresolved(rules)])
    wrong = [fault for fault in found.faults if not fault.reference.is_id]
    if wrong:
        sentences = "; ".join(f"{fault.reference.setting}: {fault.sentence}" for fault in wrong)
        raise NotMapped(
            f"{sentences}. Correct it with `ml-connector mapping set {systems.connection.name} FILE`",
            subject=_subject(wrong[0].reference),
        )


def entry_names(name: NetSuiteList, netsuite: NetSuiteClient) -> list[str]:
    """What a list has to choose from, without those that are inactive; nothing of one too long to be shown.

    Raises what the client raises.
    """
    return [] if name in _LONG else sorted(set(_names(name, netsuite)), key=str.casefold)


def is_open(systems: Systems) -> bool:
    """True while a rule holds a name that was not looked up."""
    return bool(unresolved(systems.rules))


def _subject(reference: RuleReference) -> str:
    """What a record waits for that is held for this rule."""
    return "rule:" + reference.setting.removeprefix("rules.")


def _judged(
    name: NetSuiteList, wanted: Sequence[RuleReference], netsuite: NetSuiteClient
) -> tuple[dict[str, Entry], list[RuleFault]]:
    """What one list has of the wanted values, and what is wrong with the others."""
    try:
        present = _entries(name, wanted, netsuite)
    except (Forbidden, Rejected, InvalidAnswer) as error:
        why = f"the list {name} cannot be read, so write the internal id, or let the role read it: {error}"
        return {}, [RuleFault(reference, why) for reference in wanted if not reference.is_id]
    found = {reference.value: matching(reference, present) for reference in wanted}
    is_unknown = any(not found[reference.value] and not reference.is_id for reference in wanted)
    others = _names(name, netsuite) if is_unknown and name not in _LONG else []
    faults = [
        RuleFault(reference, sentence)
        for reference in wanted
        if (sentence := problem(reference, found[reference.value], others))
    ]
    wrong = {fault.reference.value for fault in faults}
    return {value: hits[0] for value, hits in found.items() if value not in wrong}, faults


def _entries(name: NetSuiteList, wanted: Sequence[RuleReference], netsuite: NetSuiteClient) -> list[Entry]:
    """Every entry with a wanted id or name, once for each of its names."""
    rows: list[Mapping[str, str]] = []
    for start in range(0, len(wanted), MOST):
        part = wanted[start : start + MOST]
        ids = sorted({reference.value for reference in part if reference.is_id}, key=int)
        texts = sorted({reference.name for reference in part if not reference.is_id})
        rows += netsuite.suiteql(*entries(name.value, ids, texts), lane=Lane.HISTORY)
    return list(
        dict.fromkeys(
            Entry(row["id"], row[column], row.get("isinactive") == "T")
            for row in rows
            # Who may not see a name sees the id.
            for column in [name for name in NAMES if name in row] or ["id"]
        )
    )


def _names(name: NetSuiteList, netsuite: NetSuiteClient) -> list[str]:
    rows = netsuite.suiteql(*names(name.value), lane=Lane.HISTORY)
    return [row["name"] for row in rows if "name" in row]
