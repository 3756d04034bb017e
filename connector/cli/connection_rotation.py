"""`ml-connector connection rotate`: a new secret in the place of an old one, tried before it counts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from connector.cli.connections import the_connection
from connector.cli.key_files import certificate_end, private_key
from connector.cli.opening import COMMAND_LINE, data_option, json_option, opened
from connector.cli.output import print_json
from connector.errors import ConfigError, ConnectorError
from connector.flows import trial
from connector.flows.rotation import NewCertificate, Rotation
from connector.runtime import Runtime
from connector.store.connections import StoredConnection


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. Secrets are not among it: those are read by `lines`."""

    key: Path | None
    certificate: Path | None
    certificate_id: str | None
    algorithm: str | None
    file: Path | None
    forget_old: bool
    untried: bool

    def lines(self, *labels: str) -> list[str]:
        """One secret for each label: from the file, one a line, or asked for without echo. Raises ConfigError."""
        if self.file is None:
            found = [click.prompt(label, hide_input=True, err=True) for label in labels]
        else:
            with click.open_file(str(self.file), encoding="utf-8", errors="replace") as opened_file:
                found = [line.strip() for line in opened_file if line.strip()]
        if len(found) != len(labels):
            raise ConfigError(f"{self.file} must hold {' and '.join(labels)}, one a line, and nothing else")
        for label, value in zip(labels, found, strict=True):
            if not value.isascii() or not value.isprintable() or " " in value:
                raise ConfigError(f"the {label} holds blanks or letters that none has; copy it anew")
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """The connection whose secret is changed."""

    runtime: Runtime
    stored: StoredConnection
    rotation: Rotation


@click.command()
@click.argument("name")
@click.argument(
    "what",
    type=click.Choice(
        ["access-token", "client-secret", "webhook-secret", "event-secret", "netsuite-certificate", "tba-token"]
    ),
)
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="File with the secret; - is stdin.",
)
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="File of NetSuite's new private key.")
@click.option(
    "--certificate", type=click.Path(dir_okay=False, path_type=Path), help="File of its certificate: tells its end."
)
@click.option("--certificate-id", help="Id that NetSuite gave the certificate.")
@click.option("--algorithm", help="Of the new key; default: the key's usual one.")
@click.option(
    "--forget-old", is_flag=True, help="webhook-secret, event-secret: accept the newest one only, and ask for none."
)
@click.option("--untried", is_flag=True, help="Keep it without trying it against the real system.")
@data_option
@json_option
def rotate(name: str, what: str, data: Path, as_json: bool, **asked: Any) -> None:
    """Replace one secret of a connection: WHAT. It is asked for without echo, or read with --from.

    It is tried first, and a refused one changes nothing.
    """
    with opened(data) as (runtime, _), _unchanged():
        with runtime.engine.begin() as database:
            stored = the_connection(database, name)
        target = Target(runtime, stored, Rotation(runtime, stored, actor=COMMAND_LINE))
        said = _WAYS[what](target, Asked(**asked))
    if as_json:
        print_json({"name": name, "rotated": what, "said": said})
        return
    click.echo(f"{name}: {what}: {said}")
    click.echo("put it into the connection file too, before that is added again", err=True)


@contextmanager
def _unchanged() -> Iterator[None]:
    """A failure comes with the words everybody wants to read then."""
    try:
        yield
    except ConnectorError:
        click.echo("nothing was changed", err=True)
        raise


def _access_token(target: Target, asked: Asked) -> str:
    (token,) = asked.lines("access token")
    said = "kept, untried"
    if not asked.untried:
        missing = trial.access_token(target.runtime, target.stored, token).missing_scopes()
        said = "the shop answers" + (f"; scopes are missing: {', '.join(missing)}" if missing else "")
    target.rotation.access_token(token, now=datetime.now(UTC))
    return said


def _client_secret(target: Target, asked: Asked) -> str:
    (secret,) = asked.lines("client secret")
    token = None if asked.untried else trial.client_secret(target.runtime, target.stored, secret)
    target.rotation.client_secret(secret, token=token)
    return "the shop gave a token for it" if token else "kept, untried: the next renewal uses it"


def _webhook_secret(target: Target, asked: Asked) -> str:
    if asked.forget_old:
        return f"{target.rotation.forget_old_webhook_secrets()} old ones are forgotten"
    count = target.rotation.webhook_secret(*asked.lines("webhook secret"))
    return f"{count} are accepted, the new one too; --forget-old ends the old ones"


def _event_secret(target: Target, asked: Asked) -> str:
    if asked.forget_old:
        return f"{target.rotation.forget_old_event_secrets()} old ones are forgotten"
    count = target.rotation.event_secret(*asked.lines("event secret"))
    return f"{count} accepted, the new one too; --forget-old ends the old ones once NetSuite signs with the new one"


def _netsuite_certificate(target: Target, asked: Asked) -> str:
    if asked.key is None or asked.certificate_id is None:
        raise ConfigError("netsuite-certificate needs --key and --certificate-id; --certificate tells when it ends")
    key = private_key(asked.key)
    ends_at = None if asked.certificate is None else certificate_end(asked.certificate, key, now=datetime.now(UTC))
    new = NewCertificate(asked.certificate_id, key, asked.algorithm, ends_at)
    if not asked.untried:
        trial.certificate(target.runtime, target.stored, new)
    target.rotation.certificate(new)
    end = f"ends {ends_at:%Y-%m-%d}" if ends_at else "its end is not known: --certificate tells it"
    return f"{'kept, untried' if asked.untried else 'NetSuite gave a token for it'}; {end}"


def _tba_token(target: Target, asked: Asked) -> str:
    token_id, token_secret = asked.lines("token id", "token secret")
    if not asked.untried:
        trial.tba_token(target.runtime, target.stored, token_id, token_secret)
    target.rotation.tba_token(token_id, token_secret)
    return "kept, untried" if asked.untried else "NetSuite lets it in"


_WAYS: Mapping[str, Callable[[Target, Asked], str]] = {
    "access-token": _access_token,
    "client-secret": _client_secret,
    "webhook-secret": _webhook_secret,
    "event-secret": _event_secret,
    "netsuite-certificate": _netsuite_certificate,
    "tba-token": _tba_token,
}
