"""No `repr` shows a secret or what a customer typed: a field that is named like one is left out of it."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from pydantic import BaseModel, ValidationError

import connector
import web
from connector.config import Settings
from connector.store.credentials import NewCredential
from connector.store.privacy import HeldEvent
from connector.tokens import Token
from connector.transport import Request
from web.console.asking import Form
from web.console.connection_new import NewForm

HIDDEN = {
    "access_token", "refresh_token", "refresh_tokens", "fallback_token", "client_secret", "webhook_secrets", "user",
    "event_secrets", "private_key", "consumer_secret", "token_secret", "email_key", "secret", "secrets", "password",
    "database_url", "redis_url", "keys", "body", "content", "headers", "phone", "session_secret", "password_hash",
    "totp", "recovery_hash",
}  # fmt: skip
# Sealed, or no secret whatever its name says.
SHOWN = {
    "Delivery.body": "sealed",
    "Delivery.headers": "Shopify's own, kept in the open",
    "Refusal.headers": "what goes with a status",
    "Tally.keys": "ids of keys and counts",
    "LogIn.needed": "names of settings",
    "ImagesOf.keys": "external ids",
    "LookUpTable.keys": "names of rules",
    "TableView.keys": "names of rules",
    "NewPage.keys": "names of keys, without what is secret",
    "RotatePage.keys": "names of keys, without what is secret",
    "Invited.user": "one of ours, without what he signs in with",
    "SignedIn.user": "one of ours, without what he signs in with",
}
# Whole records of either side: what they hold of a person never comes into a sentence or a log line.
RECORDS = (
    "connector.shopify.records",
    "connector.shopify.customers",
    "connector.netsuite.records",
    "connector.flows.plan",
)


def modules() -> Iterator[ModuleType]:
    """Every module of the product that can be imported without a start."""
    for package in (connector, web):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and not found.name.endswith(("__main__", "web.wsgi")):
                yield importlib.import_module(found.name)


def shown_fields() -> Iterator[tuple[str, str, str]]:
    """Module, class and name of every field that a repr shows."""
    for module in modules():
        for kind in vars(module).values():
            if not isinstance(kind, type) or kind.__module__ != module.__name__:
                continue
            if dataclasses.is_dataclass(kind):
                yield from (
                    (module.__name__, kind.__name__, item.name) for item in dataclasses.fields(kind) if item.repr
                )
            elif issubclass(kind, BaseModel) and not issubclass(kind, Form):
                yield from (
                    (module.__name__, kind.__name__, name) for name, item in kind.model_fields.items() if item.repr
                )


def test_no_field_that_holds_a_secret_is_part_of_a_repr() -> None:
    wrong = [
        f"{module}.{kind}.{name}"
        for module, kind, name in shown_fields()
        if name in HIDDEN and f"{kind}.{name}" not in SHOWN and module not in RECORDS and "sandbox" not in module
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Token, "access_token"),
        (Settings, "keys"),
        (NewCredential, "secrets"),
        (Request, "content"),
        (HeldEvent, "body"),
    ],
)
def test_the_fields_that_matter_most_are_still_called_so(kind: type, name: str) -> None:
    (found,) = [item for item in dataclasses.fields(kind) if item.name == name]
    assert not found.repr


def test_nothing_that_was_typed_into_a_form_is_shown_by_its_repr_or_its_fault() -> None:
    typed = NewForm(name="us", netsuite_account="1", shopify_shop="s", netsuite_private_key="SECRET-KEY")
    assert "SECRET-KEY" not in repr(typed)
    with pytest.raises(ValidationError) as caught:
        NewForm.model_validate({"name": "us", "netsuite_private_key": ["SECRET-KEY"]})
    assert "SECRET-KEY" not in str(caught.value)
