"""A load generator of its own process: keep-alive connections over raw sockets, signed bodies made beforehand."""

import asyncio
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

SECRET = "bench-secret"  # noqa: S105  of a shop that exists in the bench only
BODY_BYTES = 8192
# Different orders, so that records are touched as in life.
BODIES = 400


@dataclass(frozen=True, slots=True)
class Load:
    """What one run saw: answers of 200 a second, latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int


def measure(port: int, path: str, *, connections: int, seconds: float, rate: float | None = None) -> Load:
    """Runs the generator as a process: closed loop, or open loop at `rate` a second (latency from the due time)."""
    argv = [sys.executable, "-m", "bench.load", str(port), path, str(connections), str(seconds), str(rate or 0)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout))


def requests_of(path: str) -> list[tuple[bytes, bytes]]:
    """Head (up to the webhook id) and body of each prepared request."""
    prepared = []
    for number in range(BODIES):
        order: dict[str, Any] = {"id": 5_000_000 + number, "note": "x" * 200, "line_items": []}
        while len(json.dumps(order)) < BODY_BYTES - 150:
            order["line_items"].append(
                {"id": len(order["line_items"]), "sku": f"SKU-{number}", "price": "19.99", "quantity": 1}
            )
        body = json.dumps(order).encode().ljust(BODY_BYTES)
        signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Shopify-Topic: orders/updated\r\n"
            f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Webhook-Id: "
        )
        prepared.append((head.encode(), body))
    return prepared


class Run:
    """One run over many connections."""

    def __init__(self, port: int, path: str, seconds: float) -> None:
        self.port = port
        self.prepared = requests_of(path)
        self.seconds = seconds
        self.latencies: list[float] = []
        self.failed = 0

    async def closed(self, offset: int) -> None:
        """One connection that sends again as soon as it was answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        ends, number = time.perf_counter() + self.seconds, offset
        while (started := time.perf_counter()) < ends:
            await self._one(reader, writer, number)
            self.latencies.append(time.perf_counter() - started)
            number += 1
        writer.close()

    async def opened(self, rate: float, connections: int) -> None:
        """Requests at fixed moments over a pool of connections; a late one counts from when it was due."""
        pool: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for _ in range(connections):
            await pool.put(await asyncio.open_connection("127.0.0.1", self.port))
        begins, tasks = time.perf_counter(), []
        for number in range(int(rate * self.seconds)):
            due = begins + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self._due(pool, number, due)))
        await asyncio.gather(*tasks)

    async def _due(self, pool: "asyncio.Queue[Any]", number: int, due: float) -> None:
        reader, writer = await pool.get()
        await self._one(reader, writer, number)
        self.latencies.append(time.perf_counter() - due)
        await pool.put((reader, writer))

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        head, body = self.prepared[number % BODIES]
        writer.write(head + uuid.uuid4().hex.encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            self.failed += 1


async def main() -> None:
    """Reads what to do from the command line and prints the result as JSON."""
    port, path, connections, seconds, rate = sys.argv[1:6]
    run = Run(int(port), path, float(seconds))
    started = time.perf_counter()
    if float(rate):
        await run.opened(float(rate), int(connections))
    else:
        await asyncio.gather(*(run.closed(index * 7) for index in range(int(connections))))
    elapsed = time.perf_counter() - started
    cuts = quantiles(run.latencies, n=100, method="inclusive")
    good = len(run.latencies) - run.failed
    result = {"rate": good / elapsed, "p50": cuts[49] * 1000, "p99": cuts[98] * 1000, "failed": run.failed}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main())
