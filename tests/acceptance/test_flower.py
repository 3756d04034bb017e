"""Flower as the Procfile starts it: behind a password, or not at all."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import requests

from connector.embedded.servers import free_port
from tests.running import Product
from tests.waiting import eventually
from web.wake import message

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


def test_it_is_shown_only_to_those_who_know_the_password(product: Product) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/tasks"
    env = environment(product, PORT=str(port), FLOWER_BASIC_AUTH="someone:secret")
    product.supervisor.start("flower", flower_command(), env=env)

    def status(password: str) -> int:
        try:
            return requests.get(url, auth=("someone", password), timeout=5).status_code
        except requests.ConnectionError:
            return 0

    eventually(lambda: status("secret") == 200, within=60)
    assert status("wrong") == 401
    assert requests.get(url, timeout=5).status_code == 401


def test_what_it_can_show_of_a_task_is_a_readable_name_and_an_id() -> None:
    headers = json.loads(message(5))["headers"]
    assert (headers["task"], headers["argsrepr"], headers["kwargsrepr"]) == ("orders.sync", "(5,)", "{}")
