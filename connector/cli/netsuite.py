"""`ml-connector netsuite …`: the key and the certificate of an account's log-in."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.opening import json_option
from connector.cli.output import print_json
from connector.errors import ConfigError
from connector.netsuite.keygen import KeyKind, key_pair

_KEY_FILE, _CERTIFICATE_FILE = "netsuite.pem", "netsuite.crt"
# Certificates carry at most so many letters in a common name (RFC 5280, ub-common-name).
_LONGEST_NAME = 64


@click.group()
def netsuite() -> None:
    """What NetSuite needs to let this product in."""


@netsuite.command()
@click.option(
    "--kind", type=click.Choice([kind.value for kind in KeyKind]), default=KeyKind.RSA.value, show_default=True
)
@click.option("--name", default="ml-connector", show_default=True, help="Name in the certificate, to know it by.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of the two files."
)
@json_option
def keygen(kind: str, name: str, out: Path, as_json: bool) -> None:
    """Make a private key and its certificate, valid for two years, and say what to upload where."""
    if not 0 < len(name) <= _LONGEST_NAME:
        raise ConfigError(f"--name must have 1 to {_LONGEST_NAME} letters")
    out.mkdir(parents=True, exist_ok=True)
    key_file, certificate_file = out / _KEY_FILE, out / _CERTIFICATE_FILE
    for file in (key_file, certificate_file):
        if file.exists():
            raise ConfigError(f"{file} exists and may be in use; move it away, or choose another folder with --out")
    made = key_pair(KeyKind(kind), name, now=datetime.now(UTC))
    _write(key_file, made.private_key, mode=0o600)
    _write(certificate_file, made.certificate, mode=0o644)
    if as_json:
        print_json(
            {"private_key_file": str(key_file), "certificate_file": str(certificate_file), "ends_at": made.ends_at}
        )
    else:
        click.echo(_ADVICE.format(key=key_file, certificate=certificate_file, ends=made.ends_at))


def _write(file: Path, text: str, *, mode: int) -> None:
    """Never over something that is there: a lost key cannot be had back."""
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w", encoding="ascii") as opened:
        opened.write(text)


_ADVICE = """{key}   the private key: keep it, show it to nobody
{certificate}   the certificate, valid until {ends:%Y-%m-%d}: NetSuite gets this one

In NetSuite, as an administrator, in each account for itself (a sandbox refresh removes it again):
1. Setup > Company > Enable Features > SuiteCloud: REST Web Services, OAuth 2.0, SuiteAnalytics Workbook
2. Setup > Integration > Manage Integrations > New: tick Client Credentials (Machine to Machine) Grant and the scope
   REST Web Services. The client id is shown once
3. a role with REST Web Services, Log in using OAuth 2.0 Access Tokens, SuiteAnalytics Workbook and the records' permissions
4. Setup > Integration > Manage Authentication > OAuth 2.0 Client Credentials (M2M) Setup > Create New: user, role,
   integration, and upload {certificate}. The list then shows the certificate id

In a new connection's file, below [netsuite]:
auth = "oauth2"
client_id = "…"
certificate_id = "…"
private_key_file = "{key}"
certificate_file = "{certificate}"

For a connection that exists, before its present certificate ends:
ml-connector connection rotate NAME netsuite-certificate --key {key} --certificate {certificate} --certificate-id ID"""
