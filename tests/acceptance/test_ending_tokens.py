"""Five hundred orders flow while the tokens of both sides end every eight seconds; nobody notices but the ledgers."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connector.sandbox.judge import judge
from connector.sandbox.scenario import world as scenario
from connector.sandbox.scenario.day import Day, day
from connector.sandbox.shopify.webhooks import deliver_all
from connector.store import connections, credentials
from connector.store.credentials import SHOPIFY, NewCredential
from connector.tokens import RENEW_SHARE
from tests.running import Product, product_in
from tests.waiting import eventually
from tests.world import CLIENT, World, expiring_token, opened_world

ORDERS = 500
# A quarter of it is left when a token is renewed: more than a busy machine keeps a request waiting.
LIFE = 8.0
# Orders in NetSuite when both sides revoke every token they have given.
REVOKED_AT = (120, 240, 360)
KNOWN = 50


@pytest.fixture
def product(database: Engine, database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Product]:
    """The product between a shop and an account whose tokens end soon."""
    account = scenario.account_config(KNOWN) | {"token_seconds": LIFE}
    with opened_world(database, redis_url, rules=scenario.rules(), account=account) as world:
        world.shop.change(scenario.shop_config() | {"token_seconds": LIFE})
        with world.engine.begin() as connection:
            login = NewCredential("offline", CLIENT, expiring_token(world))
            credentials.put(connection, world.runtime.vault, world.connection.id, SHOPIFY, login)
            connections.touch(connection, world.connection.id)
        with product_in(world, database_url, redis_url, tmp_path) as made:
            yield made


def plain_day() -> Day:
    """Orders that all must come to stand in NetSuite, with doubled, late and backward deliveries."""
    whole = day(3, ORDERS + 50)
    sales = tuple(sale for sale in whole.sales if sale.expect == "synced")[:ORDERS]
    wanted = {sale.order["id"] for sale in sales}
    return Day(sales, tuple(item for item in whole.deliveries if item["order_id"] in wanted))


def play(planned: Day, product: Product) -> float:
    """Sends every delivery and revokes all tokens now and then; seconds until everything was worked off."""
    world, began = product.world, time.monotonic()
    for sale in planned.sales:
        world.shop.put_order(sale.order, sale.transactions)
    product.start_web()
    product.start_worker("first")
    product.start_worker("second")
    with ThreadPoolExecutor(1) as sender:
        sending = sender.submit(deliver_all, world.shop, planned.deliveries, parallel=6)
        for count in REVOKED_AT:
            eventually(partial(has_arrived, world, count), within=60)
            world.shop.oauth.revoke_all()
            world.account.tokens.revoke_all()
        assert sending.result()["failed"] == []
    eventually(lambda: undone(world) == 0, within=150)
    return time.monotonic() - began


def has_arrived(world: World, count: int) -> bool:
    """True when so many orders stand in the account."""
    return world.account.counts().get("SalesOrd", 0) >= count


def undone(world: World) -> int:
    """Records that are still to be worked on."""
    with world.engine.begin() as connection:
        return int(
            connection.execute(text("select count(*) from records where state in ('pending', 'working')")).scalar_one()
        )


def passes(world: World) -> list[list[dict[str, Any]]]:
    """The calls of every pass over a record, in their order."""
    with world.engine.begin() as connection:
        return [list(row.calls) for row in connection.execute(text("select calls from attempts order by id"))]


@pytest.mark.timeout(300)
def test_five_hundred_orders_flow_while_tokens_end_every_eight_seconds(product: Product) -> None:
    world, planned = product.world, plain_day()
    assert len(planned.sales) == ORDERS
    seconds = play(planned, product)
    shop, account = world.shop.ledger(), world.account.ledger()
    known = [item["id"] for item in scenario.existing_customers(KNOWN)]
    verdict = judge(shop, account, planned, shop_id=scenario.SHOP_ID, known_customers=known)
    assert verdict.problems == []
    assert verdict.in_netsuite == ORDERS
    with world.engine.begin() as connection:
        states = connection.execute(
            text("select state, reason, count(*) from records where kind = 'order' group by 1, 2")
        ).all()
        assert connections.by_id(connection, world.connection.id).halt_code is None
    assert [tuple(row) for row in states] == [("in_sync", None, ORDERS)]
    assert shop["tokens"]["refused_ended"] == account["tokens"]["refused_ended"] == 0
    # Each renewal came three quarters of a life after the one before it, or after a revocation: none was made twice.
    most = seconds / (LIFE * (1 - 1 / RENEW_SHARE)) + 2 + len(REVOKED_AT)
    issued = {"shop": shop["tokens"]["issued"]["offline_expiring"], "account": account["tokens"]["issued"]}
    assert all(count <= most for count in issued.values()), (issued, most)
    assert all(count > len(REVOKED_AT) + 1 for count in issued.values()), issued
    refusals = {"shopify": shop["tokens"]["refused_replaced"], "netsuite": account["tokens"]["refused_revoked"]}
    assert min(refusals.values()) > 0
    product.supervisor.stop()
    told = Counter(call["system"] for call in logged_calls(product.logs) if call["status"] == 401)
    assert dict(told) == refusals
    met = assert_refused_calls_were_repeated(passes(world))
    # The rest was met by the runs of the schedules, which the workers begin too and whose calls only the log keeps.
    assert all(0 < met[system] <= told[system] for system in refusals), (met, told)


def assert_refused_calls_were_repeated(made: list[list[dict[str, Any]]]) -> Counter[str]:
    """Every 401 in a pass was followed by the same call with another token, and in the end it was taken."""
    refused: Counter[str] = Counter()
    for calls in made:
        business = [call for call in calls if call["path"] != "token"]
        for call, following in pairwise(business):
            if call["status"] == 401:
                refused[call["system"]] += 1
                assert (following["method"], following["path"]) == (call["method"], call["path"]), json.dumps(calls)
        assert business[-1]["status"] != 401, json.dumps(calls)
    return refused


def logged_calls(logs: Path) -> Iterator[dict[str, Any]]:
    """Every call that any process made, as its log tells it."""
    for path in logs.glob("*.log"):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("{") and (told := json.loads(line)).get("event") == "call":
                yield told
