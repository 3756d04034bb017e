"""The process whose push of stock is measured: `python -m bench.stock_pusher` prints JSON."""

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from bench.stock_reader import opened, peak_mb
from connector.config import Settings
from connector.errors import RateLimited
from connector.flows.stock_push import pushed
from connector.logs import configure
from connector.runtime import build
from connector.shopify.client import ShopifyClient


class Watched:
    """A client that counts its calls, and between which moments quantities were set."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self.began, self.ended, self.refused, self.others = 0.0, 0.0, 0, 0

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """One mutation."""
        self.began = self.began or time.monotonic()
        try:
            return self._client.attempt(operation, variables)
        except RateLimited:
            self.refused += 1
            raise
        finally:
            self.ended = time.monotonic()

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """One query."""
        self.others += 1
        return self._client.query(operation, variables)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def main() -> None:
    """One push; the log-in and the opening of the connection are not counted."""
    configure(os.environ["LOG_LEVEL"])
    runtime = build(Settings.from_env(os.environ))
    systems = opened(runtime)
    shop = Watched(systems.shopify)
    start_mb, began, cpu = peak_mb(), time.monotonic(), time.process_time()
    counts = pushed(
        replace(systems, shopify=cast(ShopifyClient, shop)), runtime, lambda _record_id: None, is_forced=True
    )
    told: dict[str, float] = dict(counts) | {"wall": time.monotonic() - began, "cpu": time.process_time() - cpu}
    told |= {"sending": shop.ended - shop.began, "throttled": shop.refused, "queries": shop.others}
    sys.stdout.write(json.dumps(told | {"peak_mb": peak_mb(), "start_mb": start_mb}))
    runtime.close()


if __name__ == "__main__":
    main()
