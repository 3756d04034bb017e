"""users, what they sign in with, their sessions, and tokens of the API."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ROLES = "role in ('viewer', 'operator', 'admin')"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "users",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("connection_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        _time("totp_confirmed_at"),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        _now("made_at"),
        _time("disabled_at"),
        _time("last_signed_in_at"),
        sa.CheckConstraint(_ROLES, name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _time("used_at"),
        _of_user("recovery_codes"),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )
    op.create_table(
        "console_sessions",
        _id(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        _now("made_at"),
        _now("seen_at"),
        _now("ends_at"),
        _time("password_at"),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.CheckConstraint("way in ('password', 'link', 'oidc')", name=op.f("ck_console_sessions_way")),
        _of_user("console_sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_console_sessions_token_hash")),
    )
    op.create_index("ix_console_sessions_user", "console_sessions", ["user_id"])
    op.create_index("ix_console_sessions_ends", "console_sessions", ["ends_at"])
    op.create_table(
        "api_tokens",
        _id(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("connection_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        _now("made_at"),
        _time("ends_at"),
        _time("last_used_at"),
        _time("revoked_at"),
        sa.CheckConstraint(_ROLES, name=op.f("ck_api_tokens_role")),
        sa.CheckConstraint("(user_id is null) <> (role is null)", name=op.f("ck_api_tokens_whose")),
        _of_user("api_tokens"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_user", "api_tokens", ["user_id"])
    op.create_table(
        "sign_in_links",
        _id(),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _now("made_at"),
        _now("ends_at"),
        _time("used_at"),
        _of_user("sign_in_links"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_sign_in_links_link_hash")),
    )
    op.create_index("ix_sign_in_links_user", "sign_in_links", ["user_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("whose_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _now("failed_at"),
        _now("waits_until"),
        sa.PrimaryKeyConstraint("whose_hash", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("ix_sign_in_failures_failed", "sign_in_failures", ["failed_at"])


def downgrade() -> None:
    for table in (
        "sign_in_failures",
        "sign_in_links",
        "api_tokens",
        "console_sessions",
        "recovery_codes",
        "users",
    ):
        op.drop_table(table)
