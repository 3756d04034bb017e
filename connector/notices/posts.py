"""Sends a notice over HTTP: to a Slack webhook, or signed to an address of the operator's own.

Signature: Standard Webhooks 1.0.0 – HMAC-SHA256 over `id.timestamp.body`, in `webhook-signature` as `v1,<base64>`.
"""

import base64
import hashlib
import hmac
from datetime import datetime

import orjson

from connector.errors import ConfigError, Rejected, Unavailable
from connector.notices.notice import Notice
from connector.transport import Deadlines, Request, Transport

_DEADLINES = Deadlines(connect=5, read=10)
_SECRET = "whsec_"  # noqa: S105  the prefix of one, not a secret


def slack(transport: Transport, url: str, notice: Notice) -> None:
    """Posts to an incoming webhook of Slack. Raises as `_post`."""
    text = f"*{_plain(notice.title)}*\n{_plain(notice.text)}\n<{notice.link}|Look at it>"
    _post(transport, url, orjson.dumps({"text": text}), {})


def webhook(transport: Transport, url: str, secret: str, notice: Notice, *, now: datetime) -> None:
    """Posts the notice as JSON, signed with `whsec_` + base64. Raises as `_post`."""
    content = {
        "type": f"alert.{notice.kind}", "timestamp": notice.at.isoformat(),
        "data": {"title": notice.title, "text": notice.text, "link": notice.link},
    }  # fmt: skip
    body = orjson.dumps(content)
    timestamp = str(int(now.timestamp()))
    headers = {
        "webhook-id": notice.id, "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature(secret, notice.id, timestamp, body)}",
    }  # fmt: skip
    _post(transport, url, body, headers)


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The base64 part of `webhook-signature`. Raises ConfigError for a secret that is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except ValueError as error:
        raise ConfigError("a webhook's secret is whsec_ and base64") from error
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def transport() -> Transport:
    """What notices are posted with."""
    return Transport("the receiver of alerts", deadlines=_DEADLINES, connections=2)


def _post(transport: Transport, url: str, body: bytes, headers: dict[str, str]) -> None:
    """Raises Unavailable when it can be tried again, OutcomeUnknown too, Rejected when the other side will not have it."""
    said = {"Content-Type": "application/json", "User-Agent": "ml-connector"} | headers
    answer = transport.send(Request("POST", url, "alert", said, body))
    if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
        raise Unavailable(f"the receiver answered {answer.status_code}")
    if not 200 <= answer.status_code < 300:
        raise Rejected(f"the receiver answered {answer.status_code}")


def _plain(text: str) -> str:
    """Slack's three control characters, as its documentation wants them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
