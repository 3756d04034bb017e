"""An access token and its life. The other system makes it, Postgres keeps it sealed, every process uses the same one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

# Renewed with less than this share of its life left.
RENEW_SHARE = 4
# Not used with less than this share of its life left, at most this long: a request needs a moment to arrive.
_LAST_SHARE = 8
_LAST_MOMENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Token:
    """One access token. `ends_at` None: it does not end by itself.

    `refresh_tokens`, newest first: the one before the newest works until the newest was used (Shopify, 2026-08-28).
    `user` is whose session an online token is.
    """

    access_token: str = field(repr=False)
    issued_at: datetime
    ends_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    refresh_tokens: tuple[str, ...] = field(default=(), repr=False)
    refresh_ends_at: datetime | None = None
    user: str | None = field(default=None, repr=False)

    def is_usable(self, now: datetime) -> bool:
        """True while a request sent now arrives before the end."""
        if not self.access_token:
            return False
        return self.ends_at is None or now < self.ends_at - min(_LAST_MOMENT, self._life() / _LAST_SHARE)

    def is_due(self, now: datetime) -> bool:
        """True when less than a quarter of its life is left."""
        if not self.access_token:
            return True
        return self.ends_at is not None and now >= self.ends_at - self._life() / RENEW_SHARE

    def to_json(self) -> dict[str, Any]:
        """As it is sealed."""
        return {
            "access_token": self.access_token,
            "issued_at": self.issued_at.isoformat(),
            "ends_at": self.ends_at and self.ends_at.isoformat(),
            "scopes": list(self.scopes),
            "refresh_tokens": list(self.refresh_tokens),
            "refresh_ends_at": self.refresh_ends_at and self.refresh_ends_at.isoformat(),
            "user": self.user,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Token":
        """From what was sealed."""
        return cls(
            access_token=data["access_token"],
            issued_at=datetime.fromisoformat(data["issued_at"]),
            ends_at=_moment(data["ends_at"]),
            scopes=tuple(data["scopes"]),
            refresh_tokens=tuple(data["refresh_tokens"]),
            refresh_ends_at=_moment(data["refresh_ends_at"]),
            user=data["user"],
        )

    def _life(self) -> timedelta:
        return (self.ends_at or self.issued_at) - self.issued_at


class AccessTokens(Protocol):
    """Where a client gets its token from."""

    def current(self) -> str:
        """A token that works now. Raises Unauthorized when there is none and none can be had."""

    def replace(self, refused: str) -> bool:
        """Another token than the one that was refused. Raises Unauthorized when none can be had.

        True when it was issued for this. One that another process had stored may be refused as well.
        """


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
