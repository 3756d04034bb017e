"""What a script in NetSuite tells us when a record is saved: how it is signed, and what it may say."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

TIMESTAMP = "X-Connector-Timestamp"
NONCE = "X-Connector-Nonce"
SIGNATURE = "X-Connector-Signature"
# A record type and an id need no more.
MAX_BODY = 64 * 1024
# How far the two clocks may differ, either way.
CLOCK_TOLERANCE = timedelta(minutes=5)

_NONCE = re.compile(r"[A-Za-z0-9-]{16,64}", re.ASCII)
_MILLISECONDS = re.compile(r"[0-9]{13}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seal:
    """The three headers of an event, as they came."""

    timestamp: str
    nonce: str
    signature: str

    @property
    def sent_at(self) -> datetime | None:
        """When it was signed, by NetSuite's clock; None when that is not milliseconds since 1970."""
        if not _MILLISECONDS.fullmatch(self.timestamp):
            return None
        return datetime.fromtimestamp(int(self.timestamp) / 1000, UTC)

    def is_good(self, body: bytes, secrets: Sequence[str]) -> bool:
        """True when one of the secrets signed this time, nonce and body. NetSuite writes hexadecimals in capitals."""
        if not (_MILLISECONDS.fullmatch(self.timestamp) and _NONCE.fullmatch(self.nonce)):
            return False
        if not _HEX.fullmatch(self.signature):
            return False
        given = bytes.fromhex(self.signature)
        signed = f"{self.timestamp}.{self.nonce}.".encode() + body
        # All of them are tried, so that the time taken does not tell which one it was.
        return any([hmac.compare_digest(hmac.digest(s.encode(), signed, hashlib.sha256), given) for s in secrets])

    def is_timely(self, now: datetime) -> bool:
        """True while the two clocks differ by no more than is tolerated."""
        return self.sent_at is not None and abs(now - self.sent_at) <= CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """One record that was saved or deleted: its type as SuiteScript spells it, such as `itemfulfillment`."""

    type: str
    id: str

    @classmethod
    def from_body(cls, body: bytes) -> "ChangedRecord":
        """Raises ValueError for anything but a JSON object with `type` and `id`, each once."""
        pairs = json.loads(body, object_pairs_hook=_Pairs)
        if not isinstance(pairs, _Pairs) or sorted(name for name, _ in pairs) != ["id", "type"]:
            raise ValueError("an event has a type and an id, and nothing else")
        said: dict[str, Any] = dict(pairs)
        number = str(said["id"]) if isinstance(said["id"], int) else said["id"]
        if not (isinstance(number, str) and _ID.fullmatch(number)):
            raise ValueError("the id of an event is a number")
        if not (isinstance(said["type"], str) and _TYPE.fullmatch(said["type"])):
            raise ValueError("the type of an event is a record type, such as itemfulfillment")
        return cls(said["type"], number)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, in which a name that comes twice is seen."""
