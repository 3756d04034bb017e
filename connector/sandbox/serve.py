"""Serves a WSGI app on 127.0.0.1: keep-alive, one thread a connection; in this process for tests, or as its own."""

import ctypes
import json
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PR_SET_PDEATHSIG = 1


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; without this the second notes for the first one's acknowledgement.
    disable_nagle_algorithm = True

    def send_header(self, keyword: str, value: str) -> None:
        """An app's own Date replaces the server's: its clock may be wrong on purpose."""
        if keyword.lower() == "date":
            waiting = getattr(self, "_headers_buffer", [])
            waiting[:] = [line for line in waiting if not line.lower().startswith(b"date:")]
        super().send_header(keyword, value)

    def log_request(self, *_args: object, **_kwargs: object) -> None:
        """Says nothing: the sandbox keeps its own log of calls."""

    def log_error(self, *_args: object, **_kwargs: object) -> None:
        """Says nothing: a dropped connection is a fault we were asked for."""


def server(app: WsgiApp, port: int = 0) -> BaseWSGIServer:
    """A listening server; call serve_forever on it."""
    made = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
    made.socket.listen(512)
    made.daemon_threads = True  # type: ignore[attr-defined]  # the threaded server has it
    return made


class Served:
    """Serves an app from a thread inside a `with` block."""

    def __init__(self, app: WsgiApp) -> None:
        self._server = server(app)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Served":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def cut(environ: dict[str, Any]) -> None:
    """Closes the connection under the server's feet: the client sees a reset, not an answer."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def run(app: WsgiApp, port: int, announce: Path | None = None) -> None:
    """Serves an app as this process until SIGTERM or SIGINT, and dies with its parent (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    listening = server(app, port)

    def end(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=listening.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    address = json.dumps({"url": f"http://127.0.0.1:{listening.server_port}"}) + "\n"
    if announce is None:
        sys.stdout.write(address)
        sys.stdout.flush()
    else:
        # In one step, so that nobody reads half of it.
        draft = announce.with_suffix(".draft")
        draft.write_text(address, "utf-8")
        draft.rename(announce)
    listening.serve_forever(poll_interval=0.1)
