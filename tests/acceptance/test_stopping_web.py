"""A deploy ends the web process in time, also while deliveries keep coming over kept connections."""

import os
import signal
import threading
import time

import requests

from tests.acceptance.conftest import Product


def test_sigterm_to_parent_and_children_ends_a_busy_web_process(product: Product) -> None:
    web = product.start_web()
    ended = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not ended.is_set():
                try:
                    session.get(f"http://127.0.0.1:{product.port}/healthz", timeout=2)
                except requests.RequestException:
                    return

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    began = time.monotonic()
    os.killpg(web.child.pid, signal.SIGTERM)
    try:
        web.child.wait(28)
    finally:
        ended.set()
        for asker in askers:
            asker.join()
    assert time.monotonic() - began < 28
