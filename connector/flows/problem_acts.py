"""What a person does about a problem: fill the gap in the rules, try all again, say who looks after it, put it aside.

Each act is about one cause and touches no other record; it is done and written down in one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.flows.rule_changes import Draft, draft, put_in_force, version_of, write_down
from connector.flows.systems import Workplace
from connector.mapping.rule_gaps import filled, gaps
from connector.mapping.rule_tables import Gap
from connector.mapping.rules import Rules
from connector.shopify.shop import locations
from connector.store import operator_actions, problem_care, problems
from connector.store.connections import StoredConnection
from connector.store.problems import Cause

# So many of the released are woken at once; the sweep finds the others, so that new orders are not behind all of them.
WOKEN_AT_ONCE = 40


def mapped(workplace: Workplace, stored: StoredConnection, subject: str, values: Mapping[Gap, str]) -> Draft:
    """The rules with the gaps of a subject filled, looked up on both sides; writes nothing.

    Raises ConfigError for a value that is missing or cannot stand there, and what the clients raise.
    """
    wanted = gaps(subject, Rules.from_json(stored.rules))
    missing = [gap.setting for gap in wanted if gap.is_needed and not values.get(gap)]
    if not wanted or missing:
        raise ConfigError(f"fill in {', '.join(missing)}" if missing else f"no rule releases what waits for {subject}")
    return with_values(workplace, stored, {gap: values[gap] for gap in wanted if values.get(gap)})


def with_values(workplace: Workplace, stored: StoredConnection, values: Mapping[Gap, str]) -> Draft:
    """The present rules with some others, looked up on both sides; an empty value takes one out. Raises like `mapped`."""
    for gap, value in values.items():
        if gap.list is None:
            _must_be_of_the_shop(workplace, stored, value)
    rules = filled(Rules.from_json(stored.rules), values)
    return draft(workplace, stored, rules, version_of(workplace, stored, None))


def _must_be_of_the_shop(workplace: Workplace, stored: StoredConnection, value: str) -> None:
    known = locations(workplace.open_unchecked(stored.id).shopify)
    named = [place for place in known if value in (place.id, place.name)]
    if len(named) != 1:
        there = ", ".join(f"{place.name} ({place.id})" for place in known)
        how_many = "no location" if not named else f"{len(named)} locations"
        raise ConfigError(f"the shop has {how_many} named {value!r}; there are {there}")


def map_and_release(
    workplace: Workplace, stored: StoredConnection, made: Draft, cause: Cause, *, because: str, actor: str
) -> Sequence[int]:
    """Puts a draft in force and releases what waited for its cause; ids of those records. Raises like `put_and_release`."""
    note = f"{cause.subject}: {because}"
    return put_and_release(workplace, stored, made, [cause], note=note, because=because, actor=actor)


def put_and_release(
    workplace: Workplace, stored: StoredConnection, made: Draft, causes: Sequence[Cause], *, note: str, because: str,
    actor: str,
) -> Sequence[int]:  # fmt: skip
    """Puts a draft in force and releases what waited for its causes, and nothing else; ids of those records.

    Raises ConfigError for a draft that names what is not there, or when the rules were changed meanwhile.
    """
    if made.found.faults:
        raise ConfigError("; ".join(f"{fault.reference.setting}: {fault.sentence}" for fault in made.found.faults))
    with workplace.engine.begin() as connection:
        changed = put_in_force(connection, stored, made, actor=actor, note=note)
        released = sorted(number for cause in causes for number in problems.release(connection, cause))
        subject = {"subject": ", ".join(cause.subject for cause in causes)} if causes else {}
        write_down(connection, changed, made, actor=actor, released=len(released), because=because, **subject)
    return released


def try_again(connection: Connection, cause: Cause, *, because: str, actor: str) -> Sequence[int]:
    """Makes every record of a cause due; their ids. Raises ConfigError when none waits any more."""
    released = problems.release(connection, cause)
    if not released:
        raise ConfigError("nothing waits for this any more")
    _write_down(connection, cause, "problem tried again", actor, records=len(released), because=because)
    return released


def assign(connection: Connection, cause: Cause, name: str | None, *, actor: str) -> None:
    """Says who looks after a problem; None: nobody."""
    problem_care.assign(connection, cause, name, actor=actor)
    _write_down(connection, cause, "problem assigned", actor, to=name)


def snooze(connection: Connection, cause: Cause, until: datetime | None, *, actor: str) -> None:
    """Puts a problem aside until a moment; None: it is shown again."""
    problem_care.snooze(connection, cause, until, actor=actor)
    _write_down(connection, cause, "problem snoozed", actor, until=until and until.isoformat())


def _write_down(connection: Connection, cause: Cause, action: str, actor: str, **details: object) -> None:
    said = {"code": cause.code, "subject": cause.subject, **details}
    operator_actions.write_down(connection, cause.connection_id, actor=actor, action=action, details=said)
