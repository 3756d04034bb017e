"""What Shopify's compliance topics and an uninstalled app ask for. Works on our own rows only: no call is made.

Facts: shopify.dev, "privacy law compliance" (2026-03): data within 30 days, erasure unless the law wants it kept.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connector.errors import NeedsDecision
from connector.flows.result import Result
from connector.flows.systems import Workplace
from connector.mapping.selection import Exclusion
from connector.shopify.redaction import redacted
from connector.store import connections, credentials, operator_actions, privacy
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE
from connector.store.records import CUSTOMER, CUSTOMER_REDACT, DATA_REQUEST, ORDER, SHOP_REDACT, UNINSTALL, Lease

UNINSTALLED = "the app was uninstalled from the shop"
_SHOP_REDACTED = "the shop's data was erased on Shopify's request"
_DUE = timedelta(days=30)
_ACTOR = "Shopify"


def export_customer(workplace: Workplace, lease: Lease) -> Result:
    """customers/data_request: puts together what is held of a customer, and asks the operator to hand it over."""
    request = _last_body(workplace, lease)
    customer = request.get("customer") or {}
    orders = [str(number) for number in request.get("orders_requested") or []]
    now = datetime.now(UTC)
    with workplace.engine.begin() as connection:
        about = privacy.events_about(connection, workplace.vault, lease.connection_id, ORDER, orders)
        about += privacy.events_about(
            connection, workplace.vault, lease.connection_id, CUSTOMER, [str(customer.get("id"))]
        )
        document = {
            "customer": customer,
            "made_at": now.isoformat(),
            "deliveries": [
                {"topic": event.topic, "received_at": event.received_at.isoformat(), "body": json.loads(event.body)}
                for event in about
            ],
            "written_to_netsuite": privacy.booked(connection, lease.connection_id, orders),
        }
        privacy.keep_export(
            connection, workplace.vault, lease.connection_id, lease.shopify_id,
            customer_id=_customer_id(request), document=document, due_at=now + _DUE,
        )  # fmt: skip
    return Result(
        open_question=NeedsDecision(
            f"a customer asked for their data: hand it to the merchant before {(now + _DUE):%Y-%m-%d}: "
            f"ml-connector privacy export {lease.shopify_id}",
            subject="privacy:data_request",
        )
    )


def redact_customer(workplace: Workplace, lease: Lease) -> Result:
    """customers/redact: erases a customer from stored bodies, sentences and exports; NetSuite's books stay."""
    request = _last_body(workplace, lease)
    if request.get("redacted"):
        return Result()
    orders = [str(number) for number in request.get("orders_to_redact") or []]
    vault, connection_id = workplace.vault, lease.connection_id
    with workplace.engine.begin() as connection:
        count = privacy.redact_events(connection, vault, connection_id, ORDER, orders, redacted)
        if (customer_id := _customer_id(request)) is not None:
            count += privacy.redact_events(connection, vault, connection_id, CUSTOMER, [customer_id], redacted)
            asked = privacy.forget_exports(connection, connection_id, customer_id)
            count += privacy.redact_events(connection, vault, connection_id, DATA_REQUEST, asked, redacted)
        privacy.redact_sentences(connection, connection_id, orders)
        count += privacy.redact_events(connection, vault, connection_id, lease.kind, [lease.shopify_id], redacted)
        details = {"customer": customer_id, "orders": orders, "deliveries": count}
        operator_actions.write_down(
            connection, connection_id, actor=_ACTOR, action="customer redacted", details=details
        )
    return Result()


def redact_shop(workplace: Workplace, lease: Lease) -> Result:
    """shop/redact: erases everybody from what is stored of a shop, and its credentials. Raises NeedsDecision."""
    with workplace.engine.begin() as connection:
        stored = connections.by_id(connection, lease.connection_id)
    if stored.shop_id is not None and str(stored.shop_id) != lease.shopify_id:
        raise NeedsDecision(
            f"Shopify asks to erase shop {lease.shopify_id}, but {stored.name} is of shop {stored.shop_id}; nothing was "
            "erased. Look which app's secret this connection shares",
            subject="privacy:shop_redact",
        )
    with workplace.engine.begin() as connection:
        connections.pause(connection, stored.id, because=_SHOP_REDACTED)
        credentials.forget(connection, stored.id, side=SHOPIFY_ONLINE)
        _destroy_tokens(workplace, connection, stored.id)
        privacy.forget_exports(connection, stored.id)
        privacy.forget_customers(connection, stored.id)
        privacy.redact_sentences(connection, stored.id)
    total = 0
    while count := _redact_some(workplace, stored.id):
        total += count
    with workplace.engine.begin() as connection:
        details = {"shop": lease.shopify_id, "deliveries": total}
        operator_actions.write_down(connection, stored.id, actor=_ACTOR, action="shop redacted", details=details)
    return Result()


def uninstall(workplace: Workplace, lease: Lease) -> Result:
    """app/uninstalled: pauses the connection and destroys its tokens; webhook secrets stay for what Shopify still sends.

    A notice from before the present token is an old one that came late: the app was installed again.
    """
    with workplace.engine.begin() as connection:
        newest = privacy.events_about(connection, workplace.vault, lease.connection_id, UNINSTALL, [lease.shopify_id])[
            -1
        ]
        happened_at = newest.triggered_at or newest.received_at
        shopify = credentials.read_locked(connection, workplace.vault, lease.connection_id, SHOPIFY)
        if shopify and shopify.token and shopify.token.issued_at > happened_at and shopify.auth != "static":
            return Result(Exclusion("app.installed_again", "the app was installed again after this notice"))
        connections.pause(connection, lease.connection_id, because=UNINSTALLED)
        credentials.forget(connection, lease.connection_id, side=SHOPIFY_ONLINE)
        _destroy_tokens(workplace, connection, lease.connection_id)
        operator_actions.write_down(connection, lease.connection_id, actor=_ACTOR, action="app uninstalled")
    return Result()


PRIVACY_FLOWS: Mapping[str, Callable[[Workplace, Lease], Result]] = {
    DATA_REQUEST: export_customer,
    CUSTOMER_REDACT: redact_customer,
    SHOP_REDACT: redact_shop,
    UNINSTALL: uninstall,
}


def _last_body(workplace: Workplace, lease: Lease) -> dict[str, Any]:
    """The body of the newest delivery that asked for this."""
    with workplace.engine.begin() as connection:
        found = privacy.events_about(connection, workplace.vault, lease.connection_id, lease.kind, [lease.shopify_id])
    body: dict[str, Any] = json.loads(found[-1].body)
    return body


def _customer_id(request: Mapping[str, Any]) -> str | None:
    number = (request.get("customer") or {}).get("id")
    return None if number is None else str(number)


def _destroy_tokens(workplace: Workplace, connection: Connection, connection_id: int) -> None:
    """Forgets the shop's access and refresh tokens."""
    shopify = credentials.read_locked(connection, workplace.vault, connection_id, SHOPIFY)
    if shopify is not None:
        credentials.keep_token(connection, workplace.vault, shopify, None)


def _redact_some(workplace: Workplace, connection_id: int) -> int:
    with workplace.engine.begin() as connection:
        return privacy.redact_batch(connection, workplace.vault, connection_id, redacted)
