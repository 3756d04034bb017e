"""The product as it runs: web and worker as processes of their own, both sandboxes served by the test."""

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from connector.cli.serve import celery_argv, is_answering, web_argv
from connector.embedded.servers import free_port
from connector.embedded.supervisor import Managed, Supervisor
from connector.sandbox.shopify.webhooks import deliver
from tests.payloads import payment
from tests.world import KEY, SESSION_SECRET, World


@dataclass(slots=True)
class Product:
    """The running processes and the world around them."""

    world: World
    supervisor: Supervisor
    env: Mapping[str, str]
    port: int
    logs: Path

    def start_worker(self, name: str = "worker") -> Managed:
        """Starts a worker process."""
        return self.supervisor.start(name, celery_argv("worker"), env=self.env)

    def start_web(self) -> Managed:
        """Starts the web process and notes until it answers."""
        return self.supervisor.start("web", web_argv(self.port), env=self.env, is_ready=lambda: is_answering(self.port))

    def sell(
        self, order: dict[str, Any], *payments: dict[str, Any], topic: str = "orders/create", copies: int = 1
    ) -> list[int]:
        """Places an order in the shop, which announces it by a webhook; the receiver's answers."""
        self.world.shop.put_order(order, list(payments) or [payment(order)])
        return deliver(self.world.shop, {"topic": topic, "order_id": order["id"], "copies": copies})

    def get(self, path: str) -> requests.Response:
        """Asks the web process."""
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=5)


@contextmanager
def product_in(world: World, database_url: str, redis_url: str, logs: Path) -> Iterator[Product]:
    """Everything but the processes, which a test starts as it needs them; all are stopped at its end."""
    port = free_port()
    env = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CONNECTOR_KEYS": f"{KEY.id}:{base64.b64encode(KEY.secret).decode()}",
        "CONNECTOR_SESSION_SECRET": SESSION_SECRET,
        "PORT": str(port),
        "LOG_LEVEL": "DEBUG",
    }
    supervisor = Supervisor(logs=logs)
    world.shop.config.webhook_url = f"http://127.0.0.1:{port}/webhooks/shopify/{world.connection.key}"
    try:
        yield Product(world, supervisor, env, port, logs)
    finally:
        supervisor.stop()
