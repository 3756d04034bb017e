"""A small TCP proxy on 127.0.0.1 that passes, holds back, delays or resets, and whose target may move to another port."""

import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum


class Mode(StrEnum):
    """What becomes of the bytes. A link that met BLACK_HOLE stays open and dead for ever: half-open."""

    PASSING = "pass"
    BLACK_HOLE = "black-hole"
    DELAY = "delay"


_DELAY_SECONDS = 0.2


class _Link:
    """One client's connection and ours to the target."""

    def __init__(self, client: socket.socket, proxy: "Proxy") -> None:
        self.client = client
        self.server: socket.socket | None = None
        self.proxy = proxy
        self.is_dead = False
        threading.Thread(target=self._run, daemon=True).start()

    def reset(self) -> None:
        """The client sees a reset."""
        with suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Ends both sides."""
        for side in (self.client, self.server):
            if side is not None:
                # The other end may have been faster.
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
                side.close()

    def _run(self) -> None:
        self.server = self.proxy.dial()
        if self.server is None:
            self.reset()
            return
        # It may be reset while it is made.
        with suppress(OSError):
            self.server.settimeout(None)
            for side in (self.client, self.server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._pump, args=(self.client, self.server), daemon=True).start()
        self._pump(self.server, self.client)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        # Closed from the other side, or reset on purpose.
        with suppress(OSError):
            while data := source.recv(65536):
                self.is_dead = self.is_dead or self.proxy.mode is Mode.BLACK_HOLE
                if self.proxy.mode is Mode.DELAY:
                    self.proxy.pause.wait(_DELAY_SECONDS)
                if not self.is_dead:
                    sink.sendall(data)
        if not self.is_dead or source is self.client:
            self.close()


class Proxy:
    """Listens until `close`; `targets` and `mode` may change at any time. Of several targets one that answers is taken."""

    def __init__(self, target: int) -> None:
        self.targets: tuple[int, ...] = (target,)
        self._turn = 0
        self.mode = Mode.PASSING
        self.pause = threading.Event()
        self._links: list[_Link] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def target(self) -> int:
        """Where a link goes first."""
        return self.targets[0]

    @target.setter
    def target(self, port: int) -> None:
        self.targets = (port,)

    def dial(self) -> socket.socket | None:
        """A connection to one of the targets, each first in turn; None when none takes it."""
        targets = self.targets
        self._turn += 1
        for offset in range(len(targets)):
            # Refused: that one is not up, as a router would find.
            with suppress(OSError):
                port = targets[(self._turn + offset) % len(targets)]
                return socket.create_connection(("127.0.0.1", port), timeout=5)
        return None

    def reset(self) -> None:
        """Resets every link there is."""
        links, self._links = self._links, []
        for link in links:
            link.reset()

    def close(self) -> None:
        """Ends everything."""
        self._socket.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self._links.append(_Link(client, self))
