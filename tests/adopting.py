"""Orders of another connector in a world: what it wrote, and what became ours."""

from typing import Any

from sqlalchemy import Engine, select

from connector.mapping.rules import Rules
from connector.sandbox.netsuite import records as account_records
from connector.sandbox.netsuite.accountant import act as account_act
from connector.sandbox.netsuite.transforms import transform
from connector.sandbox.shopify.acts.verbs import act as shop_act
from connector.store import connections
from connector.store.tables import effects
from tests import factories
from tests.world import World, another_runtime, opened_world

Json = dict[str, Any]
FIELD = "custbody_celigo_etail_order_id"
USD = {"id": "1"}
BUYER = {"id": "1456"}


def opened(database: Engine, redis_url: str, *, adoption: Json | None = None, **rules: Any) -> Any:
    """A world whose account has the field of another connector."""
    made = factories.rules_json(adoption={"field": FIELD} | (adoption or {}), **rules)
    return opened_world(database, redis_url, rules=made, account={"body_fields": [FIELD]})


def foreign(world: World, number: int, *, rate: float = 20.0, quantity: int = 1, **fields: Any) -> str:
    """The other connector's sales order of an order; its internal id."""
    line = {"item": {"id": "812"}, "quantity": quantity, "price": {"id": "-1"}, "rate": rate}
    body: Json = {
        "entity": BUYER, "currency": USD, "orderStatus": {"id": "B"}, FIELD: str(number), "item": {"items": [line]},
    }  # fmt: skip
    return str(account_act(world.account, {"act": "enter", "fields": body | fields})["id"])


def deposited(world: World, order_id: str, amount: float = 20.0) -> str:
    """The other connector's deposit of an order; its internal id."""
    body: Json = {
        "customer": BUYER, "currency": USD, "salesOrder": {"id": order_id}, "payment": amount,
        "paymentOption": {"id": "8"}, "account": {"id": "123"},
    }  # fmt: skip
    return account_records.create(world.account, "customerDeposit", body, validation="Error")


def standing(world: World, kind: str) -> list[str]:
    """Internal ids of what we know to stand, of a kind."""
    with world.engine.begin() as connection:
        query = select(effects.c.remote_id).where(effects.c.kind == kind, effects.c.state == "confirmed")
        return [str(number) for number in connection.execute(query.order_by(effects.c.id)).scalars()]


def shop_happens(world: World, verb: str, **asked: Any) -> None:
    """Something happens to the order in the shop."""
    shop_act(world.shop, {"act": verb, "order_id": 5001, "at": "2026-11-21T10:00:00-05:00", **asked})


def happens(world: World, verb: str, **asked: Any) -> None:
    """The same, and a worker looks at it."""
    shop_happens(world, verb, **asked)
    world.work(world.announce(5001))


def with_rules(world: World, rules: Json) -> None:
    """The operator sets other rules; every process reads them a few seconds later."""
    with world.engine.begin() as connection:
        made = Rules.from_json(rules).to_json()
        connections.change_rules(connection, world.connection, made, actor="test", note="test")
    world.runtime = another_runtime(world)


def given_back(world: World, cash_sale: str) -> str:
    """The other connector's cash refund over a whole cash sale; its internal id."""
    source = world.account.records[("cashSale", cash_sale)]
    body = {"account": {"id": "123"}}
    return transform(world.account, source, "cashRefund", body, validation="Error")
