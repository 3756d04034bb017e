"""What a script in the account sends when a record is saved: its type and id, signed over time, nonce and body."""

import json
import time
import uuid
from hashlib import sha256
from hmac import digest
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from connector.sandbox.netsuite.account import Account

Json = dict[str, Any]
_TIMEOUT = 5


def send_event(account: "Account", asked: Json) -> Json:
    """Tells `event_url` that a record was saved: {type, id}, with the type as SuiteScript spells it; the status."""
    config = account.config
    if config.event_url is None:
        raise KeyError("event_url is not set")
    body = json.dumps({"type": asked["type"], "id": str(asked["id"])}).encode()
    moment, nonce = str(int(account.clock.now() * 1000)), str(uuid.uuid4())
    signed = f"{moment}.{nonce}.".encode() + body
    headers = {
        "Content-Type": "application/json",
        "X-Connector-Timestamp": moment,
        "X-Connector-Nonce": nonce,
        # N/crypto writes hexadecimals in capitals.
        "X-Connector-Signature": digest(config.event_secret.encode(), signed, sha256).hex().upper(),
    }
    sent_at = time.time()
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(config.event_url, data=body, headers=headers, timeout=_TIMEOUT)
    account.events.append({"type": asked["type"], "at": sent_at, "status": response.status_code})
    return {"status": response.status_code}
