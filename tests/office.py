"""The receiver, served, between a shop that sends webhooks and a worker; and a person whose data is looked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select, text, update

from connector.flows.process import process
from connector.sandbox.serve import Served
from connector.sandbox.shopify.webhooks import deliver
from connector.store import connections, credentials, inbox, operator_actions
from connector.store.columns import metadata
from connector.store.connection_tables import exports
from connector.store.connections import StoredConnection
from connector.store.credentials import SHOPIFY, SHOPIFY_ONLINE
from connector.store.effects import from_row, image_of
from connector.store.operator_actions import OperatorAction
from connector.store.tables import effects, events, records
from connector.tokens import Token
from tests import factories
from tests.payloads import payment, rest_order
from tests.world import World, another_runtime
from web.app import create_app
from web.health import Health
from web.receiver import Receiver
from web.wake import Wakes

SHOP_ID = factories.SHOP_ID
# Every text of the planted person: nowhere to be found afterwards.
PLANTED = {
    "name": "Zoë Planted",
    "email": "Zoe.Planted@example.net",
    "phone": "+15555550177",
    "street": "77 Planted Lane",
    "note": "leave it with Planted's neighbour",
    "ip": "192.0.2.77",
}
CUSTOMER = 7077
ADDRESS = {"name": PLANTED["name"], "address1": PLANTED["street"], "phone": PLANTED["phone"], "city": "Plantedville"}


def order_of_planted(number: int = 5001, **changes: Any) -> dict[str, Any]:
    """An order by the planted person, with everything Shopify knows of them."""
    return rest_order(
        number,
        email=PLANTED["email"],
        contact_email=PLANTED["email"],
        phone=PLANTED["phone"],
        note=PLANTED["note"],
        note_attributes=[{"name": "wish", "value": PLANTED["note"]}],
        browser_ip=PLANTED["ip"],
        client_details={"browser_ip": PLANTED["ip"]},
        customer={"id": CUSTOMER, "first_name": PLANTED["name"], "last_name": "P", "email": PLANTED["email"]},
        shipping_address=ADDRESS,
        billing_address=ADDRESS,
        **changes,
    )


REQUEST = {
    "shop_id": SHOP_ID,
    "shop_domain": "demo-store.myshopify.com",
    "customer": {"id": CUSTOMER, "email": PLANTED["email"], "phone": PLANTED["phone"]},
}
DATA_REQUEST = REQUEST | {"orders_requested": [5001], "data_request": {"id": 9999}}
REDACT = REQUEST | {"orders_to_redact": [5001]}
SHOP_REDACT = {"shop_id": SHOP_ID, "shop_domain": "demo-store.myshopify.com"}
GUEST = {"email": PLANTED["email"].lower(), "phone": None}


@dataclass(slots=True)
class Office:
    """The world with its receiver, and the command line beside it."""

    world: World
    url: str

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.world.engine

    def send(self, topic: str, body: dict[str, Any], *, key: str | None = None, **rest: Any) -> int:
        """The shop delivers a signed webhook to the receiver; the status."""
        url = f"{self.url}/webhooks/shopify/{key or self.world.connection.key}"
        return deliver(self.world.shop, {"topic": topic, "body": body, "url": url} | rest)[0]

    def work(self) -> None:
        """The worker does what is due."""
        runtime = another_runtime(self.world)
        with self.engine.begin() as connection:
            due = connection.execute(select(records.c.id).where(records.c.state == "pending")).scalars().all()
        for record_id in due:
            process(record_id, runtime, worker="test")

    def ask(self, topic: str, body: dict[str, Any], **rest: Any) -> None:
        """A webhook comes and is worked on."""
        assert self.send(topic, body, **rest) == 200
        self.work()

    def record(self, kind: str) -> Any:
        """The only record of a kind."""
        with self.engine.begin() as connection:
            return connection.execute(select(records).where(records.c.kind == kind)).one()

    def stored(self) -> StoredConnection:
        """The connection as it stands."""
        with self.engine.begin() as connection:
            return connections.by_id(connection, self.world.connection.id)

    def token(self, side: str = SHOPIFY) -> Token | None:
        """The token that is stored."""
        with self.engine.begin() as connection:
            found = credentials.read(connection, self.world.runtime.vault, self.world.connection.id, side)
        return found.token if found else None

    def acts(self) -> list[OperatorAction]:
        """What was done to the connection."""
        with self.engine.begin() as connection:
            return operator_actions.of_connection(connection, self.world.connection.id)

    def bodies(self, connection_id: int | None = None) -> list[Any]:
        """Every stored body, opened, oldest first."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(events).order_by(events.c.id)).all()
        return [
            json.loads(inbox.opened_body(self.world.runtime.vault, row.connection_id, row.delivery_id, row.body))
            for row in rows
            if connection_id in (None, row.connection_id)
        ]

    def everything(self) -> str:
        """All that is in the database, with every sealed value opened, as one text."""
        vault, found = self.world.runtime.vault, [json.dumps(self.bodies(), ensure_ascii=False)]
        with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                found += [repr(row) for row in connection.execute(select(table))]
            for row in connection.execute(select(exports)):
                place = f"export of connection {row.connection_id}, {row.request_id}"
                found.append(json.dumps(json.loads(vault.open(row.document, associated=place)), ensure_ascii=False))
            for row in connection.execute(select(effects).where(effects.c.image.is_not(None))):
                found.append(json.dumps(image_of(from_row(row), vault), default=str, ensure_ascii=False))
            for stored in connections.every(connection):
                for side in (SHOPIFY, SHOPIFY_ONLINE):
                    credential = credentials.read(connection, vault, stored.id, side)
                    found.append(repr(credential and (dict(credential.secrets), credential.token)))
        return "\n".join(found)

    def planted(self) -> list[str]:
        """What is still to be found of the planted person."""
        text = self.everything().lower()
        return [what for what, value in PLANTED.items() if value.lower() in text] + (
            ["city"] if "plantedville" in text else []
        )


@contextmanager
def opened_office(world: World, redis_url: str) -> Iterator[Office]:
    """The world with its receiver, served over HTTP."""
    runtime = world.runtime
    wakes = Wakes(redis_url)
    receiver = Receiver(runtime.engine, runtime.vault, wakes, runtime.counters)
    app = create_app(receiver, Health(runtime.engine, runtime.redis, runtime.counters))
    with Served(app.wsgi_app) as served:
        yield Office(world, served.url)
    wakes.close()


def buys(office: Office, order: dict[str, Any] | None = None, topic: str = "orders/create") -> None:
    """An order is placed, announced and written to NetSuite."""
    made = order or order_of_planted()
    office.world.shop.put_order(made, [payment(made)])
    office.ask(topic, made)


def has_been_here(office: Office) -> None:
    """The planted person bought, changed their account, and stands in deliveries that name no record of ours."""
    buys(office)
    office.ask("orders/updated", order_of_planted())
    office.ask("refunds/create", {"id": 31, "order_id": 5001, "note": PLANTED["note"]})
    person = {"id": CUSTOMER, "first_name": PLANTED["name"], "email": PLANTED["email"], "default_address": ADDRESS}
    office.ask("customers/update", person)
    office.ask("draft_orders/create", {"id": 77, "email": PLANTED["email"].lower(), "note": PLANTED["note"]})


def quoted_by_netsuite(office: Office) -> None:
    """A refusal that quotes what somebody typed stands with their order and its pass."""
    sentence = f"NetSuite refuses the address {PLANTED['street']} of {PLANTED['email']}"
    with office.engine.begin() as connection:
        held = update(records).where(records.c.kind == "order")
        connection.execute(held.values(state="held", reason_code="rejected", reason=sentence))
        call = {"system": "netsuite", "method": "POST", "path": "salesOrder", "status": 400, "ms": 5, "effect": 1}
        calls = json.dumps([call | {"answer": sentence}, call | {"status": 204}])
        connection.execute(
            text("update attempts set reason = :said, calls = cast(:calls as jsonb)"),
            {"said": sentence, "calls": calls},
        )


COMPLIANCE = {
    "customers/data_request": DATA_REQUEST,
    "customers/redact": REDACT,
    "shop/redact": SHOP_REDACT,
    "app/uninstalled": {"id": SHOP_ID, "myshopify_domain": "demo-store.myshopify.com"},
}
