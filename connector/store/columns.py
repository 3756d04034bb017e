"""What all table modules share: the metadata with its naming, and the columns that most tables have."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NOW = text("now()")


def id_() -> Column[int]:
    """The primary key."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def connection_() -> Column[int]:
    """The connection a row belongs to."""
    return Column("connection_id", ForeignKey("connections.id", ondelete="RESTRICT"), nullable=False)


def time_(name: str, *, nullable: bool = False) -> Column[object]:
    """A moment; now unless it may be missing."""
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=None if nullable else NOW)
