"""What is asked of the account: clock, log-in, what the role sees and may do, features, the rules' ids, concurrency."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connector.errors import ConnectorError, Forbidden, PermanentError, Rejected, Unauthorized
from connector.flows.ping import features, rule_ids
from connector.flows.ping.examination import Examination, Found, Key
from connector.flows.ping.features import Feature
from connector.flows.ping.lives import ends
from connector.flows.ping.report import NETSUITE as SIDE
from connector.flows.ping.table_probe import look_at_tables
from connector.flows.systems import Systems, Workplace
from connector.netsuite import tables
from connector.netsuite.client import NetSuiteClient
from connector.netsuite.tables import PROPOSING, Permission, Sight, Table
from connector.store import credentials
from connector.store.credentials import NETSUITE, Life

REACHABILITY: Key = (SIDE, "reachability")
TOKEN: Key = (SIDE, "token")
SUITEQL: Key = (SIDE, "SuiteQL")
ACCOUNT: Key = (SIDE, "account")

_DOUBTFUL_SKEW = timedelta(seconds=30)
_WRONG_SKEW = timedelta(seconds=120)
_ANALYTICS = Permission("SuiteAnalytics Workbook", "REPO_ANALYTICS")
_REST = Permission("REST Web Services", "ADMI_RESTWEBSERVICES")
# The record types we write, and the permission for each; creating one needs the level Create, Edit or Full.
_WRITTEN = {
    "customer": Permission("Customers", "LIST_CUSTJOB"),
    "salesOrder": Permission("Sales Order", "TRAN_SALESORD"),
    "customerDeposit": Permission("Customer Deposit", "TRAN_CUSTDEP"),
}


class NetSuiteProbes:
    """The account's probes, and what they read that others use."""

    def __init__(self, examination: Examination, workplace: Workplace, systems: Callable[[], Systems]) -> None:
        self._examination = examination
        self._workplace = workplace
        self._systems = systems
        self._skew: tuple[timedelta, str] | None = None
        self._account: str | None = None
        self.sights: dict[Table, Sight] = {}
        self.features: Mapping[Feature, bool] = {}

    def run(self, *, needs: Key) -> None:
        """All probes; they need that one. After a log-in that was refused nothing asks again: five failures lock a user."""
        look = self._examination.look
        look(REACHABILITY, self._reachability, needs=(needs,))
        look(TOKEN, self._token, needs=(REACHABILITY,))
        look((SIDE, "clock"), self._clock, needs=(REACHABILITY,), before=TOKEN)
        look(SUITEQL, self._suiteql, needs=(TOKEN,))
        look(ACCOUNT, self._identity, needs=(SUITEQL,))
        look((SIDE, "tables"), self._tables, needs=(SUITEQL,))
        look((SIDE, "record permissions"), self._records, needs=(TOKEN,))
        look((SIDE, "features"), self._features, needs=(SUITEQL,))
        look((SIDE, "ids in the rules"), self._ids, needs=(SUITEQL,))
        look((SIDE, "concurrency"), self._concurrency, needs=(TOKEN,))

    def unread(self) -> list[str]:
        """What a proposal of rules has to do without."""
        return [
            f"NetSuite's table {table.name}"
            for table in PROPOSING
            if table not in self.sights or not self.sights[table].is_visible
        ]

    @property
    def _client(self) -> NetSuiteClient:
        return self._systems().netsuite

    def _reachability(self) -> Found:
        stored = self._systems().connection
        try:
            self._measure(self._client.reach(), "the Date of its answers")
        except ConnectorError as error:
            return Found(
                "not reached",
                (
                    f"{error}: check netsuite.account and netsuite.api_url ({stored.netsuite_api_url}), and that this "
                    "machine may call it (name resolution, firewall)",
                ),
            )
        return Found(stored.netsuite_api_url)

    def _token(self) -> Found:
        try:
            self._measure(self._client.server_time(), "serverTime")
        except Unauthorized as error:
            return Found("refused", (str(error), *self._counted()))
        except PermanentError:
            # The log-in was good, only the operation is refused; the other probes say what is missing.
            pass
        life = self._life()
        if life.auth == "tba":
            return Found("token-based authentication (TBA), does not end")
        return Found(f"OAuth 2.0, {ends(life.token_ends_at, renewed=True)}")

    def _counted(self) -> tuple[str, ...]:
        """What a refused ping costs where every refusal is counted."""
        if self._life().auth != "tba":
            return ()
        return ("this ping was one of the five: mend the log-in before the next one",)

    def _life(self) -> Life:
        with self._workplace.engine.begin() as database:
            lives = {life.side: life for life in credentials.lives(database, self._systems().connection.id)}
        return lives[NETSUITE]

    def _clock(self) -> Found:
        if self._skew is None:
            return Found(
                "NetSuite's time was not told", warnings=("NetSuite told no time; look at this machine's clock",)
            )
        skew, source = self._skew
        seconds = round(abs(skew.total_seconds()))
        if abs(skew) <= _DOUBTFUL_SKEW:
            return Found(f"{seconds} s apart")
        way = "ahead of" if skew > timedelta(0) else "behind"
        sentence = (
            f"this machine's clock is {seconds} s {way} NetSuite's ({source}): NetSuite refuses log-ins from a wrong "
            "clock; set this machine's clock by NTP (timedatectl set-ntp true)"
        )
        finding = f"{seconds} s {way} NetSuite"
        return Found(finding, (sentence,)) if abs(skew) > _WRONG_SKEW else Found(finding, warnings=(sentence,))

    def _suiteql(self) -> Found:
        try:
            self._account = self._client.account_seen()
        except Forbidden:
            return Found(
                "not allowed",
                (
                    "the role may not run SuiteQL: switch on SuiteAnalytics Workbook (Setup > Company > Enable Features "
                    f"> Analytics) and add to the role the permission {_ANALYTICS}",
                ),
            )
        return Found("allowed")

    def _identity(self) -> Found:
        wanted = self._systems().connection.netsuite_account
        if self._account in (None, wanted):
            return Found(wanted if self._account else f"{wanted}, not told by its answers")
        return Found(
            f"{self._account} answers",
            (
                f"netsuite.account is {wanted}, but {self._account} answers; correct netsuite.account and "
                "netsuite.api_url, or give the certificate of the right account",
            ),
        )

    def _tables(self) -> Found:
        found, self.sights = look_at_tables(self._client, self._systems().rules)
        return found

    def _records(self) -> Found:
        try:
            usable = self._client.record_types(tuple(_WRITTEN))
        except Forbidden:
            return Found("not allowed", (f"the role may not use records over REST: add the permission {_REST}",))
        missing = [name for name in _WRITTEN if name.lower() not in usable]
        sentences = tuple(
            f"the role may not use the record {name}: add, with the level Create, Edit or Full, {_WRITTEN[name]}"
            for name in missing
        )
        return Found(f"missing: {', '.join(missing)}" if missing else ", ".join(_WRITTEN), sentences)

    def _features(self) -> Found:
        rules = self._systems().rules
        warnings = []
        try:
            states = features.inferred(self.sights) | features.read(tables.features(self._client))
            unknown = [feature for feature in features.FEATURES if feature not in states]
        except (Rejected, Forbidden):
            states = features.inferred(self.sights)
            unknown = [feature for feature in features.FEATURES if feature not in states]
            warnings.append(features.by_hand(unknown))
        self.features = states
        wrong, doubtful = features.mismatches(states, rules, self.sights)
        return Found(features.shown(states), tuple(wrong), (*warnings, *doubtful))

    def _ids(self) -> Found:
        rules = self._systems().rules
        wrong, unchecked = rule_ids.problems(rules, self.sights)
        count = sum(len(ids) for ids in rule_ids.named(rules).values())
        if wrong:
            return Found(f"{len(wrong)} of {count} not usable", tuple(wrong), tuple(unchecked))
        return Found("not all could be checked" if unchecked else f"{count}, all active", (), tuple(unchecked))

    def _concurrency(self) -> Found:
        wanted = self._systems().connection.netsuite_concurrency
        try:
            limit = self._client.concurrency_limit()
        except Forbidden:
            return Found(f"{wanted} configured; the account's limit is shown to administrators only")
        if wanted <= limit:
            return Found(f"{wanted} configured, the account allows {limit}")
        return Found(
            f"{wanted} configured, {limit} allowed",
            warnings=(
                f"netsuite.concurrency is {wanted}, but the account allows {limit} calls at once to everybody together: "
                f"set netsuite.concurrency to at most {limit}, less where others use the account too",
            ),
        )

    def _measure(self, said: datetime | None, source: str) -> None:
        if said is not None:
            self._skew = (datetime.now(UTC) - said, source)
