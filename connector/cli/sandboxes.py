"""Starts both sandboxes as processes and talks to their control addresses; makes the connection between them."""

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connector.embedded.supervisor import Supervisor
from connector.errors import Unavailable
from connector.netsuite.keygen import KeyKind, key_pair

_APP = "demo-app"
_INTEGRATION = "demo-integration"
_MAPPING = "demo-certificate"


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
        """Tells the sandbox something. Raises Unavailable with its sentence when it does not do it."""
        response = requests.post(f"{self.url}/_sandbox/{verb}", json=body, timeout=timeout)
        if not response.ok:
            raise Unavailable(f"the sandbox {self.name} refused {body.get('act', verb)}: {response.text[:300]}")
        return response.json()


@dataclass(frozen=True, slots=True)
class LogIns:
    """What a person would hold in hand for both sides: the app's secret, a private key and its certificate (PEM), the secret of
    NetSuite's events."""

    client_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    certificate: str
    event_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def of_shop(self) -> dict[str, Any]:
        """What the shop knows of it: the app, whose secret signs the webhooks too."""
        return {"client_id": _APP, "client_secret": self.client_secret, "webhook_secret": self.client_secret}

    def of_account(self) -> dict[str, Any]:
        """What the account knows of it: the certificate that was uploaded, and the secret its script signs with."""
        mapping = {"certificate_id": _MAPPING, "certificate_pem": self.certificate}
        return {"oauth2": {"client_id": _INTEGRATION, **mapping}, "event_secret": self.event_secret}


def start_sandbox(
    supervisor: Supervisor, name: str, config: Mapping[str, Any], directory: Path, *, journal: Path | None = None
) -> Sandbox:
    """Starts one side with a configuration, and a file for its own ledger. Raises Unavailable when it does not come up."""
    file, announced = directory / f"{name}.json", directory / f"{name}-url.json"
    _write(file, json.dumps(config))
    announced.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "connector.sandbox", name, "--config", str(file.resolve())]
    argv += ["--announce", str(announced.resolve())]
    argv += ["--journal", str(journal.resolve())] if journal is not None else []
    supervisor.start(name, argv, env=_environment(), is_ready=announced.exists)
    return Sandbox(name, json.loads(announced.read_text("utf-8"))["url"])


def new_log_ins() -> LogIns:
    """A new app secret, and a new key (EC P-256) with a self-signed certificate as NetSuite takes it."""
    made = key_pair(KeyKind.EC, "ml-connector demo", now=datetime.now(UTC))
    return LogIns(secrets.token_hex(16), made.private_key, made.certificate)


def write_connection_file(
    directory: Path, shop: Sandbox, account: Sandbox, log_ins: LogIns, rules: Mapping[str, Any]
) -> Path:
    """The file a user would write between the two, with the key beside it, after the app was installed on the shop."""
    file = directory / "connection.toml"
    _write(directory / "netsuite.pem", log_ins.private_key)
    _write(directory / "netsuite-certificate.pem", log_ins.certificate)
    _write(file, _connection_toml(shop, account, log_ins, _installed(shop, log_ins)) + _toml_tables("rules", rules))
    return file


def _connection_toml(shop: Sandbox, account: Sandbox, log_ins: LogIns, refresh_token: str) -> str:
    return f"""name = "demo"

[shopify]
shop = "demo-store.myshopify.com"
api_url = "{shop.url}"
webhook_secrets = ["{log_ins.client_secret}"]
auth = "offline"
client_id = "{_APP}"
client_secret = "{log_ins.client_secret}"
refresh_token = "{refresh_token}"

[netsuite]
account = "1234567_SB1"
api_url = "{account.url}"
auth = "oauth2"
client_id = "{_INTEGRATION}"
certificate_id = "{_MAPPING}"
private_key_file = "netsuite.pem"
certificate_file = "netsuite-certificate.pem"
concurrency = 5
event_secrets = ["{log_ins.event_secret}"]

"""


def _installed(shop: Sandbox, log_ins: LogIns) -> str:
    """The refresh token of an app that a merchant has just approved."""
    asked = {"client_id": _APP, "state": secrets.token_hex(8), "redirect_uri": "http://127.0.0.1/callback"}
    approved = requests.get(f"{shop.url}/admin/oauth/authorize", params=asked, timeout=30, allow_redirects=False)
    code = parse_qs(urlsplit(approved.headers["Location"]).query)["code"][0]
    grant = {"client_id": _APP, "client_secret": log_ins.client_secret, "code": code, "expiring": "1"}
    answer = requests.post(f"{shop.url}/admin/oauth/access_token", json=grant, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["refresh_token"])


def _write(file: Path, text: str) -> None:
    """Readable by its owner only."""
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")


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
