"""/connections/new: a connection is added by a form, or a key for it is made first. It begins paused: nothing is written yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import ValidationError
from sqlalchemy import Connection

from connector.errors import ConfigError
from connector.flows import operating
from connector.flows.acting import NotAllowed
from connector.flows.connection_settings import ConnectionSettings, new_connection, sentence
from connector.flows.log_ins import Fault, KeyMaterial, log_in_faults
from connector.netsuite import certificates
from connector.netsuite.auth import Certificate
from connector.netsuite.keygen import KeyKind, key_pair
from connector.store import connections, made_keys, operator_actions
from connector.store.connections import NewConnection, StoredConnection
from connector.store.roles import Role
from web.console.asking import Asked, Form
from web.console.refusals import BadInput, NotFound
from web.console.screens import Console, Done
from web.console.site import Visit

NOT_LIVE = "not live yet: it was added in the console"
# What would be this page's own address.
_TAKEN = ("new", "keys")


class NewForm(Form):
    """What the form says, by side; what is empty is not set. `made_key`: a key that was made here, by its name."""

    name: str
    netsuite_account: str
    netsuite_auth: str = "oauth2"
    netsuite_client_id: str = ""
    netsuite_certificate_id: str = ""
    netsuite_private_key: str = ""
    netsuite_certificate: str = ""
    made_key: str = ""
    netsuite_consumer_key: str = ""
    netsuite_consumer_secret: str = ""
    netsuite_token_id: str = ""
    netsuite_token_secret: str = ""
    netsuite_concurrency: str = ""
    netsuite_api_url: str = ""
    shopify_shop: str
    shopify_auth: str = "client_credentials"
    shopify_access_token: str = ""
    shopify_client_id: str = ""
    shopify_client_secret: str = ""
    shopify_webhook_secret: str = ""
    shopify_api_url: str = ""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that was made here and is not in use. `certificate`: PEM text for NetSuite."""

    name: str
    made_at: datetime
    ends_at: datetime
    certificate: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """What the form offers."""

    keys: tuple[KeyRow, ...]


def connection_new_screen(console: Console) -> None:
    """Registers the form, and what it can make."""

    @console.screen("connections_new", "/connections/new", Asked, NewPage, role=Role.ADMIN)
    def read(visit: Visit, _asked: Asked) -> NewPage:
        """What a new connection needs, and the keys that wait for one."""
        _must_see_all(visit)
        return NewPage(own_keys(visit))

    @console.act("connections_make_key", "/connections/keys", Form, role=Role.ADMIN)
    def make_key(visit: Visit, _form: Form) -> Done:
        """Make a private key and its certificate; the private one stays here, sealed."""
        _must_see_all(visit)
        pair = key_pair(KeyKind.EC, "ml-connector", now=visit.now)
        with visit.engine.begin() as database:
            made_keys.keep(database, visit.site.runtime.vault, pair, made_by=visit.who.name)
            operator_actions.write_down(database, None, actor=visit.who.name, action="key made")
        return Done("A key is made. Download its certificate and upload it in NetSuite.", "/connections/new#netsuite")

    @console.file("connections_certificate", "/connections/keys/<name>.crt", Asked, role=Role.ADMIN)
    def certificate(visit: Visit, _asked: Asked, name: str) -> Response:
        for key in own_keys(visit):
            if key.name == name:
                disposition = {"Content-Disposition": "attachment; filename=netsuite.crt"}
                return Response(key.certificate, content_type="application/x-pem-file", headers=disposition)
        raise NotFound("there is no such key")

    @console.act("connections_add", "/connections/new", NewForm, role=Role.ADMIN, again="connections_new")
    def add(visit: Visit, form: NewForm) -> Done:
        """Add a connection; it begins paused."""
        _must_see_all(visit)
        new = _validated(visit, form)
        with visit.engine.begin() as database:
            stored = _added(database, visit, new)
            if form.made_key:
                made_keys.forget(database, form.made_key)
        return Done(
            f"{stored.name} is added. It is paused until you let it go live.", f"/connections/{stored.name}/setup"
        )


def own_keys(visit: Visit) -> tuple[KeyRow, ...]:
    """The keys that whoever asks has made, newest first."""
    with visit.engine.begin() as database:
        found = made_keys.of(database, visit.who.name)
    return tuple(KeyRow(key.name, key.made_at, key.ends_at, key.certificate) for key in found)


def key_material(visit: Visit, private_key: str, certificate: str, made_key: str) -> KeyMaterial:
    """The key that was pasted, or made here. Raises BadInput for none, for two, and for one that is not good."""
    if bool(private_key) == bool(made_key):
        said = (
            "paste a private key, or choose one that was made here"
            if not private_key
            else "is there beside the key made here"
        )
        raise BadInput(said, fields={"private_key": said})
    pem = private_key
    if made_key:
        with visit.engine.begin() as database:
            pem = made_keys.private_key(database, visit.site.runtime.vault, made_key, made_by=visit.who.name) or ""
        certificate = next((key.certificate for key in own_keys(visit) if key.name == made_key), "")
    try:
        Certificate.from_pem("", "", pem)
    except ConfigError as error:
        raise BadInput(str(error), fields={"private_key": str(error)}) from error
    if not certificate:
        return KeyMaterial(pem)
    try:
        return KeyMaterial(pem, certificates.ends_at(certificate.encode(), pem, named="below", now=visit.now))
    except ConfigError as error:
        raise BadInput(str(error), fields={"certificate": str(error)}) from error


def _must_see_all(visit: Visit) -> None:
    if visit.who.connection_ids is not None:
        raise NotAllowed(f"{visit.who.name} sees some connections only; this needs an administrator of all")


def _added(database: Connection, visit: Visit, new: NewConnection) -> StoredConnection:
    if connections.by_name(database, new.name) is not None or new.name in _TAKEN:
        said = f"{new.name} is taken; choose another name"
        raise BadInput(said, fields={"name": said})
    stored = connections.add(database, new, visit.site.runtime.vault, actor=visit.who.name)
    connections.share_concurrency(database, stored)
    operator_actions.write_down(database, stored.id, actor=visit.who.name, action="connection added")
    operating.pause(database, stored, because=NOT_LIVE, actor=visit.who.name)
    return stored


def _validated(visit: Visit, form: NewForm) -> NewConnection:
    """Raises BadInput with every field that is wrong."""
    data = _settings(form)
    faults: dict[str, str] = {}
    key = KeyMaterial("")
    if form.netsuite_auth != "tba":
        try:
            key = key_material(visit, form.netsuite_private_key, form.netsuite_certificate, form.made_key)
        except BadInput as error:
            faults |= {f"netsuite_{name}": said for name, said in error.fields.items()}
    faults |= {_field(fault): fault.sentence for fault in log_in_faults(data)}
    try:
        settings = ConnectionSettings.model_validate(data)
    except ValidationError as error:
        faults |= {_field(Fault(item["loc"], "")): sentence(item) for item in error.errors(include_url=False)}
        raise _refused(faults) from None
    if faults:
        raise _refused(faults)
    return new_connection(settings, key)


def _refused(faults: dict[str, str]) -> BadInput:
    return BadInput("; ".join(f"{name}: {said}" for name, said in faults.items()), fields=faults)


def _settings(form: NewForm) -> dict[str, Any]:
    """As a connection file spells it. Shopify signs with the app's client secret unless another one is named."""
    data: dict[str, Any] = {"name": form.name, "netsuite": {}, "shopify": {}}
    for name, value in form.model_dump(
        exclude={"name", "made_key", "netsuite_private_key", "netsuite_certificate"}
    ).items():
        side, _, setting = name.partition("_")
        if value:
            data[side][setting] = value
    shopify = data["shopify"]
    secret = shopify.pop("webhook_secret", shopify.get("client_secret"))
    shopify["webhook_secrets"] = [secret] if secret else []
    return data


def _field(fault: Fault) -> str:
    """The field of the form that a setting stands in."""
    path = [str(part) for part in fault.path]
    return "shopify_webhook_secret" if "webhook_secrets" in path else "_".join(path[:2])
