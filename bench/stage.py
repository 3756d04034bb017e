"""Servers and a connection for a measurement; one directory that is thrown away."""

import base64
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.load import SECRET
from connector.cli.connection_file import read_connection_file
from connector.cli.sandboxes import LogIns, Sandbox, new_log_ins, start_sandbox, write_connection_file
from connector.config import Settings
from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import Server, free_port
from connector.embedded.supervisor import Supervisor
from connector.embedded.valkey import start_valkey
from connector.runtime import build
from connector.sandbox.scenario import world
from connector.store import connections, schema


@dataclass(frozen=True, slots=True)
class Stage:
    """What a measurement works with."""

    supervisor: Supervisor
    env: Mapping[str, str]
    shop: Sandbox
    account: Sandbox
    redis: Server
    port: int
    path: str


@contextmanager
def stage(**account: Any) -> Iterator[Stage]:
    """Durable PostgreSQL, Valkey, both sandboxes, and a connection between them; `account` changes its settings."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="ml-connector-bench-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        stack.callback(remove_postgres, directory / "postgres")
        valkey = stack.enter_context(start_valkey(directory / "valkey", durable=False))
        postgres = stack.enter_context(start_postgres(directory / "postgres", durable=True))
        port = free_port()
        env = dict(os.environ) | {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "PORT": str(port),
            "CONNECTOR_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            "CONNECTOR_SESSION_SECRET": os.urandom(32).hex(),
            "LOG_LEVEL": "WARNING",
        }
        schema.upgrade(postgres.url)
        supervisor = Supervisor(logs=directory)
        stack.callback(supervisor.stop)
        log_ins = replace(new_log_ins(), client_secret=SECRET)
        books_config = world.account_config(50) | log_ins.of_account() | account
        books = start_sandbox(supervisor, "netsuite", books_config, directory)
        shop = start_sandbox(supervisor, "shopify", world.shop_config() | log_ins.of_shop(), directory)
        path = _connect(directory, env, shop, books, log_ins, account)
        shop.post("settings", {"webhook_url": f"http://127.0.0.1:{port}{path}"})
        yield Stage(supervisor, env, shop, books, valkey, port, path)


def setup_line() -> str:
    """What the numbers were measured on."""
    machine = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {machine}, Python {platform.python_version()}, everything on one machine"


def _connect(
    directory: Path, env: Mapping[str, str], shop: Sandbox, books: Sandbox, log_ins: LogIns, account: Mapping[str, Any]
) -> str:
    # Orders alone: what stock costs is measured by itself.
    file = write_connection_file(directory, shop, books, log_ins, world.rules() | {"inventory": {}})
    text = file.read_text("utf-8")
    file.write_text(text.replace("concurrency = 5", f"concurrency = {account.get('concurrency', 5)}"), "utf-8")
    runtime = build(Settings.from_env(env))
    with runtime.engine.begin() as database:
        stored = connections.add(database, read_connection_file(file), runtime.vault)
    runtime.close()
    return f"/webhooks/shopify/{stored.key}"
