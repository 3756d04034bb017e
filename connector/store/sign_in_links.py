"""Links by which a user signs in once: the first admin, somebody new, somebody who forgot the password."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from connector.store.tokens import token_hash
from connector.store.user_tables import sign_in_links


@dataclass(frozen=True, slots=True)
class SignInLink:
    """One link; good until it was used or has ended."""

    id: int
    user_id: int
    ends_at: datetime
    used_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        """True while it lets somebody in."""
        return self.used_at is None and now < self.ends_at


def offer(connection: Connection, user_id: int, link: str, *, ends_at: datetime) -> None:
    """Keeps a new link; the ones before it count no more."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))
    connection.execute(insert(sign_in_links).values(link_hash=token_hash(link), user_id=user_id, ends_at=ends_at))


def by_link(connection: Connection, link: str) -> SignInLink | None:
    """What a link leads to; None for one that was never made."""
    columns = [getattr(sign_in_links.c, name) for name in SignInLink.__dataclass_fields__]
    row = connection.execute(select(*columns).where(sign_in_links.c.link_hash == token_hash(link)))
    found = row.mappings().one_or_none()
    return None if found is None else SignInLink(**found)


def use(connection: Connection, link_id: int, *, now: datetime) -> bool:
    """True for the first who uses a link."""
    done = connection.execute(
        update(sign_in_links)
        .where(sign_in_links.c.id == link_id, sign_in_links.c.used_at.is_(None), sign_in_links.c.ends_at > now)
        .values(used_at=now)
    )
    return done.rowcount == 1


def end(connection: Connection, user_id: int) -> None:
    """Ends the links of a user."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))
