"""What Shopify's compliance topics and an uninstalled app ask for. Works on our own rows only: no call is made.

Facts: shopify.dev, "privacy law compliance" (2026-03): data within 30 days, erasure unless the law wants it kept. Ids,
hashes and amounts stay: they are the books'. So does the mirror of NetSuite's customers, which holds ids and keyed
hashes only: without it the next order of somebody in the books would make them a second time.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connector.errors import ConfigError, NeedsDecision
from connector.flows.result import Result
from connector.flows.systems import Workplace
from connector.mapping import external_ids
from connector.mapping.images import redacted_image
from connector.mapping.selection import Exclusion
from connector.shopify.redaction import redacted
from connector.store import connections, credentials, operator_actions, order_notes, privacy
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE, NewCredential
from connector.store.privacy import Export, HeldEvent, ImagesOf
from connector.store.records import CUSTOMER, CUSTOMER_REDACT, DATA_REQUEST, ORDER, SHOP_REDACT, UNINSTALL, Lease
from connector.vault import Vault

UNINSTALLED = "the app was uninstalled from the shop"
SHOP_REDACTED = "the shop's data was erased on Shopify's request"
# Why a connection is paused whose shop must not be called: nothing may be asked of it before the app is installed again.
GONE = (UNINSTALLED, SHOP_REDACTED)
_DUE = timedelta(days=30)
_ACTOR = "Shopify"
_REQUESTS = (DATA_REQUEST, CUSTOMER_REDACT)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a request is about: by id, or by e-mail address alone for a buyer without an account; and their orders."""

    id: str | None
    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    orders: tuple[str, ...]

    @classmethod
    def from_json(cls, request: Mapping[str, Any], orders: str) -> "Person":
        """From the body of a request; `orders` is the member that lists theirs."""
        customer = request.get("customer") or {}
        given = {name: str(customer[name]) if customer.get(name) else None for name in ("id", "email", "phone")}
        return cls(**given, orders=tuple(str(number) for number in request.get(orders) or ()))

    def is_meant_by(self, event: HeldEvent) -> bool:
        """True for a request about the same person, and for any other delivery that names them."""
        if event.kind not in _REQUESTS:
            return self._is_named_in(event.body)
        other = Person.from_json(json.loads(event.body), "")
        if self.id and other.id:
            return self.id == other.id
        return self.email is not None and self.email.lower() == (other.email or "").lower()

    def _is_named_in(self, body: bytes) -> bool:
        """True when a body holds their id, e-mail address, phone number or one of their orders."""
        marks = [re.escape(mark.lower()) for mark in (self.id, self.email, self.phone, *self.orders) if mark]
        text = body.decode("utf-8", errors="replace").lower()
        return bool(marks) and re.search(rf"(?<![\w.])({'|'.join(marks)})(?!\w)", text) is not None


def export_customer(workplace: Workplace, lease: Lease) -> Result:
    """customers/data_request: puts together what is held of a customer, and asks the operator to hand it over."""
    now = datetime.now(UTC)
    with workplace.engine.begin() as connection:
        requests = _requests(connection, workplace.vault, lease)
        if not requests:
            return Result(Exclusion("privacy.redacted", "the customer was erased before the data was put together"))
        if privacy.is_fetched(connection, lease.connection_id, lease.shopify_id):
            return Result()
        due_at = min(event.received_at for event in requests) + _DUE
        request = json.loads(requests[-1].body)
        person = Person.from_json(request, "orders_requested")
        document = {
            "customer": request.get("customer"),
            "made_at": now.isoformat(),
            "deliveries": [
                {"topic": event.topic, "received_at": event.received_at.isoformat(), "body": json.loads(event.body)}
                for event in _about(connection, workplace.vault, lease.connection_id, person)
                if event.kind not in _REQUESTS
            ],
            "written_to_netsuite": privacy.booked(connection, lease.connection_id, person.orders),
        }
        privacy.keep_export(
            connection, workplace.vault, lease.connection_id, lease.shopify_id,
            customer_id=person.id, document=document, due_at=due_at,
        )  # fmt: skip
    return Result(
        open_question=NeedsDecision(
            f"a customer asked for their data: hand it to the merchant before {due_at:%Y-%m-%d}: "
            f"ml-connector privacy export {lease.shopify_id}",
            subject="privacy:data_request",
        )
    )


def hand_over(connection: Connection, vault: Vault, export: Export, *, actor: str) -> dict[str, Any]:
    """What is held of a customer, for the merchant; that it was taken is written down."""
    details = {"request": export.request_id, "customer": export.customer_id}
    operator_actions.write_down(
        connection, export.connection_id, actor=actor, action="customer data exported", details=details
    )
    return privacy.fetch_export(connection, vault, export)


def the_export(connection: Connection, request_id: str, connection_name: str | None) -> Export:
    """The export that answers a request. Raises ConfigError when there is none, or one in several connections."""
    names = {stored.id: stored.name for stored in connections.every(connection)}
    found = [
        export
        for export in privacy.exports_of(connection, request_id)
        if connection_name in (None, names.get(export.connection_id))
    ]
    if not found:
        raise ConfigError(f"no data was put together for a request {request_id}; see `ml-connector privacy list`")
    if len(found) > 1:
        where = ", ".join(names.get(export.connection_id, "?") for export in found)
        raise ConfigError(f"a request {request_id} came to several connections ({where}); say which with --connection")
    return found[0]


def redact_customer(workplace: Workplace, lease: Lease) -> Result:
    """customers/redact: erases a customer from stored bodies, sentences and exports; NetSuite's books stay."""
    vault, connection_id = workplace.vault, lease.connection_id
    with workplace.engine.begin() as connection:
        for event in _requests(connection, vault, lease):
            person = Person.from_json(json.loads(event.body), "orders_to_redact")
            about = _about(connection, vault, connection_id, person)
            asked = [found.shopify_id for found in about if found.kind == DATA_REQUEST and found.shopify_id]
            unfetched = privacy.forget_exports(connection, connection_id, asked)
            count = privacy.redact_events(connection, vault, [event.id, *(found.id for found in about)], redacted)
            customers = () if person.id is None else (person.id,)
            privacy.redact_sentences(connection, connection_id, orders=person.orders, customers=customers)
            privacy.forget_buyers(connection, connection_id, person.orders)
            order_notes.forget(connection, connection_id, person.orders)
            _redact_images(connection, vault, connection_id, person)
            details = {"customer": person.id, "orders": person.orders, "deliveries": count, "unfetched": unfetched}
            operator_actions.write_down(
                connection, connection_id, actor=_ACTOR, action="customer redacted", details=details
            )
    return Result()


def redact_shop(workplace: Workplace, lease: Lease) -> Result:
    """shop/redact: erases everybody from what is stored of a shop, and its tokens. Raises NeedsDecision.

    A shop that was installed again after this was asked keeps its tokens and goes on working.
    """
    with workplace.engine.begin() as connection:
        stored, newest = _newest(connection, workplace.vault, lease)
        if not _is_installed_again(connection, workplace.vault, newest, lease.connection_id):
            connections.pause(connection, stored.id, because=SHOP_REDACTED)
            _destroy_tokens(connection, workplace.vault, stored.id)
            _forget_users(connection, workplace.vault, stored.id)
        unfetched = privacy.forget_exports(connection, stored.id)
        privacy.redact_sentences(connection, stored.id)
        privacy.forget_buyers(connection, stored.id)
        order_notes.forget(connection, stored.id)
    total = 0
    while count := _redact_some(workplace, stored.id):
        total += count
    images = ImagesOf()
    while (last := _redact_some_images(workplace, stored.id, images)) is not None:
        images = ImagesOf(after=last)
    with workplace.engine.begin() as connection:
        details = {"shop": lease.shopify_id, "deliveries": total, "unfetched": unfetched}
        operator_actions.write_down(connection, stored.id, actor=_ACTOR, action="shop redacted", details=details)
    return Result()


def uninstall(workplace: Workplace, lease: Lease) -> Result:
    """app/uninstalled: pauses the connection and destroys its tokens; webhook secrets stay for what Shopify still sends.

    A notice from before the present token is an old one that came late: the app was installed again.
    """
    with workplace.engine.begin() as connection:
        stored, newest = _newest(connection, workplace.vault, lease)
        if _is_installed_again(connection, workplace.vault, newest, stored.id):
            return Result(Exclusion("app.installed_again", "the app was installed again after this notice"))
        connections.pause(connection, stored.id, because=UNINSTALLED)
        _destroy_tokens(connection, workplace.vault, stored.id)
        operator_actions.write_down(connection, stored.id, actor=_ACTOR, action="app uninstalled")
    return Result()


PRIVACY_FLOWS: Mapping[str, Callable[[Workplace, Lease], Result]] = {
    DATA_REQUEST: export_customer,
    CUSTOMER_REDACT: redact_customer,
    SHOP_REDACT: redact_shop,
    UNINSTALL: uninstall,
}


def _requests(connection: Connection, vault: Vault, lease: Lease) -> list[HeldEvent]:
    """The deliveries that ask for this and were not redacted, oldest first. Raises NeedsDecision for another shop's."""
    _newest(connection, vault, lease)
    found = privacy.events_about(connection, vault, lease.connection_id, lease.kind, [lease.shopify_id])
    return [event for event in found if not event.is_redacted]


def _newest(connection: Connection, vault: Vault, lease: Lease) -> tuple[StoredConnection, HeldEvent]:
    """The connection, and the newest delivery that asks for this. Raises NeedsDecision when it is of another shop."""
    stored = connections.by_id(connection, lease.connection_id)
    newest = privacy.events_about(connection, vault, stored.id, lease.kind, [lease.shopify_id])[-1]
    body = json.loads(newest.body)
    shop_id = body.get("id") if lease.kind == UNINSTALL else body.get("shop_id")
    domain = body.get("myshopify_domain") if lease.kind == UNINSTALL else body.get("shop_domain")
    is_ours = domain == stored.shop if stored.shop_id is None else shop_id == stored.shop_id
    if not is_ours:
        raise NeedsDecision(
            f"{newest.topic} came to the webhook URL of {stored.name}, but is of shop {shop_id} ({domain}), not of "
            f"{stored.shop}; nothing was done. Shops that share an app share its compliance URL: give each connection an "
            "app of its own, and do what is asked for that shop by hand",
            subject="privacy:shop",
        )
    return stored, newest


def _about(connection: Connection, vault: Vault, connection_id: int, person: Person) -> list[HeldEvent]:
    """Every delivery about a person: of their orders, of them, and whatever else names them."""
    found = privacy.events_about(connection, vault, connection_id, ORDER, person.orders)
    if person.id is not None:
        found += privacy.events_about(connection, vault, connection_id, CUSTOMER, [person.id])
    kinds = _REQUESTS if person.id is not None else (*_REQUESTS, CUSTOMER)
    return found + privacy.events_that(connection, vault, connection_id, kinds, person.is_meant_by)


def _is_installed_again(connection: Connection, vault: Vault, notice: HeldEvent, connection_id: int) -> bool:
    """True when a token was given after the notice was sent; by this machine's clock and Shopify's."""
    happened_at = notice.triggered_at or notice.received_at
    found = [credentials.read_locked(connection, vault, connection_id, side) for side in (SHOPIFY, SHOPIFY_ONLINE)]
    return any(stored and stored.token and stored.token.issued_at > happened_at for stored in found)


def _destroy_tokens(connection: Connection, vault: Vault, connection_id: int) -> None:
    """Forgets the shop's access and refresh tokens, and any session; the app's secrets stay."""
    credentials.forget(connection, connection_id, side=SHOPIFY_ONLINE)
    shopify = credentials.read_locked(connection, vault, connection_id, SHOPIFY)
    if shopify is not None:
        credentials.keep_token(connection, vault, shopify, None)


def _forget_users(connection: Connection, vault: Vault, connection_id: int) -> None:
    """Forgets whose session it was."""
    shopify = credentials.read_locked(connection, vault, connection_id, SHOPIFY)
    if shopify is not None and "user" in shopify.secrets:
        secrets = {name: value for name, value in shopify.secrets.items() if name != "user"}
        credentials.keep_secrets(connection, vault, shopify, NewCredential(shopify.auth, secrets))


def _redact_images(connection: Connection, vault: Vault, connection_id: int, person: Person) -> None:
    """What we wrote of a person and their orders keeps its figures; a customer's own image goes."""
    shop_id = connections.by_id(connection, connection_id).shop_id or 0
    keys = () if person.id is None else (external_ids.customer(shop_id, person.id),)
    images = ImagesOf(person.orders, keys)
    while (last := privacy.redact_images(connection, vault, connection_id, images, redacted_image)) is not None:
        images = ImagesOf(person.orders, keys, after=last)


def _redact_some_images(workplace: Workplace, connection_id: int, images: ImagesOf) -> int | None:
    with workplace.engine.begin() as connection:
        return privacy.redact_images(connection, workplace.vault, connection_id, images, redacted_image)


def _redact_some(workplace: Workplace, connection_id: int) -> int:
    with workplace.engine.begin() as connection:
        return privacy.redact_batch(connection, workplace.vault, connection_id, redacted)
