"""Secrets are planted everywhere, the product is driven through success and every kind of failure; then nothing is found.

Looked at: logs at DEBUG, standard output and error of commands, Redis while it works and afterwards, Flower and the web
process's pages, every column of every table (sentences and the calls of the time line stand in them).
"""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis
from sqlalchemy import text
from werkzeug.wrappers import Request, Response

from connector.cli.serve import celery_argv
from connector.embedded.servers import free_port
from connector.sandbox.serve import Served
from connector.store import connections, halts
from connector.store.credentials import NETSUITE, NewCredential
from tests.acceptance.conftest import Product
from tests.acceptance.test_flower import environment, flower_command
from tests.payloads import rest_order
from tests.planted import CANARY, TBA, everything_in, plant, planted, put
from tests.waiting import eventually
from tests.world import World, key_pair

pytestmark = pytest.mark.timeout(300)

PASSWORD = "planted-flower-password"
PLAIN = "5099"
SHOW_ORDER = ("orders", "show", "5001", "--json")
OAUTH2 = {"client_id": "client", "certificate_id": "cert", "private_key": key_pair()[0]}


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A server that answers every request with all it was sent, and no JSON."""
    asked = Request(environ)
    return Response(f"{asked.headers}{asked.get_data(as_text=True)}")(environ, start_response)


def order(number: int) -> dict[str, Any]:
    """An order of somebody who must be found nowhere."""
    made = rest_order(number, email=f"{CANARY}@example.com", note=CANARY)
    made["customer"] |= {"first_name": CANARY, "email": f"{CANARY}@example.com"}
    made["shipping_address"] |= {"name": CANARY, "address1": CANARY}
    return made


def sell_until(product: Product, number: int, outcome: str) -> None:
    """Sells one more order and waits until a pass over it ended so."""
    assert product.sell(order(number)) == [200]
    eventually(lambda: outcome in outcomes(product.world, number), within=60)


def outcomes(world: World, number: int) -> set[str]:
    """How the passes over an order ended so far, and where it stands."""
    with world.engine.begin() as connection:
        found = connection.execute(
            text("select a.outcome from attempts a join records r on r.id = a.record_id where r.shopify_id = :id"),
            {"id": str(number)},
        )
        return set(found.scalars())


def change(world: World, **values: Any) -> None:
    """Changes the connection's row, which every process notices, and lifts what halts it."""
    settings = ", ".join(f"{name} = :{name}" for name in values)
    with world.engine.begin() as connection:
        if values:
            connection.execute(text(f"update connections set {settings}"), values)
        connections.touch(connection, world.connection.id)
        connections.mark_checked(connection, world.connection.id)
        halts.lift(connection, world.connection.id)


def drive(product: Product) -> None:
    """One success, and one failure of every kind."""
    world = product.world
    account, rules = world.account, json.dumps(dict(world.connection.rules))
    sell_until(product, 5001, "in_sync")
    # A 401 on both sides, answered with new tokens.
    world.shop.oauth.revoke_all()
    account.tokens.revoke_all()
    sell_until(product, 5002, "in_sync")
    # Refused log-ins: the certificate, then token-based.
    account.change({"oauth2": (account.config.oauth2 or {}) | {"revoked": True}, "revoke_tokens": True})
    sell_until(product, 5003, "unauthorized")
    put(world, NETSUITE, NewCredential("tba", TBA))
    change(world)
    sell_until(product, 5004, "unauthorized")
    account.change({"oauth2": (account.config.oauth2 or {}) | {"revoked": False}})
    put(world, NETSUITE, NewCredential("oauth2", OAUTH2))
    # A token endpoint that answers with what it was sent, and no JSON; and one that is not there.
    with Served(echo) as loud:
        change(world, netsuite_api_url=loud.url)
        sell_until(product, 5005, "invalid_answer")
        change(world, netsuite_api_url=world.account_url, shopify_api_url=loud.url)
        sell_until(product, 5006, "invalid_answer")
    change(world, shopify_api_url=f"http://127.0.0.1:{free_port()}")
    sell_until(product, 5007, "unavailable")
    # Crashes with a traceback: in our own code, and in the database while a token is stored.
    change(world, shopify_api_url=world.shop_url, rules=json.dumps({"tax": 5}))
    sell_until(product, 5008, "transient_error")
    change(world, rules=rules)
    with world.engine.begin() as connection:
        connection.execute(text("alter table credentials rename column token_issued_at to token_issued"))
    account.tokens.revoke_all()
    eventually(partial(is_logged, product, "UndefinedColumn", by="worker"), within=60)
    with world.engine.begin() as connection:
        connection.execute(text("alter table credentials rename column token_issued to token_issued_at"))


def is_logged(product: Product, words: str, *, by: str) -> bool:
    """True when this process wrote this, after one more order."""
    number = 5100 + len(product.world.shop.orders())
    product.sell(order(number))
    return words in logs(product, by)


def logs(product: Product, name: str = "*") -> str:
    """What all processes wrote, or one of them."""
    return "".join(path.read_text("utf-8") for path in product.logs.glob(f"{name}.log"))


def commands(product: Product, directory: Path) -> dict[tuple[str, ...], str]:
    """Standard output and error of commands that work and of commands that fail, by what was asked."""
    wrong = directory / "wrong.toml"
    wrong.write_text(
        f'name = "wrong"\n[shopify]\nshop = "x"\nauth = "offline"\nwebhook_secrets = "planted-webhook-secret-new"\n'
        f'client_secret = 5\naccess_token = "planted-client-secret-5f1c"\nplanted = "planted-client-secret-5f1c"\n'
        f'[netsuite]\naccount = "1234567"\nauth = "tba"\nprivate_key = """{key_pair()[0][:400]}"""\n'
    )
    broken = directory / "broken.toml"
    broken.write_text(wrong.read_text().replace("[netsuite]", "[netsuite\n= planted-token-secret"))
    closed = dict(product.env) | {"CONNECTOR_KEYS": f"test:{base64.b64encode(b'x' * 32).decode()}"}
    none = dict(product.env) | {"CONNECTOR_KEYS": f"other:{base64.b64encode(b'x' * 32).decode()}"}
    away = dict(product.env) | {"DATABASE_URL": "postgres://u:planted-database-password@127.0.0.1:1/x"}
    secret = "planted-client-secret-5f1c"
    # `orders plan` prints what would be written, names and all: of somebody who may be seen.
    product.sell(rest_order(int(PLAIN)))
    said = [
        command(product.env, "connection", "list"),
        command(product.env, "connection", "show", "us-store", "--json"),
        command(product.env, *SHOW_ORDER),
        command(product.env, "orders", "show", "5003", "--json"),
        command(product.env, "orders", "plan", PLAIN, "--json"),
        command(product.env, "events", "list", "--json"),
        command(product.env, "keys", "rotate", "--check"),
        command(product.env, "connection", "rotate", "us-store", "access-token", "--from", "-", typed=secret),
        command(product.env, "connection", "rotate", "us-store", "client-secret", "--from", "-", typed=f"{secret} x"),
        command(product.env, "connection", "add", str(wrong)),
        command(product.env, "connection", "add", str(broken)),
        command(closed, "orders", "plan", PLAIN),
        command(none, "orders", "plan", PLAIN),
        command(none, "keys", "rotate"),
        command(away, "connection", "list"),
    ]
    found: dict[tuple[str, ...], str] = {}
    for arguments, output in said:
        found[arguments] = found.get(arguments, "") + output
    return found


def command(env: Any, *arguments: str, typed: str = "") -> tuple[tuple[str, ...], str]:
    """What was asked, and what the command says to it, whether it works or not."""
    program = str(Path(sys.executable).with_name("ml-connector"))
    done = subprocess.run(
        [program, *arguments], env=dict(env), input=typed, capture_output=True, text=True, timeout=60, check=False
    )
    return arguments, f"{arguments} {done.returncode}\n{done.stdout}{done.stderr}"


def start_flower(product: Product) -> int:
    """Flower as the Procfile starts it, watching the worker; its port."""
    port = free_port()
    env = environment(product, PORT=str(port), FLOWER_BASIC_AUTH=f"someone:{PASSWORD}")
    product.supervisor.start("flower", flower_command(), env=env)
    return port


def pages(product: Product, flower: int) -> str:
    """What the web process and Flower show."""
    seen = [product.get(path).text for path in ("/healthz", "/readyz", "/metrics")]
    for path in ("/workers", "/tasks", "/broker", "/metrics", "/api/workers", "/api/tasks?limit=1000"):
        url = f"http://127.0.0.1:{flower}{path}"
        seen.append(requests.get(url, auth=("someone", PASSWORD), timeout=20).text)
    return "\n".join(seen)


def everything_in_redis(redis: Redis) -> str:
    """Every key with its value, as Redis would hand it to another one and as text."""
    readers: dict[Any, Callable[[Any], object]] = {
        b"string": redis.get,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        # It ended since it was listed.
        b"none": lambda _: None,
    }
    found: list[object] = []
    for key in redis.scan_iter(count=1000):
        found += [key, redis.dump(key), readers[redis.type(key)](key)]
    return str(found)


def test_no_planted_secret_is_found_anywhere(product: Product, redis_url: str, tmp_path: Path) -> None:
    plant(product.world)
    product.start_web()
    product.start_worker()
    flower = start_flower(product)
    with Redis.from_url(redis_url) as redis, redis.monitor() as monitor:
        drive(product)
        said = commands(product, tmp_path)
        # A worker with another key under the same id: what is stored does not open for it.
        wrong = dict(product.env) | {"CONNECTOR_KEYS": f"test:{base64.b64encode(b'x' * 32).decode()}"}
        product.supervisor.start("wrong", celery_argv("worker"), env=wrong)
        eventually(partial(is_logged, product, "invalid_answer", by="wrong"), within=60)
        shown = pages(product, flower)
        redis.echo("end of the test")
        seen = ""
        while "end of the test" not in (line := json.dumps(monitor.next_command(), default=str)):
            seen += line
        kept = everything_in_redis(redis)
    written = logs(product)
    # What is searched is what was meant to be searched.
    assert "Traceback" in written
    assert "record_processed" in written
    assert "orders.sync" in shown
    assert "EVALSHA" in seen
    assert "refused the certificate" in "".join(said.values())
    hidden = planted(product.world, flower=PASSWORD, database="planted-database-password")
    outputs: dict[str, str | bytes] = {
        "logs": written, "pages": shown, "Redis at work": seen, "Redis": kept,
        "tables": everything_in(product.world.engine),
    }  # fmt: skip
    outputs |= {" ".join(asked): output for asked, output in said.items()}
    found = {name: hidden.found_in(output) for name, output in outputs.items()}
    # This alone tells its operator every field that was written, and so who bought; secrets it never shows.
    assert found[" ".join(SHOW_ORDER)] == ["customer"]
    for name in [name for name in found if name.startswith("orders show ")]:
        assert set(found.pop(name)) <= {"customer"}
    assert found == {name: [] for name in found}
