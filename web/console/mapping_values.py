"""/mapping/<store>/value: one value of a look-up table is mapped, and what waited for it goes on."""

from dataclasses import dataclass

from connector.errors import ConfigError, ConnectorError
from connector.flows.rule_changes import change, draft, version_of
from connector.flows.rule_lookup import entry_names
from connector.mapping.rule_tables import Place, place_in, place_of, with_value
from connector.mapping.rule_values import NetSuiteList
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import Asked, Because
from web.console.refusals import BadInput, NotFound, Stale
from web.console.screens import Console, Done, Reach
from web.console.site import Visit, environment


class AskedValue(Asked):
    """Either a `subject` that orders wait for, or a `table` and a `key` of it."""

    subject: str | None = None
    table: str | None = None
    key: str | None = None


class ValueForm(Because):
    """An id or a name in NetSuite; empty takes the value out. `version`: of the rules that were looked at."""

    subject: str = ""
    table: str = ""
    key: str = ""
    value: str = ""
    account: str = ""
    version: int


@dataclass(frozen=True, slots=True)
class ValuePage:
    """One value. `choices`: the names NetSuite knows, empty where it was not asked or `problem` says why not."""

    store: str
    environment: str
    version: int
    list: str
    path: tuple[str, ...]
    value: str
    account: str
    takes_account: bool
    choices: tuple[str, ...]
    accounts: tuple[str, ...]
    problem: str | None


def mapping_values_screen(console: Console) -> None:
    """Registers the form and its act."""

    @console.screen("mapping_value", "/mapping/<store>/value", AskedValue, ValuePage, role=Role.OPERATOR)
    def read(visit: Visit, asked: AskedValue, store: str) -> ValuePage:
        """What stands there now, and the names NetSuite has for it."""
        stored = visit.store(store)
        place = _place(asked.subject or "", asked.table or "", asked.key or "")
        value, account = _present(stored, place)
        choices, accounts, problem = _choices(visit, stored, place)
        return ValuePage(
            store, environment(stored), stored.rules_version, place.list.value, place.path, value, account,
            place.takes_account, choices, accounts, problem,
        )  # fmt: skip

    @console.act(
        "mapping_map", "/mapping/<store>/value", ValueForm, asks_password=True, again="mapping_value", reach=Reach.MONEY
    )
    def map_value(visit: Visit, form: ValueForm, store: str) -> Done:
        """Map one value: a new version of the rules, and what waited for it goes on."""
        stored, runtime, because = visit.store(store), visit.site.runtime, form.why
        if not form.subject:
            # Nothing waits for it: this changes a rule rather than filling a gap.
            visit.who.must_be(Role.ADMIN)
        place = _place(form.subject, form.table, form.key)
        if stored.rules_version != form.version:
            raise Stale("the rules were changed since you looked; look at the value again, then map it")
        try:
            rules = with_value(stored.rules, place, form.value, account=form.account)
            made = draft(runtime, stored, rules, version_of(runtime, stored, None))
        except ConfigError as error:
            raise BadInput(str(error), fields={"value": str(error)}) from error
        wrong = [fault for fault in made.found.faults if fault.path[: len(place.path)] == place.path]
        if wrong:
            fields = {"account" if fault.path[-1] == "account" else "value": fault.sentence for fault in wrong}
            raise BadInput(wrong[0].sentence, fields=fields)
        if not made.changes:
            return Done("It was so already; nothing was changed.", _at(store))
        said = f"{place.path[-1]} is {form.value}" if form.value else f"{place.path[-1]} is taken out"
        said = f"{said}: {because}"
        changed = change(runtime, stored, made, actor=visit.who.name, note=said)
        return Done(
            f"{said}: version {changed.connection.rules_version}; {changed.said}.",
            _at(store),
        )


def _at(store: str) -> str:
    return f"/mapping?store={store}"


def _place(subject: str, table: str, key: str) -> Place:
    """Raises NotFound for what no rule helps."""
    if not subject:
        try:
            return place_in(table, key)
        except ConfigError as error:
            raise NotFound(str(error)) from error
    place = place_of(subject)
    if place is None:
        raise NotFound(f"no rule helps what waits for {subject}")
    return place


def _present(stored: StoredConnection, place: Place) -> tuple[str, str]:
    found: object = stored.rules
    for part in place.path:
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, dict):
        return str(found.get("method") or ""), str(found.get("account") or "")
    return str(found or ""), ""


def _choices(
    visit: Visit, stored: StoredConnection, place: Place
) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """Names to choose from; they help, and are not needed."""
    try:
        netsuite = visit.site.runtime.open_unchecked(stored.id).netsuite
        lists = (place.list, NetSuiteList.ACCOUNT) if place.takes_account else (place.list,)
        found = [tuple(entry_names(one, netsuite)) for one in lists]
    except ConnectorError as error:
        return (), (), str(error)
    return found[0], found[1] if place.takes_account else (), None
