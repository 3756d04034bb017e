"""Puts the parts together for one process: engine, Redis, vault, and the opened systems of each connection."""

import threading
import time
from dataclasses import dataclass, field

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine

from connector.config import Settings
from connector.counters import Counters
from connector.flows.systems import Systems
from connector.limits import Points, Slots
from connector.mapping.rules import Rules
from connector.netsuite.auth import Certificate, OAuth2
from connector.netsuite.client import NetSuiteClient
from connector.shopify.auth import StaticToken
from connector.shopify.client import ShopifyClient
from connector.store import connections
from connector.store.connections import NETSUITE, SHOPIFY, StoredConnection
from connector.store.engine import make_engine, make_receiving_engine
from connector.transport import Deadlines, Transport
from connector.vault import Vault

# A changed rule is in force everywhere after this many seconds.
_RULES_FRESH_SECONDS = 5.0
# NetSuite runs an account's own scripts inside a save: five to sixty seconds are normal.
_NETSUITE_DEADLINES = Deadlines(connect=5, read=60)
_SHOPIFY_DEADLINES = Deadlines(connect=5, read=15)


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
    """What one process works with. `close` ends it."""

    engine: Engine
    redis: Redis
    vault: Vault
    counters: Counters
    _opened: dict[int, _Opened] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open_systems(self, connection_id: int) -> Systems:
        """Both clients and the present rules of a connection. Clients are kept, with their connections and tokens."""
        with self._lock:
            opened = self._opened.get(connection_id)
            if opened is None or time.monotonic() - opened.read_at > _RULES_FRESH_SECONDS:
                opened = self._open(connection_id, opened)
                self._opened[connection_id] = opened
            return opened.systems

    def close(self) -> None:
        """Ends connections and writes the last counts."""
        self.counters.close()
        self.redis.close()
        self.engine.dispose()

    def _open(self, connection_id: int, before: _Opened | None) -> _Opened:
        with self.engine.begin() as connection:
            stored = connections.by_id(connection, connection_id)
        rules = Rules.from_json(stored.rules)
        if before is not None and stored.rules_version == before.systems.connection.rules_version:
            old = before.systems
            systems = Systems(stored, old.shop_id, rules, old.shopify, old.netsuite, old.email_key)
            return _Opened(systems, time.monotonic())
        with self.engine.begin() as connection:
            secrets = connections.secrets(connection, stored, SHOPIFY, self.vault)
            netsuite_secrets = connections.secrets(connection, stored, NETSUITE, self.vault)
        shopify = self._shopify(stored, secrets["access_token"])
        netsuite = self._netsuite(stored, netsuite_secrets)
        email_key = bytes.fromhex(netsuite_secrets["email_key"])
        shop_id = stored.shop_id or self._ask_shop_id(stored, shopify)
        return _Opened(Systems(stored, shop_id, rules, shopify, netsuite, email_key), time.monotonic())

    def _shopify(self, stored: StoredConnection, token: str) -> ShopifyClient:
        return ShopifyClient(
            Transport("shopify", deadlines=_SHOPIFY_DEADLINES),
            StaticToken(token),
            Points(self.redis, stored.shop),
            url=stored.shopify_api_url,
            version=stored.shopify_api_version,
        )

    def _netsuite(self, stored: StoredConnection, secrets: dict[str, str]) -> NetSuiteClient:
        transport = Transport("netsuite", deadlines=_NETSUITE_DEADLINES)
        certificate = Certificate.from_pem(secrets["client_id"], secrets["certificate_id"], secrets["private_key"])
        return NetSuiteClient(
            transport,
            OAuth2(transport, certificate, api_url=stored.netsuite_api_url),
            Slots(self.redis, stored.netsuite_account, limit=stored.netsuite_concurrency),
            self.counters,
            api_url=stored.netsuite_api_url,
        )

    def _ask_shop_id(self, stored: StoredConnection, shopify: ShopifyClient) -> int:
        """Asked once in a connection's life."""
        shop_id = shopify.shop_id()
        with self.engine.begin() as connection:
            connections.remember_shop_id(connection, stored.id, shop_id)
        return shop_id


def build(settings: Settings, *, pool_size: int = 5) -> Runtime:
    """The runtime of a worker or a command; `pool_size` is the number of threads that use the database."""
    engine = make_engine(settings.database_url, pool_size=pool_size)
    return _runtime(settings, engine, redis_client(settings.redis_url))


def build_for_receiving(settings: Settings) -> Runtime:
    """The runtime of the web process: single statements, and no long wait for anybody."""
    engine = make_receiving_engine(settings.database_url)
    return _runtime(settings, engine, redis_client(settings.redis_url, socket_timeout=0.5))


def _runtime(settings: Settings, engine: Engine, redis: Redis) -> Runtime:
    return Runtime(engine=engine, redis=redis, vault=Vault(settings.keys), counters=Counters(redis))
