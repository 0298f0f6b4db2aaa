"""Which model made a generation, and how large it is"""

import sqlalchemy as sa
from alembic import op

revision = "5b8e2f7a1d03"
down_revision = "0d1f6a4b9c27"


def upgrade() -> None:
    op.add_column("generations", sa.Column("model", sa.Text(), nullable=False, server_default="qwen2.5-coder"))
    op.add_column("generations", sa.Column("file_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("generations", sa.Column("total_bytes", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("generations", "total_bytes")
    op.drop_column("generations", "file_count")
    op.drop_column("generations", "model")
