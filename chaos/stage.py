"""Everything one cell needs: real servers behind proxies, both sandboxes, our processes under keepers."""

import base64
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
from redis import Redis
from sqlalchemy import Connection, Engine

from chaos.disk import small_disk
from chaos.flower import flower_argv, shown_by_flower
from chaos.keeper import Keeper
from chaos.orphans import LEASED, Orphan, follow
from chaos.proxy import Proxy
from connector.cli.connection_file import read_connection_file
from connector.cli.sandboxes import Sandbox, new_log_ins, start_sandbox, write_connection_file
from connector.cli.serve import celery_argv, is_answering, web_argv
from connector.config import Settings
from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import Server, free_port
from connector.embedded.supervisor import Supervisor
from connector.embedded.valkey import start_valkey
from connector.runtime import build
from connector.sandbox.scenario import world
from connector.store import connections, schema
from connector.store.engine import make_engine

START_SECONDS = 90.0
LATENCY_MS = 60
# The sandboxes' own ledgers on the disk.
ACCOUNT_JOURNAL, SHOP_JOURNAL = "netsuite.jsonl", "shopify.jsonl"
# Alembic keeps its context in globals: cells that are played at once take turns.
_MIGRATING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Setting:
    """How a cell's stage is set up. `without` names what of the product is taken away (chaos.broken)."""

    worker_crashes: tuple[str, ...] = ()
    web_crashes: tuple[str, ...] = ()
    workers: int = 1
    webs: int = 1
    beats: int = 1
    late_worker: bool = False
    # Flower looks on.
    has_flower: bool = False
    # The product reaches PostgreSQL and Redis directly: nothing will be done to those links.
    is_lean: bool = False
    # A module that starts a worker's Celery in another way, such as chaos.popped.
    launcher: str | None = None
    # Seconds by which the clocks of the workers and of web are wrong (chaos.clocked).
    worker_clocks: tuple[float, ...] = ()
    web_clock: float = 0.0
    # Size of the disk that PostgreSQL has for itself, in MB; None: the one of everybody.
    disk: int | None = None
    without: str | None = None
    # At which moment a worker or web process is held (chaos.holding), and which of the two.
    held_worker: str | None = None
    held_web: str | None = None
    account: Mapping[str, Any] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    """What runs. `database` and `redis` are the servers now; the product reaches them by the proxies."""

    directory: Path
    setting: Setting
    database: Server
    redis: Server
    database_proxy: Proxy
    redis_proxy: Proxy
    web_proxy: Proxy
    shop: Sandbox
    account: Sandbox
    env: Mapping[str, str]
    keepers: list[Keeper] = field(default_factory=list)
    retired: list[Keeper] = field(default_factory=list)
    # Where Flower answers.
    flower: str | None = None
    killed_servers: int = 0
    notes: list[str] = field(default_factory=list)
    # What killed workers may have been at (chaos.orphans).
    orphans: list[Orphan] = field(default_factory=list)
    pause: threading.Event = field(default_factory=threading.Event)

    @property
    def kills(self) -> int:
        """How often a process or a server was killed without warning."""
        return self.killed_servers + sum(keeper.kills for keeper in (*self.keepers, *self.retired))

    def of(self, name: str) -> list[Keeper]:
        """The keepers of web, worker or beat."""
        return [keeper for keeper in self.keepers if keeper.name.startswith(name)]

    def start_worker(self, crashes: Sequence[str] = ()) -> Keeper:
        """One more worker."""
        clocks, argv = self.setting.worker_clocks, celery_argv("worker")
        launcher = "chaos.broken" if self.setting.without else "chaos.clocked" if clocks else self.setting.launcher
        launcher = "chaos.holding" if self.setting.held_worker else launcher
        if launcher is not None:
            argv = [argv[0], "-m", launcher, *argv[3:]]
        clock = clocks[len(self.of("worker")) % len(clocks)] if clocks else 0.0
        return self._keep("worker", argv, crashes, clock=clock)

    def start_beat(self) -> Keeper:
        """One more beat."""
        return self._keep("beat", celery_argv("beat"), ())

    def start_web(self, crashes: Sequence[str] = ()) -> Keeper:
        """A web process on a port of its own; what comes from now on goes there once it answers."""
        port = free_port()
        argv = web_argv(port)
        if self.setting.without:
            argv[-1] = "chaos.broken_web:app"
        elif self.setting.web_clock:
            argv[-1] = "chaos.clocked_web:app"
        elif self.setting.held_web:
            argv[-1] = "chaos.holding_web:app"
        kept = self._keep("web", argv, crashes, clock=self.setting.web_clock)
        kept.port = port
        self.wait(lambda: is_answering(port), "the web process did not answer")
        self.web_proxy.target = port
        return kept

    def start_flower(self) -> None:
        """Flower, as the Procfile starts it."""
        port = free_port()
        self._keep("flower", flower_argv(port), ())
        self.flower = f"http://127.0.0.1:{port}"
        self.wait(lambda: shown_by_flower(self.flower or "") != b"", "Flower did not answer")

    def wait(self, is_so: Callable[[], bool], sentence: str, *, within: float = START_SECONDS) -> None:
        """Waits for something. Raises RuntimeError with the sentence when it does not come."""
        for _ in range(int(within / 0.1)):
            if is_so():
                return
            self.pause.wait(0.1)
        raise RuntimeError(sentence)

    def is_up(self, name: str) -> bool:
        """True when the web process answers, or a worker listens."""
        return is_answering(self.web_proxy.target) if name == "web" else listeners(self) > 0

    def is_started(self, kept: Keeper) -> bool:
        """True when this very process answers, or listens for messages; one that is starting does neither."""
        if kept.port is not None:
            return is_answering(kept.port)
        pid = kept.pid
        return pid is not None and not _ports_of(pid).isdisjoint(_listening_ports(self))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look into the database, for which a connection of its own is made."""
        engine = self.engine()
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def engine(self) -> Engine:
        """The database as it is, not by the proxy."""
        return make_engine(Settings.from_env(dict(self.env) | {"DATABASE_URL": self.database.url}).database_url)

    def calm(self) -> None:
        """Nobody is armed any more; faults of NetSuite end by themselves, after so many calls."""
        for keeper in self.keepers:
            keeper.spare()

    def _keep(self, name: str, argv: Sequence[str], crashes: Sequence[str], *, clock: float = 0.0) -> Keeper:
        number = len(self.keepers) + len(self.retired)
        env = dict(self.env) | {"CHAOS_CLOCK": str(clock)}
        died = (lambda: follow(self, LEASED)) if name == "worker" else None
        kept = Keeper(f"{name}-{number}", argv, env, self.directory, crashes=crashes, died=died)
        self.keepers.append(kept)
        return kept


@contextmanager
def stage(setting: Setting) -> Iterator[Stage]:
    """Starts everything in the calling thread and takes it away again."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="ml-connector-chaos-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        stack.callback(remove_postgres, directory / "postgres")
        made = _servers(directory, setting, stack)
        with _MIGRATING:
            schema.upgrade(made.database.url)
        _connect(made)
        stack.callback(_retire, made)
        _start(made)
        yield made


def port_of(url: str) -> int:
    """The port of a server's address."""
    return urlsplit(url).port or 0


def _servers(directory: Path, setting: Setting, stack: ExitStack) -> Stage:
    valkey = start_valkey(directory / "valkey", durable=False)
    if setting.disk is not None:
        stack.enter_context(small_disk(directory / "postgres", setting.disk))
    postgres = start_postgres(directory / "postgres", durable=True)
    supervisor = Supervisor(logs=directory)
    stack.callback(supervisor.stop)
    proxies = (Proxy(port_of(postgres.url)), Proxy(port_of(valkey.url)), Proxy(0))
    log_ins = new_log_ins()
    books = world.account_config(50) | log_ins.of_account() | {"latency_ms": LATENCY_MS} | dict(setting.account)
    account = start_sandbox(supervisor, "netsuite", books, directory, journal=directory / ACCOUNT_JOURNAL)
    sells = world.shop_config() | log_ins.of_shop() | dict(setting.shop)
    shop = start_sandbox(supervisor, "shopify", sells, directory, journal=directory / SHOP_JOURNAL)
    env = dict(os.environ) | {
        "DATABASE_URL": postgres.url if setting.is_lean else _by(postgres.url, proxies[0]),
        "REDIS_URL": valkey.url if setting.is_lean else _by(valkey.url, proxies[1]),
        "PORT": str(proxies[2].port),
        "CONNECTOR_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        "CONNECTOR_SESSION_SECRET": os.urandom(32).hex(),
        "LOG_LEVEL": "INFO",
        "PYTHONDONTWRITEBYTECODE": "",
        "CHAOS_DIRECTORY": str(directory),
        "CHAOS_WITHOUT": setting.without or "",
        "CHAOS_MOMENT": setting.held_worker or setting.held_web or "",
    }
    made = Stage(directory, setting, postgres, valkey, *proxies, shop, account, env)
    stack.callback(lambda: made.database.stop())
    stack.callback(lambda: made.redis.stop())
    write_connection_file(directory, shop, account, log_ins, world.rules())
    return made


def _by(url: str, proxy: Proxy) -> str:
    parts = urlsplit(url)
    place = f"{parts.netloc.rpartition(':')[0]}:{proxy.port}"
    return urlunsplit(parts._replace(netloc=place))


def _connect(made: Stage) -> None:
    settings = replace(Settings.from_env(made.env), crash_at=None)
    runtime = build(settings)
    with runtime.engine.begin() as database:
        stored = connections.add(database, read_connection_file(made.directory / "connection.toml"), runtime.vault)
    runtime.close()
    made.shop.post("settings", {"webhook_url": f"http://127.0.0.1:{made.web_proxy.port}/webhooks/shopify/{stored.key}"})


def _start(made: Stage) -> None:
    setting = made.setting
    if not setting.late_worker:
        for _ in range(setting.workers):
            made.start_worker(setting.worker_crashes)
    for _ in range(setting.beats):
        made.start_beat()
    if setting.has_flower:
        made.start_flower()
    for _ in range(setting.webs):
        made.start_web(setting.web_crashes)
    made.web_proxy.targets = tuple(kept.port for kept in made.of("web") if kept.port is not None)
    listening = 0 if setting.late_worker else setting.workers
    made.wait(lambda: listeners(made) >= listening, "no worker came to listen")


def listeners(made: Stage) -> int:
    """How many workers wait for a message."""
    return len(_listening_ports(made))


def _listening_ports(made: Stage) -> set[int]:
    """The clients' ends of the links by which workers wait for a message."""
    with Redis.from_url(made.redis.url, socket_timeout=5) as redis:
        clients = redis.client_list()
    return {int(client["addr"].rpartition(":")[2]) for client in clients if client["cmd"] == "brpop"}


def _ports_of(pid: int) -> set[int]:
    """Our ends of a process's TCP links; none when it has just ended."""
    with suppress(psutil.NoSuchProcess):
        return {link.laddr.port for link in psutil.Process(pid).net_connections("tcp") if link.laddr}
    return set()


def _retire(made: Stage) -> None:
    for keeper in made.keepers:
        keeper.retire(grace=5)
    for proxy in (made.web_proxy, made.redis_proxy, made.database_proxy):
        proxy.close()
