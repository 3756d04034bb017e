"""`ml-connector serve`: web, worker and beat on one machine, with embedded servers where no URL is set; `migrate`, `web`."""

import base64
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import requests

from connector.cli.opening import data_option, environment, write_served
from connector.config import Settings
from connector.embedded.postgres import start_postgres
from connector.embedded.servers import own_directory
from connector.embedded.supervisor import Supervisor
from connector.embedded.valkey import start_valkey
from connector.errors import ConnectorError, Unavailable
from connector.store import schema

# Enough for a small shop; each thread notes for NetSuite most of the time.
WORKER_THREADS = 10
# A slow sender holds one of these while it sends its body; see docs/decisions/0003-web-server.md.
WEB_THREADS = 256
WEB_PROCESSES = 2
# A platform sends SIGTERM to parent and children at once; then granian waits for ever for children that are kept busy.
WEB_STOP_SECONDS = 8


@click.command()
@data_option
def migrate(data: Path) -> None:
    """Bring the database to the newest schema."""
    schema.upgrade(Settings.from_env(environment(data)).database_url)
    click.echo("the database is up to date", err=True)


@click.command()
@data_option
def web(data: Path) -> None:
    """Run the web process alone, on PORT."""
    env = environment(data)
    settings = Settings.from_env(env)
    argv = web_argv(settings.port, host="0.0.0.0", processes=int(env.get("WEB_CONCURRENCY", WEB_PROCESSES)))  # noqa: S104
    os.execve(argv[0], argv, env)  # noqa: S606  becomes the server, so that signals reach it


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web process.")
@data_option
def serve(port: int, data: Path) -> None:
    """Run web, worker and beat on this machine until Ctrl-C; a second start goes on where the first ended.

    Without DATABASE_URL and REDIS_URL it brings its own PostgreSQL and Valkey, durable, in the data directory.
    """
    with running(data, port=port, durable=True, step=lambda text: click.echo(text, err=True)) as supervisor:
        click.echo(f"ready on http://127.0.0.1:{port}; Ctrl-C stops everything", err=True)
        ended = supervisor.wait()
        click.echo("stopping", err=True)
    if ended is not None:
        raise Unavailable(f"the process {ended} ended by itself; its last lines stand above")


@contextmanager
def running(
    data: Path,
    *,
    port: int,
    durable: bool,
    step: Callable[[str], None],
    logs: Path | None = None,
    log_level: str | None = None,
) -> Iterator[Supervisor]:
    """All processes of the product, started in order and stopped in reverse order; `step` is told of each."""
    _port_is_free(port)
    data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context(own_directory(data / "serve"))
        lock.flush()
        values = _servers(data, stack, durable=durable, step=step) | _secrets(data) | {"PORT": str(port)}
        if log_level is not None:
            values["LOG_LEVEL"] = log_level
        write_served(data, values)
        env = dict(os.environ) | values
        schema.upgrade(Settings.from_env(env).database_url)
        step("schema up to date")
        supervisor = Supervisor(logs=logs)
        stack.callback(supervisor.stop)
        with supervisor.signals():
            start_processes(supervisor, env, port)
            step(f"web, worker and beat       http://127.0.0.1:{port}")
            yield supervisor


def start_processes(supervisor: Supervisor, env: Mapping[str, str], port: int) -> None:
    """Starts web, worker and beat; returns when the web process answers."""
    supervisor.start("worker", celery_argv("worker"), env=env)
    supervisor.start("beat", celery_argv("beat"), env=env)
    supervisor.start("web", web_argv(port), env=env, is_ready=lambda: is_answering(port))


def web_argv(port: int, *, host: str = "127.0.0.1", processes: int = 1) -> list[str]:
    """The command of the web process."""
    return [
        str(Path(sys.executable).with_name("granian")),
        "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(processes),
        "--blocking-threads", str(WEB_THREADS), "--backpressure", "1024", "--no-ws", "--log-level", "warning",
        "--workers-kill-timeout", str(WEB_STOP_SECONDS),
        "web.wsgi:app",
    ]  # fmt: skip


def celery_argv(kind: str) -> list[str]:
    """The command of the worker or of beat. Threads: one process, so a SIGTERM to all is a normal warm stop."""
    argv = [sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", kind, "--loglevel", "WARNING"]
    if kind == "beat":
        # The schedule is code and each slot is taken in Postgres: what beat remembers between runs does not matter.
        return [*argv, "--pidfile=", "--scheduler", "celery.beat:Scheduler"]
    argv += ["--pool", "threads", "--concurrency", str(WORKER_THREADS), "--queues", "orders,maintenance"]
    return [*argv, "--without-gossip", "--without-mingle", "--without-heartbeat", "--hostname", "worker@%h"]


def is_answering(port: int) -> bool:
    """True when the web process answers on 127.0.0.1."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def _servers(data: Path, stack: ExitStack, *, durable: bool, step: Callable[[str], None]) -> dict[str, str]:
    """URLs of the servers: those that are set, else of embedded ones started now."""
    values = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if "REDIS_URL" not in values:
        valkey = stack.enter_context(start_valkey(data / "valkey", durable=durable))
        values["REDIS_URL"] = valkey.url
        step(f"valkey                    process {valkey.pid}")
    if "DATABASE_URL" not in values:
        postgres = stack.enter_context(start_postgres(data / "postgres", durable=durable))
        values["DATABASE_URL"] = postgres.url
        step(f"postgresql                process {postgres.pid}")
    return values


def _secrets(data: Path) -> dict[str, str]:
    """CONNECTOR_KEYS and CONNECTOR_SESSION_SECRET, or what was made on the first start and is kept in the data directory."""
    key = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    made = {
        "CONNECTOR_KEYS": (data / "keys", key),
        "CONNECTOR_SESSION_SECRET": (data / "session-secret", secrets.token_urlsafe(32)),
    }
    return {variable: os.environ.get(variable) or _kept(file, new) for variable, (file, new) in made.items()}


def _kept(file: Path, new: str) -> str:
    """What a file holds; a file that is not there is made of `new`, readable by its owner only."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(new, "ascii")
    return file.read_text("ascii")


def _port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConnectorError(f"port {port} is in use; choose another one with --port") from error
