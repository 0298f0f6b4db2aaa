"""The generation that a project shows; without a foreign key, because generations used to be cleaned up by hand"""

import sqlalchemy as sa
from alembic import op

revision = "a41c9d6e8b52"
down_revision = "5b8e2f7a1d03"


def upgrade() -> None:
    op.add_column("projects", sa.Column("current_generation_id", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("projects", "current_generation_id")
