"""What a person wants to know of a connection: whether it works, why not, what ends, who was approved. No secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from connector.flows.endings import Ending, endings, next_end
from connector.store import connections, credentials
from connector.store.connections import StoredConnection
from connector.store.credentials import Life
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class Summary:
    """One connection in a list. `next_end`: what ends next unless a person acts, and when."""

    stored: StoredConnection
    next_end: tuple[str, datetime] | None

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        stored = self.stored
        ends = self.next_end and {"what": self.next_end[0], "ends_at": self.next_end[1]}
        return {
            "name": stored.name,
            "shop": stored.shop,
            "netsuite_account": stored.netsuite_account,
            "state": state(stored),
            "because": because(stored),
            "next_end": ends,
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """All of one connection that is not secret."""

    stored: StoredConnection
    lives: tuple[Life, ...]
    endings: tuple[Ending, ...]
    shares_account_with: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For `--json`; the webhook URL is the caller's to add."""
        stored = self.stored
        return {
            **Summary(stored, next_end(self.lives)).to_json(),
            "enabled": stored.enabled,
            "halt": _halt(stored),
            "shop_id": stored.shop_id,
            "shopify_api_url": stored.shopify_api_url,
            "api_version": stored.shopify_api_version,
            "netsuite_api_url": stored.netsuite_api_url,
            "concurrency": stored.netsuite_concurrency,
            "shares_account_with": list(self.shares_account_with),
            "approved": stored.approved and dict(stored.approved),
            "checked_at": stored.checked_at,
            "credentials": [_life(life) for life in self.lives],
            "endings": [_ending(ending) for ending in self.endings],
            "rules": dict(stored.rules),
        }


def summaries(connection: Connection) -> list[Summary]:
    """Every connection; nothing is opened for it."""
    return [
        Summary(stored, next_end(credentials.lives(connection, stored.id))) for stored in connections.every(connection)
    ]


def overview(connection: Connection, vault: Vault, stored: StoredConnection, *, now: datetime) -> Overview:
    """One connection."""
    others = connections.of_account(connection, stored.netsuite_account)
    return Overview(
        stored=stored,
        lives=tuple(credentials.lives(connection, stored.id)),
        endings=tuple(endings(connection, vault, stored, now=now)),
        shares_account_with=tuple(other.name for other in others if other.id != stored.id),
    )


def webhook_url(stored: StoredConnection, address: str) -> str:
    """Where Shopify sends this connection's webhooks; `address` is the web process's, without a slash at its end."""
    return f"{address}/webhooks/shopify/{stored.key}"


def events_url(stored: StoredConnection, address: str) -> str:
    """Where NetSuite says what changed; it answers once the connection has an event secret."""
    return f"{address}/webhooks/netsuite/{stored.key}"


def state(stored: StoredConnection) -> str:
    """working, paused (by a person or an uninstalled app) or halted (by a refusal, until a probe succeeds)."""
    if not stored.enabled:
        return "paused"
    return "working" if stored.halt_code is None else "halted"


def because(stored: StoredConnection) -> str | None:
    """Why nothing is done; None while it works. A paused connection can be halted too."""
    if stored.enabled:
        return stored.halt_reason
    reason = stored.paused_because or "a person paused it"
    return reason if stored.halt_code is None else f"{reason}; halted too: {stored.halt_reason}"


def _halt(stored: StoredConnection) -> Mapping[str, Any] | None:
    if stored.halt_code is None:
        return None
    return {
        "code": stored.halt_code,
        "reason": stored.halt_reason,
        "since": stored.halted_at,
        "next_probe_at": stored.probe_at,
    }


def _life(life: Life) -> dict[str, Any]:
    names = ("side", "auth", "token_ends_at", "refresh_ends_at", "certificate_ends_at", "rotated_at")
    return {name: getattr(life, name) for name in names}


def _ending(ending: Ending) -> dict[str, Any]:
    return {name: getattr(ending, name) for name in Ending.__dataclass_fields__}
