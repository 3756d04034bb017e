"""The tables of access: users, what they sign in with, their sessions, and tokens of the API. Nothing else.

Of every secret that is only compared (sessions, tokens, links, recovery codes) a hash is kept; what must be read again,
the secret of a second factor, is sealed.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from connector.store.columns import id_, metadata, time_

_ROLES = "role in ('viewer', 'operator', 'admin')"


def _user(*, nullable: bool = False) -> Column[int]:
    return Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=nullable)


# `name_key`: the name without case, which is unique. `connection_ids`: what is seen; missing means all, later ones too.
# `totp_step`: the step of the last code that was used; none counts twice.
users = Table(
    "users",
    metadata,
    id_(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("email", Text, unique=True),
    Column("password_hash", Text),
    Column("role", Text, nullable=False),
    Column("connection_ids", ARRAY(BigInteger)),
    Column("totp", LargeBinary),
    time_("totp_confirmed_at", nullable=True),
    Column("totp_step", BigInteger),
    time_("made_at"),
    time_("disabled_at", nullable=True),
    time_("last_signed_in_at", nullable=True),
    CheckConstraint(text(_ROLES), name="role"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    _user(),
    Column("code_hash", LargeBinary, nullable=False),
    time_("used_at", nullable=True),
    UniqueConstraint("user_id", "code_hash"),
)

# `way`: password, link or oidc. `password_at`: when who sits there proved it last, for what moves money.
console_sessions = Table(
    "console_sessions",
    metadata,
    id_(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    _user(),
    Column("way", Text, nullable=False),
    time_("made_at"),
    time_("seen_at"),
    time_("ends_at"),
    time_("password_at", nullable=True),
    Column("agent", Text, nullable=False),
    CheckConstraint(text("way in ('password', 'link', 'oidc')"), name="way"),
    Index("ix_console_sessions_user", "user_id"),
    Index("ix_console_sessions_ends", "ends_at"),
)

# A token acts for its user, with that user's present role, or by a role of its own.
api_tokens = Table(
    "api_tokens",
    metadata,
    id_(),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _user(nullable=True),
    Column("role", Text),
    Column("connection_ids", ARRAY(BigInteger)),
    Column("made_by", Text, nullable=False),
    time_("made_at"),
    time_("ends_at", nullable=True),
    time_("last_used_at", nullable=True),
    time_("revoked_at", nullable=True),
    CheckConstraint(text(_ROLES), name="role"),
    CheckConstraint(text("(user_id is null) <> (role is null)"), name="whose"),
    Index("ix_api_tokens_user", "user_id"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    id_(),
    Column("link_hash", LargeBinary, nullable=False, unique=True),
    _user(),
    time_("made_at"),
    time_("ends_at"),
    time_("used_at", nullable=True),
    Index("ix_sign_in_links_user", "user_id"),
)

# By the hash of a name or of an address: people type passwords into the field of the name.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("whose_hash", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    time_("failed_at"),
    time_("waits_until"),
    Index("ix_sign_in_failures_failed", "failed_at"),
)
