"""Secrets are rotated while orders keep coming: every delivery is answered 200, every order comes to NetSuite once."""

import base64
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.cli.serve import celery_argv, is_answering, web_argv
from connector.config import Key
from connector.embedded.children import stop
from connector.embedded.servers import free_port
from connector.netsuite.keygen import KeyKind, key_pair
from connector.sandbox.shopify.webhooks import deliver, webhook
from connector.store import connections
from tests.clock import now
from tests.payloads import rest_order
from tests.running import Product
from tests.waiting import eventually
from tests.world import KEY, WEBHOOK_SECRET

pytestmark = pytest.mark.timeout(300)

NEW_SECRET = "hush-newest"
NEW_KEY = Key("next", b"n" * 32)
# Orders that come before, between and after the steps of a rotation.
SOME = 6


@dataclass(slots=True)
class Load:
    """Orders that come one after the other, and the receiver's answers."""

    product: Product
    answers: list[int] = field(default_factory=list)

    def run(self, ending: threading.Event) -> None:
        """Places and announces orders, some six a second, until it is told to end."""
        while not ending.wait(0.15):
            self.answers += self.product.sell(rest_order(6001 + len(self.answers)))

    def goes_on(self) -> None:
        """Waits until some more orders came."""
        count = len(self.answers)
        eventually(lambda: len(self.answers) >= count + SOME, within=60)


@contextmanager
def load(product: Product) -> Iterator[Load]:
    """The product at work, with orders coming in all the time; at the end nothing is lost, doubled or held."""
    # The limits of a big shop: the orders are not to wait for query points.
    product.world.shop.change({"restore_rate": 2000, "bucket": 20000})
    product.start_web()
    product.start_worker("first")
    product.start_worker("second")
    coming, ending = Load(product), threading.Event()
    thread = threading.Thread(target=coming.run, args=(ending,))
    thread.start()
    try:
        coming.goes_on()
        yield coming
        coming.goes_on()
    finally:
        ending.set()
        thread.join()
    assert set(coming.answers) == {200}
    eventually(partial(is_worked_off, product), within=60)
    with product.world.engine.begin() as connection:
        states = connection.execute(
            text("select state, reason, count(*) from records where kind = 'order' group by 1, 2")
        ).all()
        refused = connection.execute(text("select count(*) from attempts where outcome = 'unauthorized'")).scalar_one()
        assert connections.by_id(connection, product.world.connection.id).halt_code is None
    assert [tuple(row) for row in states] == [("in_sync", None, len(coming.answers))]
    assert refused == 0
    keys = [item["external_id"] for item in product.world.transactions("SalesOrd")]
    assert sorted(keys) == sorted({f"SHOPIFY-548380009-ORDER-{6001 + n}" for n in range(len(coming.answers))})


def is_worked_off(product: Product) -> bool:
    """True when no record waits."""
    undone = text("select count(*) from records where state in ('pending', 'working')")
    with product.world.engine.begin() as connection:
        return bool(connection.execute(undone).scalar_one() == 0)


def command(env: Mapping[str, str], *arguments: str, typed: str = "") -> str:
    """Runs a command as an operator does, beside the running processes; its standard output."""
    program = str(Path(sys.executable).with_name("ml-connector"))
    done = subprocess.run(
        [program, *arguments], env=dict(env), input=typed, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def old_delivery(product: Product, order_id: int) -> int:
    """The status of a delivery signed with the old secret, as one that Shopify sends again."""
    shop = product.world.shop
    signed = webhook(shop, {"topic": "orders/updated", "order_id": order_id, "webhook_id": f"again-{order_id}"})
    newest, shop.config.webhook_secret = shop.config.webhook_secret, WEBHOOK_SECRET
    try:
        return deliver(shop, {"topic": "orders/updated", "order_id": order_id, "webhook_id": signed.webhook_id})[0]
    finally:
        shop.config.webhook_secret = newest


def test_a_webhook_secret_is_rotated_and_old_and_new_are_accepted_meanwhile(product: Product) -> None:
    with load(product) as coming:
        command(product.env, "connection", "rotate", "us-store", "webhook-secret", "--from", "-", typed=NEW_SECRET)
        coming.goes_on()
        product.world.shop.config.webhook_secret = NEW_SECRET
        coming.goes_on()
    assert old_delivery(product, 6001) == 200
    command(product.env, "connection", "rotate", "us-store", "webhook-secret", "--forget-old")
    eventually(lambda: old_delivery(product, 6002) == 401, within=60)
    assert product.sell(rest_order(7001)) == [200]


def test_the_vaults_key_is_rotated_while_workers_and_receiver_go_on(product: Product) -> None:
    # First every process learns the new key, then the new one seals, then the old one is not needed any more.
    both, new = environment(product, NEW_KEY, KEY), environment(product, NEW_KEY)
    product.env = environment(product, KEY, NEW_KEY)
    with load(product) as coming:
        replace_processes(product, both, "second")
        coming.goes_on()
        counts = json.loads(command(both, "keys", "rotate", "--json"))["keys"]
        assert counts["events.body"].keys() == counts["credentials.sealed"].keys() == {NEW_KEY.id}, counts
        coming.goes_on()
        replace_processes(product, new, "third")
        coming.goes_on()
    command(new, "keys", "rotate", "--check")


def test_netsuites_certificate_is_rotated_and_the_old_one_revoked(product: Product, tmp_path: Path) -> None:
    account, made = product.world.account, key_pair(KeyKind.EC, "new", now=now())
    (tmp_path / "new.pem").write_text(made.private_key)
    (tmp_path / "new.crt").write_text(made.certificate)
    both = dict(account.config.oauth2 or {})
    newer = {"certificate_id": "cert-2", "certificate_pem": made.certificate}
    with load(product) as coming:
        account.change({"oauth2": both | {"certificates": [newer]}})
        files = ("--key", str(tmp_path / "new.pem"), "--certificate", str(tmp_path / "new.crt"))
        command(
            product.env,
            "connection",
            "rotate",
            "us-store",
            "netsuite-certificate",
            *files,
            "--certificate-id",
            "cert-2",
        )
        coming.goes_on()
        account.change({"oauth2": both | {"revoked": True, "certificates": [newer]}, "revoke_tokens": True})
        coming.goes_on()
    assert account.ledger()["tokens"]["refused_revoked"] > 0


def environment(product: Product, *keys: Key) -> dict[str, str]:
    """The product's environment with these keys, the first of which seals."""
    text_of_keys = ",".join(f"{key.id}:{base64.b64encode(key.secret).decode()}" for key in keys)
    return dict(product.env) | {"CONNECTOR_KEYS": text_of_keys}


def replace_processes(product: Product, env: Mapping[str, str], name: str) -> None:
    """A web process and a worker with another environment take over; those before end in their own time."""
    before = product.supervisor.running()
    port = free_port()
    product.supervisor.start(
        f"{name}-web", web_argv(port), env=dict(env) | {"PORT": str(port)}, is_ready=lambda: is_answering(port)
    )
    product.supervisor.start(f"{name}-worker", celery_argv("worker"), env=env)
    product.world.shop.config.webhook_url = f"http://127.0.0.1:{port}/webhooks/shopify/{product.world.connection.key}"
    for managed in before:
        stop(managed.child, by=signal.SIGTERM, grace=25)
