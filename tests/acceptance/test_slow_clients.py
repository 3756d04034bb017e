"""Two hundred slow connections, whatever they are slow at, do not keep a webhook waiting."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.payloads import rest_order
from tests.running import Product

SLOW = 200
PROBES = 50
HEAD = b"POST /webhooks/shopify/key-us-store HTTP/1.1\r\nHost: localhost\r\n"
KINDS: dict[str, tuple[bytes, Callable[[int], bytes]]] = {
    "headers": (HEAD, lambda step: b"X-Slow-%d: 1\r\n" % step),
    "bodies": (
        HEAD + b"Content-Type: application/json\r\nContent-Length: 8192\r\n\r\n{",
        lambda _: b'"x":1,',
    ),
    "silence": (b"", lambda _: b""),
}


@contextlib.contextmanager
def slow_clients(port: int, kind: str) -> Iterator[list[socket.socket]]:
    """Connections that send a few bytes a second until the block ends."""
    first, more = KINDS[kind]
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(SLOW)]
    ending = threading.Event()

    def trickle() -> None:
        step = 0
        while not ending.wait(1.0):
            step += 1
            for client in clients:
                with contextlib.suppress(OSError):
                    client.sendall(more(step))

    for client in clients:
        client.sendall(first)
    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield clients
    finally:
        ending.set()
        thread.join()
        for client in clients:
            client.close()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_two_hundred_slow_connections_keep_no_webhook_waiting(product: Product, kind: str) -> None:
    product.start_web()
    with slow_clients(product.port, kind):
        # The shop gives up after one second to connect and five in all, as Shopify does: then the answer would be 0.
        assert [product.sell(rest_order(5001 + number)) for number in range(PROBES)] == [[200]] * PROBES
