"""Version tracking: every generation has a version, and a project an active one

Only SQL, so that `alembic upgrade --sql` shows all of it. The column current_generation_id stays: with it the API as it
was before works after a downgrade, also with what was generated meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "39e7f45c72f1"
down_revision = "a41c9d6e8b52"


def upgrade() -> None:
    op.add_column("generations", sa.Column("version", sa.Integer()))
    op.add_column("generations", sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("generations", sa.Column("storage_path", sa.Text()))
    op.add_column("projects", sa.Column("active_generation_id", sa.Uuid()))
    op.add_column("projects", sa.Column("latest_version", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        """
        UPDATE generations SET version = numbered.version
        FROM (
            SELECT id, row_number() OVER (PARTITION BY coalesce(project_id, id) ORDER BY created_at, id) AS version
            FROM generations
        ) numbered
        WHERE generations.id = numbered.id
        """
    )
    op.execute(
        """
        UPDATE projects SET active_generation_id = current_generation_id, latest_version = coalesce(
            (SELECT max(version) FROM generations WHERE generations.project_id = projects.id), 0)
        """
    )
    op.create_foreign_key(
        "projects_active_generation_id_fkey",
        "projects",
        "generations",
        ["active_generation_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.execute(
        """
        UPDATE generations SET is_active = true FROM projects WHERE projects.active_generation_id = generations.id
        """
    )


def downgrade() -> None:
    op.drop_constraint("projects_active_generation_id_fkey", "projects", type_="foreignkey")
    op.drop_column("projects", "latest_version")
    op.drop_column("projects", "active_generation_id")
    op.drop_column("generations", "storage_path")
    op.drop_column("generations", "is_active")
    op.drop_column("generations", "version")
