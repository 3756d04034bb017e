"""Both sandboxes served in this process, a database, and a connection between them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import Engine, insert

from connector.config import Key
from connector.counters import Counters
from connector.flows.guard import Pair
from connector.flows.process import Outcome, process
from connector.mapping.rules import Rules
from connector.runtime import Runtime, redis_client
from connector.sandbox.netsuite.account import Account, AccountConfig
from connector.sandbox.netsuite.app import account_app
from connector.sandbox.serve import Served
from connector.sandbox.shopify.app import shop_app
from connector.sandbox.shopify.shop import Shop, ShopConfig
from connector.store import connections, due, inbox, records
from connector.store.connections import NewConnection, StoredConnection
from connector.store.credentials import NewCredential
from connector.store.records import RecordView
from connector.store.tables import records as records_table
from connector.tokens import Token
from connector.vault import Vault
from tests import factories
from tests.payloads import payment

WEBHOOK_SECRET = "hush-new"
KEY = Key("test", b"t" * 32)
SESSION_SECRET = "test-session-secret-" + "s" * 32


@cache
def key_pair() -> tuple[str, str]:
    """Private and public key of the NetSuite mapping, in PEM text; made once, for it takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def account_config(**changes: Any) -> dict[str, Any]:
    """An account in which everything the test rules name exists."""
    items = {"812": "MUG-RED", "813": "MUG-BLUE", "901": "Custom", "902": "Gift card", "903": "Tip", "904": "Duty"}
    items |= {"905": "Fee", "910": "Discount", "911": "Tax", "912": "Rounding"}
    config: dict[str, Any] = {
        "account": "1234567_SB1",
        "oauth2": {"client_id": "client", "certificate_id": "cert", "certificate_pem": key_pair()[1]},
        "subsidiaries": [{"id": "1", "name": "Parent"}],
        "locations": [{"id": "2", "name": "Warehouse"}],
        "currencies": [
            {"id": number, "symbol": symbol} for symbol, number in factories.rules_json()["currencies"].items()
        ],
        "items": [
            {"id": number, "itemid": name, "itemtype": "InvtPart" if number < "900" else "OthCharge"}
            for number, name in items.items()
        ],
        "customers": [
            {"id": "1400", "email": "default@example.com", "subsidiary": "1"},
            {"id": "1456", "email": "known@example.com", "subsidiary": "1"},
        ],
        "accounts": [{"id": "123", "name": "Bank"}],
        "payment_methods": [{"id": "8", "name": "Card"}, {"id": "9", "name": "Gift card"}],
        "ship_items": [{"id": "41", "name": "Standard"}],
    }
    return config | changes


@dataclass(slots=True)
class World:
    """Everything a flow needs, and what became of it."""

    shop: Shop
    account: Account
    runtime: Runtime
    connection: StoredConnection
    shop_url: str
    account_url: str

    @property
    def engine(self) -> Engine:
        """The database."""
        return self.runtime.engine

    def sell(self, order: dict[str, Any], *payments: dict[str, Any]) -> int:
        """An order is placed and announced; the id of its record. Without payments, one sale over the total."""
        self.shop.put_order(order, list(payments) or [payment(order)])
        return self.announce(order["id"])

    def announce(self, order_id: int) -> int:
        """Marks the order's record dirty, as a webhook does; its id."""
        with self.engine.begin() as connection:
            row = connection.execute(
                records_table.select().where(
                    records_table.c.kind == records.ORDER, records_table.c.shopify_id == str(order_id)
                )
            ).one_or_none()
            if row is not None:
                due.mark_dirty(connection, row.id)
                return int(row.id)
            made = connection.execute(
                insert(records_table)
                .values(connection_id=self.connection.id, kind=records.ORDER, shopify_id=str(order_id))
                .returning(records_table.c.id)
            )
            return int(made.scalar_one())

    def work(self, record_id: int) -> Outcome | None:
        """One pass over a record."""
        return process(record_id, self.runtime, worker="test")

    def record(self, order_id: int) -> RecordView:
        """The record of an order."""
        with self.engine.begin() as connection:
            return records.by_shopify_id(connection, str(order_id))[0]

    def transactions(self, kind: str | None = None) -> list[Mapping[str, Any]]:
        """What stands in the account, by the account's own ledger."""
        found: list[Mapping[str, Any]] = self.account.ledger()["transactions"]
        return [item for item in found if kind in (None, item["type"])]

    def calls(self) -> list[str]:
        """The account's own log: method, path and status of every call."""
        return [f"{call.method} {call.path} {call.status}" for call in self.account.calls]

    def deliver(self, delivery: inbox.Delivery) -> inbox.Accepted:
        """Keeps one delivery."""
        with self.engine.begin() as connection:
            return inbox.accept(connection, [delivery])


def new_connection(
    shop_url: str, account_url: str, *, rules: Mapping[str, Any], name: str = "us-store"
) -> NewConnection:
    """What a connection file would say."""
    return NewConnection(
        name=name,
        shop="demo-store.myshopify.com",
        shopify_api_url=shop_url,
        shopify_api_version="2026-10",
        netsuite_account="1234567_SB1",
        netsuite_api_url=account_url,
        netsuite_concurrency=5,
        rules=Rules.from_json(rules).to_json(),
        shopify=NewCredential(
            "static", {"webhook_secrets": [WEBHOOK_SECRET]}, Token("shpat_sandbox", datetime.now(UTC))
        ),
        netsuite=NewCredential(
            "oauth2", {"client_id": "client", "certificate_id": "cert", "private_key": key_pair()[0]}
        ),
    )


def approved(engine: Engine, stored: StoredConnection) -> StoredConnection:
    """The connection as it is after its first check: who answers is known and approved."""
    pair = Pair(stored.shop, factories.SHOP_ID, False, stored.netsuite_account, False)
    with engine.begin() as connection:
        connections.keep_approval(connection, stored.id, pair.to_json(), shop_id=pair.shop_id)
        return connections.by_id(connection, stored.id)


@contextmanager
def opened_world(
    engine: Engine, redis_url: str, *, rules: Mapping[str, Any] | None = None, account: Mapping[str, Any] | None = None
) -> Iterator[World]:
    """Both sandboxes, served, and a connection between them."""
    with ExitStack() as stack:
        shop = Shop(ShopConfig(webhook_secret=WEBHOOK_SECRET))
        books = Account(AccountConfig.from_json(account_config(**(account or {}))))
        shop_url = stack.enter_context(Served(shop_app(shop))).url
        account_url = stack.enter_context(Served(account_app(books))).url
        redis = redis_client(redis_url)
        runtime = Runtime(engine, redis, Vault((KEY,)), Counters(redis))
        stack.callback(runtime.close)
        new = new_connection(shop_url, account_url, rules=rules or factories.rules_json())
        with engine.begin() as connection:
            added = connections.add(connection, new, runtime.vault)
        stored = approved(engine, added)
        yield World(shop, books, runtime, stored, shop_url, account_url)


def with_login(world: World, *, shopify: NewCredential | None = None, netsuite: NewCredential | None = None) -> None:
    """Gives the world's connection other credentials, as adding its file again does; who answers was seen already."""
    new = new_connection(world.shop_url, world.account_url, rules=factories.rules_json())
    new = replace(new, shopify=shopify or new.shopify, netsuite=netsuite or new.netsuite)
    with world.engine.begin() as connection:
        stored = connections.by_id(connection, world.connection.id)
        connections.change(connection, stored, new, world.runtime.vault)
        connections.mark_checked(connection, stored.id)


def another_runtime(world: World) -> Runtime:
    """The runtime of one more process on the same database."""
    return Runtime(world.engine, world.runtime.redis, world.runtime.vault, world.runtime.counters)


CLIENT = {"client_id": "app", "client_secret": "app-secret", "webhook_secrets": [WEBHOOK_SECRET]}


def app_of(world: World) -> None:
    """The shop knows the app of CLIENT."""
    world.shop.config.client_id, world.shop.config.client_secret = CLIENT["client_id"], CLIENT["client_secret"]  # type: ignore[assignment]  # both are texts


def expiring_token(world: World) -> Token:
    """An offline token that ends, with its refresh token, as an install gives it."""
    app_of(world)
    code = world.shop.oauth.authorized({"state": "s", "redirect_uri": "x"}).partition("code=")[2].partition("&")[0]
    answer = world.shop.oauth.answer({**CLIENT, "code": code, "expiring": "1"})
    issued = datetime.now(UTC)
    return Token(
        answer["access_token"],
        issued,
        issued + timedelta(seconds=answer["expires_in"]),
        refresh_tokens=(answer["refresh_token"],),
        refresh_ends_at=issued + timedelta(days=90),
    )
