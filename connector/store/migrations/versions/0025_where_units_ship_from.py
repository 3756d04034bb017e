"""where units ship from."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reservations", sa.Column("shopify_location", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("reservations", "shopify_location")
