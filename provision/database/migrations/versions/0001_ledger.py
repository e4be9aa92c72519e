"""The ledger's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "provision_run",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("commit", sa.String(64)),
        sa.Column("tool_version", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(80), nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("removed", sa.Integer, nullable=False),
    )
    op.create_index("ix_provision_run_project", "provision_run", ["project"])
    op.create_table(
        "provision_resource",
        sa.Column("project", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(512), primary_key=True),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("row_key", sa.String(255), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("secrets", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("on_remove", sa.String(16), nullable=False),
        sa.Column("prevent_removal", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(36), sa.ForeignKey("provision_run.id"), nullable=False),
        sa.UniqueConstraint("table_name", "row_key", name="uq_provision_resource_row"),
    )
    op.create_table(
        "provision_change",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("provision_run.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("address", sa.String(512), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )
    op.create_index("ix_provision_change_address", "provision_change", ["address"])


def downgrade() -> None:
    """Drop them, history and ownership included."""
    op.drop_table("provision_change")
    op.drop_table("provision_resource")
    op.drop_table("provision_run")
