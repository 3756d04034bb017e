"""What of a connection's credentials ends, how soon, and what a person has to do before it does.

NetSuite mails its administrators 60, 30 and 14 days before a certificate ends; the same days count here.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Connection

from connector.store import credentials, cursors
from connector.store.connections import StoredConnection
from connector.store.credentials import NETSUITE, SHOPIFY, SHOPIFY_ONLINE, Life
from connector.vault import Vault

log = structlog.get_logger(__name__)

_A_DAY = 86_400


class Urgency(StrEnum):
    """How near an end is."""

    EARLY = "early"
    SOON = "soon"
    URGENT = "urgent"
    ENDED = "ended"


# A certificate, or the refresh token of a connection that is paused.
_DAYS = ((timedelta(days=14), Urgency.URGENT), (timedelta(days=30), Urgency.SOON), (timedelta(days=60), Urgency.EARLY))
# A person's session lasts a day at most.
_HOURS = ((timedelta(hours=1), Urgency.URGENT), (timedelta(hours=4), Urgency.SOON))


@dataclass(frozen=True, slots=True)
class Ending:
    """One end that is near. `advice` says what to do."""

    side: str
    what: str
    ends_at: datetime
    urgency: Urgency
    advice: str


def endings(connection: Connection, vault: Vault, stored: StoredConnection, *, now: datetime) -> list[Ending]:
    """Everything of a connection that ends soon or has ended, the nearest first."""
    lives = {life.side: life for life in credentials.lives(connection, stored.id)}
    session = credentials.read(connection, vault, stored.id, SHOPIFY_ONLINE) if SHOPIFY_ONLINE in lives else None
    user = session.token.user if session and session.token else None
    return of_lives(lives, stored.name, user=user, now=now)


def of_lives(lives: Mapping[str, Life], name: str, *, user: str | None, now: datetime) -> list[Ending]:
    """As `endings`, from what was read; `user` is whose session the online token is."""
    found = []
    if (life := lives.get(NETSUITE)) and life.certificate_ends_at:
        advice = (
            "make a new key with `ml-connector netsuite keygen`, upload its certificate, then "
            f"`ml-connector connection rotate {name} netsuite-certificate`"
        )
        found.append(_ending(NETSUITE, "certificate", life.certificate_ends_at, _DAYS, advice, now))
    if (life := lives.get(SHOPIFY)) and life.auth == "static" and life.token_ends_at:
        advice = f"give a new one: ml-connector connection rotate {name} access-token"
        found.append(_ending(SHOPIFY, "access token", life.token_ends_at, _DAYS, advice, now))
    if (life := lives.get(SHOPIFY)) and life.refresh_ends_at:
        advice = f"resume the connection, or install again: ml-connector shopify install {name}"
        found.append(_ending(SHOPIFY, "refresh token", life.refresh_ends_at, _DAYS, advice, now))
    if (life := lives.get(SHOPIFY_ONLINE)) and life.token_ends_at:
        advice = f"{user or 'the person who installed the app'} must sign in again: " + (
            f"ml-connector shopify install {name} --online"
        )
        found.append(_ending(SHOPIFY, "session", life.token_ends_at, _HOURS, advice, now))
    return sorted((ending for ending in found if ending is not None), key=lambda ending: ending.ends_at)


def next_end(lives: Sequence[Life]) -> tuple[str, datetime] | None:
    """What ends next unless a person acts, and when; a token that is renewed by itself does not count."""
    ends = [
        *(("certificate", life.certificate_ends_at) for life in lives if life.certificate_ends_at),
        *(("refresh token", life.refresh_ends_at) for life in lives if life.refresh_ends_at),
        *(("session", life.token_ends_at) for life in lives if life.side == SHOPIFY_ONLINE and life.token_ends_at),
        *(("access token", life.token_ends_at) for life in lives if life.auth == "static" and life.token_ends_at),
    ]
    return min(ends, key=lambda end: end[1], default=None)


def warn(connection: Connection, stored: StoredConnection, *, now: datetime) -> None:
    """Writes every end that is near into the log, once a day: ids and days only."""
    lives = {life.side: life for life in credentials.lives(connection, stored.id)}
    for ending in of_lives(lives, stored.name, user=None, now=now):
        name = f"credential_ends {stored.id} {ending.side} {ending.what}"
        if cursors.begin_slot(connection, name, int(now.timestamp() // _A_DAY)):
            log.warning(
                "credential_ends", connection_id=stored.id, side=ending.side, what=ending.what,
                days=math.floor((ending.ends_at - now).total_seconds() / _A_DAY),
            )  # fmt: skip


def _ending(
    side: str, what: str, ends_at: datetime, steps: tuple[tuple[timedelta, Urgency], ...], advice: str, now: datetime
) -> Ending | None:
    if ends_at <= now:
        return Ending(side, what, ends_at, Urgency.ENDED, advice)
    for within, urgency in steps:
        if ends_at - now <= within:
            return Ending(side, what, ends_at, urgency, advice)
    return None
