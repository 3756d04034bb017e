"""Puts the parts together for one process: engine, Redis, vault, and the opened systems of each connection."""

import threading
import time
from dataclasses import dataclass, field, replace

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from connector import crash
from connector.config import Settings
from connector.counters import Counters
from connector.errors import Unauthorized
from connector.flows import guard, rule_lookup
from connector.flows.alerting import Teller
from connector.flows.install import Site
from connector.flows.issuing import netsuite_issue, shopify_issue
from connector.flows.leasing import Leases
from connector.flows.systems import Systems
from connector.flows.tokens import Place, SessionFirst, SharedToken
from connector.limits import Points, Slots
from connector.mapping.rule_names import known_from_json, resolved
from connector.mapping.rules import Rules
from connector.netsuite.auth import BearerToken
from connector.netsuite.client import Login, NetSuiteClient
from connector.netsuite.tba import SignedRequest, TokenKeys
from connector.notices.mail import MailServer
from connector.shopify.auth import AccessTokenHeader
from connector.shopify.client import ShopifyClient
from connector.store import connections, credentials, rule_versions
from connector.store.connections import StoredConnection
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, StoredCredential
from connector.store.engine import make_engine, make_receiving_engine
from connector.transport import Deadlines, Transport
from connector.vault import Vault

# A changed rule or secret is in force everywhere after this many seconds.
_RULES_FRESH_SECONDS = 5.0
# NetSuite runs an account's own scripts inside a save: five to sixty seconds are normal.
_NETSUITE_DEADLINES = Deadlines(connect=5, read=60)
_SHOPIFY_DEADLINES = Deadlines(connect=5, read=15)
_TBA = ("consumer_key", "consumer_secret", "token_id", "token_secret")


def redis_client(url: str, *, socket_timeout: float = 5.0) -> Redis:
    """A client whose every wait ends; it does not repeat a command by itself."""
    return Redis.from_url(
        url,
        socket_timeout=socket_timeout,
        socket_connect_timeout=min(socket_timeout, 2.0),
        retry=Retry(NoBackoff(), 0),
    )


@dataclass(slots=True)
class _Opened:
    systems: Systems
    read_at: float


@dataclass(slots=True)
class Runtime:
    """What one process works with. `close` ends it; `leaving` is set before, once it is told to end."""

    engine: Engine
    redis: Redis
    vault: Vault
    counters: Counters
    leaving: threading.Event = field(default_factory=threading.Event)
    leases: Leases = field(init=False)
    _opened: dict[int, _Opened] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.leases = Leases(self.engine)

    def open_systems(self, connection_id: int) -> Systems:
        """Both clients and the present rules of a connection, whose shop and account are the approved ones.

        Raises WrongEnvironment, Unauthorized and whatever else the check of both sides meets, NotMapped for a name in
        the rules that NetSuite does not know.
        """
        with self._lock:
            opened = self._opened.get(connection_id)
            if opened is not None and time.monotonic() - opened.read_at <= _RULES_FRESH_SECONDS:
                return opened.systems
            systems = self._open(connection_id, opened)
            is_new = systems.connection.checked_at is None or systems.connection.shop_id is None
            if is_new:
                guard.check(systems, self.engine)
            if is_new or rule_lookup.is_open(systems):
                rule_lookup.must_be_resolved(systems, self.engine)
                systems = self._open(connection_id, _Opened(systems, 0.0))
            self._opened[connection_id] = _Opened(systems, time.monotonic())
            return systems

    def open_unchecked(self, connection_id: int) -> Systems:
        """A connection as it stands now, without asking who answers."""
        with self._lock:
            return self._open(connection_id, self._opened.get(connection_id))

    def close(self) -> None:
        """Ends connections and writes the last counts."""
        self.counters.close()
        self.redis.close()
        self.engine.dispose()

    def _open(self, connection_id: int, before: _Opened | None) -> Systems:
        """Clients are kept, with their connections and tokens, while addresses and secrets are the same."""
        with self.engine.begin() as connection:
            stored = connections.by_id(connection, connection_id)
            version = rule_versions.at(connection, connection_id, stored.rules_version)
        rules = resolved(Rules.from_json(stored.rules), known_from_json(version.looked_up if version else None))
        if before is not None and stored.revision == before.systems.connection.revision:
            return replace(before.systems, connection=stored, rules=rules)
        with self.engine.begin() as connection:
            shopify = credentials.read(connection, self.vault, connection_id, SHOPIFY)
            session = credentials.read(connection, self.vault, connection_id, SHOPIFY_ONLINE)
            netsuite = credentials.read(connection, self.vault, connection_id, NETSUITE)
        if shopify is None or netsuite is None:
            raise Unauthorized(f"the credentials of {stored.name} are gone; add its file again")
        shop_tokens, shop_client = self._shopify(stored, has_session=session is not None)
        login, account_tokens = self._login(stored, netsuite)
        return Systems(
            connection=stored,
            rules=rules,
            shopify=shop_client,
            netsuite=self._netsuite(stored, login),
            email_key=bytes.fromhex(netsuite.secrets["email_key"]),
            tokens=(shop_tokens, *account_tokens),
        )

    def _shopify(
        self, stored: StoredConnection, *, has_session: bool
    ) -> tuple[SharedToken | SessionFirst, ShopifyClient]:
        transport = Transport("shopify", deadlines=_SHOPIFY_DEADLINES)
        issue = shopify_issue(transport, name=stored.name, url=stored.shopify_api_url)
        offline = SharedToken(self._place(stored, SHOPIFY), issue)
        tokens = SessionFirst(self._place(stored, SHOPIFY_ONLINE), offline) if has_session else offline
        client = ShopifyClient(
            transport,
            AccessTokenHeader(tokens),
            Points(self.redis, stored.shop),
            url=stored.shopify_api_url,
            version=stored.shopify_api_version,
        )
        return tokens, client

    def _login(self, stored: StoredConnection, netsuite: StoredCredential) -> tuple[Login, tuple[SharedToken, ...]]:
        if netsuite.auth == "tba":
            keys = {name: netsuite.secrets[name] for name in _TBA}
            return SignedRequest(TokenKeys(account=stored.netsuite_account, **keys)), ()
        transport = Transport("netsuite", deadlines=_SHOPIFY_DEADLINES)
        tokens = SharedToken(self._place(stored, NETSUITE), netsuite_issue(transport, url=stored.netsuite_api_url))
        return BearerToken(tokens), (tokens,)

    def _netsuite(self, stored: StoredConnection, login: Login) -> NetSuiteClient:
        return NetSuiteClient(
            Transport("netsuite", deadlines=_NETSUITE_DEADLINES),
            login,
            Slots(self.redis, stored.netsuite_account, limit=stored.netsuite_concurrency),
            self.counters,
            api_url=stored.netsuite_api_url,
        )

    def _place(self, stored: StoredConnection, side: str) -> Place:
        return Place(self.engine, self.vault, stored.id, side)


def build(settings: Settings, *, pool_size: int = 5, leaving: threading.Event | None = None) -> Runtime:
    """The runtime of a worker or a command; `pool_size` is the number of threads that use the database.

    `leaving` is set by its owner once the process is to end.
    """
    engine = make_engine(settings.database_url, pool_size=pool_size)
    runtime = _runtime(settings, engine, redis_client(settings.redis_url))
    return runtime if leaving is None else replace(runtime, leaving=leaving)


def build_for_receiving(settings: Settings) -> Runtime:
    """The runtime of the web process: single statements, and no long wait for anybody."""
    engine = make_receiving_engine(settings.database_url)
    return _runtime(settings, engine, redis_client(settings.redis_url, socket_timeout=0.5))


def build_for_console(settings: Settings) -> Runtime:
    """The runtime of the console in the web process: transactions, and no long wait for anybody.

    Its pool is its own: however many look, the receiver's connections are the receiver's.
    """
    engine = make_engine(settings.database_url, pool_size=4, statement_timeout=10.0)
    return _runtime(settings, engine, redis_client(settings.redis_url, socket_timeout=0.5))


def teller(settings: Settings) -> Teller:
    """What alerts are sent with."""
    mail = MailServer(settings.smtp_url, settings.mail_from) if settings.smtp_url and settings.mail_from else None
    return Teller(mail, settings.address)


def install_site(settings: Settings, engine: Engine, vault: Vault) -> Site:
    """Where the app is installed in shops. `engine` must have transactions: the receiving one has none."""
    return Site(engine, vault, Transport("shopify", deadlines=_SHOPIFY_DEADLINES), settings.address)


def _runtime(settings: Settings, engine: Engine, redis: Redis) -> Runtime:
    crash.arm(settings.crash_at)
    return Runtime(engine=engine, redis=redis, vault=Vault(settings.keys), counters=Counters(redis))
