"""Flower as the Procfile starts it: behind a password, or not at all."""

import os
import re
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import requests

from connector.embedded.servers import free_port
from tests.acceptance.conftest import Product
from tests.payloads import rest_order
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


def flower_command() -> list[str]:
    """The Procfile's line, run by a shell as platforms do."""
    found = re.search(r"^flower: (.+)$", (ROOT / "Procfile").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return ["/bin/bash", "-c", f"exec {found[1]}"]


def environment(product: Product, **more: str) -> dict[str, str]:
    """The product's environment with its programs on the path."""
    return dict(product.env) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | more


def test_without_a_password_it_does_not_start(product: Product) -> None:
    env = environment(product)
    env.pop("FLOWER_BASIC_AUTH", None)
    done = subprocess.run(flower_command(), env=env, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "FLOWER_BASIC_AUTH" in done.stderr


def test_it_shows_tasks_by_name_with_ids_only_to_those_who_know_the_password(product: Product) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    product.start_web()
    product.supervisor.start(
        "flower", flower_command(), env=environment(product, PORT=str(port), FLOWER_BASIC_AUTH="someone:secret")
    )

    def tasks() -> str:
        try:
            return requests.get(f"{url}/api/tasks", auth=("someone", "secret"), timeout=5).text
        except requests.ConnectionError:
            return ""

    eventually(tasks, within=30)
    assert requests.get(f"{url}/tasks", timeout=5).status_code == 401
    product.start_worker()
    numbers, pause = count(5001), threading.Event()

    def seen_tasks() -> str:
        """Flower knows only events that are sent while it listens, and nothing tells when it does: sell until it hears."""
        product.sell(rest_order(next(numbers)))
        pause.wait(0.5)
        shown = tasks()
        return shown if "orders.sync" in shown else ""

    seen = eventually(seen_tasks, within=60)
    assert "ada@example.com" not in seen
    assert "Example" not in seen
