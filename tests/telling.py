"""Where alerts arrive in tests: an HTTP receiver and a mail server of their own, both real."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask, Response, request

from connector.embedded.servers import free_port
from connector.sandbox.serve import Served


@dataclass(slots=True)
class Received:
    """One post."""

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Answers with the statuses it was given, then with 200."""

    url: str = ""
    posts: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """An HTTP receiver, served."""
    receiver = Receiver()
    app = Flask("receiver")

    @app.post("/alerts")
    def take() -> Response:
        receiver.posts.append(Received(dict(request.headers), request.data))
        return Response(status=receiver.answers.pop(0) if receiver.answers else 200)

    with Served(app.wsgi_app) as served:
        receiver.url = f"{served.url}/alerts"
        yield receiver


class Post:
    """What a mail server was handed; `refuses` is an address it will not take."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.refuses: str | None = None

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Iterable[str]
    ) -> str:
        """Takes or refuses a recipient."""
        if address == self.refuses:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keeps the message."""
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@contextmanager
def mailing(certificate: Path | None = None) -> Iterator[tuple[str, Post]]:
    """A mail server; its URL and what it was handed. With a certificate and its key in a file, it speaks TLS."""
    post = Post()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), ssl_context=context)
    controller.start()
    try:
        yield f"{'smtp' if context is None else 'smtps'}://127.0.0.1:{controller.port}", post
    finally:
        controller.stop()
