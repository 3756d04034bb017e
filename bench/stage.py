"""Servers and a connection for a measurement; one directory that is thrown away."""

import base64
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.cli.connection_file import read_connection_file
from connector.cli.sandboxes import Sandbox, certificate, connection_toml, start_sandbox
from connector.config import Settings
from connector.embedded.postgres import remove_postgres, start_postgres
from connector.embedded.servers import free_port
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
            "LOG_LEVEL": "WARNING",
        }
        schema.upgrade(postgres.url)
        supervisor = Supervisor(logs=directory)
        stack.callback(supervisor.stop)
        private, public = certificate()
        oauth2 = {"client_id": "demo-client", "certificate_id": "demo-certificate", "certificate_pem": public}
        books = start_sandbox(
            supervisor, "netsuite", world.account_config(50) | {"oauth2": oauth2} | account, directory
        )
        shop_config = world.shop_config() | {"access_token": "shpat_demo", "webhook_secret": "bench-secret"}
        shop = start_sandbox(supervisor, "shopify", shop_config, directory)
        path = _connect(directory, env, shop, books, private, account)
        shop.post("settings", {"webhook_url": f"http://127.0.0.1:{port}{path}"})
        yield Stage(supervisor, env, shop, books, port, path)


def setup_line() -> str:
    """What the numbers were measured on."""
    machine = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {machine}, Python {platform.python_version()}, everything on one machine"


def _connect(
    directory: Path, env: Mapping[str, str], shop: Sandbox, books: Sandbox, private_key: str, account: Mapping[str, Any]
) -> str:
    key_file, file = directory / "netsuite.pem", directory / "connection.toml"
    key_file.write_text(private_key, "ascii")
    text = connection_toml(shop, books, key_file, world.rules()).replace("demo-webhook-secret", "bench-secret")
    file.write_text(text.replace("concurrency = 5", f"concurrency = {account.get('concurrency', 5)}"), "utf-8")
    runtime = build(Settings.from_env(env))
    with runtime.engine.begin() as database:
        stored = connections.add(database, read_connection_file(file), runtime.vault)
    runtime.close()
    return f"/webhooks/shopify/{stored.key}"
