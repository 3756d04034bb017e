"""/connections/<store>/rotate: a new secret in the place of an old one, tried against the real system before it counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.flows import overview, trial
from connector.flows.rotation import NewCertificate, Rotation
from connector.store import made_keys
from connector.store.connections import StoredConnection
from connector.store.roles import Role
from web.console.asking import Asked, Form
from web.console.connection_new import KeyRow, key_material, own_keys
from web.console.refusals import BadInput, NotFound
from web.console.screens import Console, Done
from web.console.site import Visit, environment


class SecretForm(Form):
    """The new secret. Which fields are read depends on what is changed; none is ever shown again."""

    secret: str = ""
    token_id: str = ""
    certificate_id: str = ""
    private_key: str = ""
    certificate: str = ""
    made_key: str = ""


@dataclass(frozen=True, slots=True)
class RotatePage:
    """What can be changed: access-token, client-secret, webhook-secret, event-secret, netsuite-certificate, tba-token."""

    store: str
    environment: str
    can_change: tuple[str, ...]
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The connection whose secret is changed."""

    visit: Visit
    stored: StoredConnection
    rotation: Rotation


def connection_secrets_screen(console: Console) -> None:
    """Registers the page and its acts."""

    @console.screen("connections_rotate", "/connections/<store>/rotate", Asked, RotatePage, role=Role.ADMIN)
    def read(visit: Visit, _asked: Asked, store: str) -> RotatePage:
        """Which secrets a connection has."""
        return _page(visit, store)

    @console.screen("connections_rotate_one", "/connections/<store>/rotate/<what>", Asked, RotatePage, role=Role.ADMIN)
    def one(visit: Visit, _asked: Asked, store: str, what: str) -> RotatePage:
        """The form of one secret."""
        if what not in _WAYS:
            raise NotFound(f"there is no secret {what}")
        return _page(visit, store)

    @console.act(
        "connections_rotate_now", "/connections/<store>/rotate/<what>", SecretForm, role=Role.ADMIN,
        again="connections_rotate_one",
    )  # fmt: skip
    def rotate(visit: Visit, form: SecretForm, store: str, what: str) -> Done:
        """Replace one secret. It is tried first, and a refused one changes nothing."""
        stored = visit.store(store)
        if what not in _WAYS:
            raise NotFound(f"there is no secret {what}")
        target = Target(visit, stored, Rotation(visit.site.runtime, stored, actor=visit.who.name))
        try:
            said = _WAYS[what](target, form)
        except BadInput:
            raise
        except ConnectorError as error:
            said = f"{error}. Nothing was changed."
            raise BadInput(said, fields={_FIELD.get(what, "secret"): said}) from error
        return Done(f"{what} of {store}: {said}.", f"/connections/{store}/rotate")


def _page(visit: Visit, store: str) -> RotatePage:
    stored = visit.store(store)
    with visit.engine.begin() as database:
        lives = overview.overview(database, visit.site.runtime.vault, stored, now=visit.now).lives
    kinds = {life.auth for life in lives}
    shopify = ["client-secret"] if "client_credentials" in kinds else ["access-token", "client-secret"]
    netsuite = "tba-token" if "tba" in kinds else "netsuite-certificate"
    can_change = (*shopify, "webhook-secret", netsuite, "event-secret")
    return RotatePage(store, environment(stored), can_change, own_keys(visit))


def _secret(form: SecretForm) -> str:
    value = form.secret
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        said = "is empty, or holds blanks or letters that none has; copy it anew"
        raise BadInput(said, fields={"secret": said})
    return value


def _access_token(target: Target, form: SecretForm) -> str:
    missing = trial.access_token(target.visit.site.runtime, target.stored, _secret(form)).missing_scopes()
    target.rotation.access_token(form.secret, now=target.visit.now)
    return "the shop answers" + (f"; scopes are missing: {', '.join(missing)}" if missing else "")


def _client_secret(target: Target, form: SecretForm) -> str:
    token = trial.client_secret(target.visit.site.runtime, target.stored, _secret(form))
    target.rotation.client_secret(form.secret, token=token)
    return "the shop gave a token for it" if token else "kept; the next renewal uses it"


def _webhook_secret(target: Target, form: SecretForm) -> str:
    count = target.rotation.webhook_secret(_secret(form))
    return f"{count} are accepted now, the new one too"


def _event_secret(target: Target, form: SecretForm) -> str:
    count = target.rotation.event_secret(_secret(form))
    return f"{count} accepted now, the new one too"


def _webhook_secrets_forgotten(target: Target, _form: SecretForm) -> str:
    return f"{target.rotation.forget_old_webhook_secrets()} old ones are forgotten"


def _event_secrets_forgotten(target: Target, _form: SecretForm) -> str:
    return f"{target.rotation.forget_old_event_secrets()} old ones are forgotten"


def _certificate(target: Target, form: SecretForm) -> str:
    if not form.certificate_id:
        raise BadInput("is missing", fields={"certificate_id": "NetSuite shows it once the certificate is uploaded"})
    key = key_material(target.visit, form.private_key, form.certificate, form.made_key)
    new = NewCertificate(form.certificate_id, key.private_key, None, key.ends_at)
    trial.certificate(target.visit.site.runtime, target.stored, new)
    target.rotation.certificate(new)
    if form.made_key:
        with target.visit.engine.begin() as database:
            made_keys.forget(database, form.made_key)
    end = f"ends {key.ends_at:%Y-%m-%d}" if key.ends_at else "its end is not known without the certificate"
    return f"NetSuite gave a token for it; {end}"


def _tba_token(target: Target, form: SecretForm) -> str:
    if not form.token_id:
        raise BadInput("is missing", fields={"token_id": "is missing"})
    trial.tba_token(target.visit.site.runtime, target.stored, form.token_id, _secret(form))
    target.rotation.tba_token(form.token_id, form.secret)
    return "NetSuite lets it in"


_WAYS: Mapping[str, Callable[[Target, SecretForm], str]] = {
    "access-token": _access_token,
    "client-secret": _client_secret,
    "webhook-secret": _webhook_secret,
    "event-secret": _event_secret,
    "netsuite-certificate": _certificate,
    "tba-token": _tba_token,
    "webhook-secret-old": _webhook_secrets_forgotten,
    "event-secret-old": _event_secrets_forgotten,
}
_FIELD = {"netsuite-certificate": "certificate_id"}
