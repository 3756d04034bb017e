"""Starts both sandboxes as processes and talks to their control addresses; makes the connection between them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connector.embedded.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One side, running."""

    name: str
    url: str

    def get(self, verb: str) -> Any:
        """What a control address answers."""
        response = requests.get(f"{self.url}/_sandbox/{verb}", timeout=30)
        response.raise_for_status()
        return response.json()

    def post(self, verb: str, body: Mapping[str, Any], *, timeout: float = 30) -> Any:
        """Tells the sandbox something."""
        response = requests.post(f"{self.url}/_sandbox/{verb}", json=body, timeout=timeout)
        response.raise_for_status()
        return response.json()


def start_sandbox(supervisor: Supervisor, name: str, config: Mapping[str, Any], directory: Path) -> Sandbox:
    """Starts one side with a configuration. Raises Unavailable when it does not come up."""
    file, announced = directory / f"{name}.json", directory / f"{name}-url.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(config), "utf-8")
    announced.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "connector.sandbox", name, "--config", str(file.resolve())]
    argv += ["--announce", str(announced.resolve())]
    supervisor.start(name, argv, env=_environment(), is_ready=announced.exists)
    return Sandbox(name, json.loads(announced.read_text("utf-8"))["url"])


def certificate() -> tuple[str, str]:
    """A new private key and its public half, as PEM text: what `kid` and the mapping stand for in a real account."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def connection_toml(shop: Sandbox, account: Sandbox, private_key: Path, rules: Mapping[str, Any]) -> str:
    """A connection file between the two sandboxes."""
    return f"""name = "demo"

[shopify]
shop = "demo-store.myshopify.com"
api_url = "{shop.url}"
webhook_secrets = ["demo-webhook-secret"]
access_token = "shpat_demo"

[netsuite]
account = "1234567_SB1"
api_url = "{account.url}"
client_id = "demo-client"
certificate_id = "demo-certificate"
private_key_file = "{private_key.name}"
concurrency = 5

{_toml_tables("rules", rules)}"""


def _toml_tables(name: str, values: Mapping[str, Any]) -> str:
    """Nested dicts of texts as TOML tables; JSON's texts are TOML's too."""
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in plain.items()), ""]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines.append(_toml_tables(f"{name}.{json.dumps(key)}", value))
    return "\n".join(lines)


def _environment() -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": ":".join(part for part in sys.path if part),
    }
