"""The ledger's first tables.

MariaDB and MySQL commit at every CREATE: what a run that was killed has left there is kept, and the rest is added.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FAMILY = ("mysql", "mariadb")
MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), *FAMILY)
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), *FAMILY)


def upgrade() -> None:
    """Create the three tables."""
    _table(
        "provision_run",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("commit", sa.String(64)),
        sa.Column("tool_version", sa.String(32), nullable=False),
        sa.Column("fingerprint", sa.String(80), nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("removed", sa.Integer, nullable=False),
    )
    _index("ix_provision_run_project", "provision_run", "project")
    _table(
        "provision_resource",
        sa.Column("project", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(512), primary_key=True),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("row_key", sa.String(255), nullable=False),
        sa.Column("fields", LONG_TEXT, nullable=False),
        sa.Column("secrets", LONG_TEXT, nullable=False),
        sa.Column("labels", LONG_TEXT, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("on_remove", sa.String(16), nullable=False),
        sa.Column("prevent_removal", sa.Boolean, nullable=False),
        sa.Column("source", LONG_TEXT, nullable=False),
        sa.Column("run_id", sa.String(36), sa.ForeignKey("provision_run.id"), nullable=False),
        sa.UniqueConstraint("table_name", "row_key", name="uq_provision_resource_row"),
    )
    _table(
        "provision_change",
        sa.Column("run_id", sa.String(36), sa.ForeignKey("provision_run.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("address", sa.String(512), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("fields", LONG_TEXT, nullable=False),
        sa.Column("source", LONG_TEXT, nullable=False),
    )
    _index("ix_provision_change_address", "provision_change", "address")


def downgrade() -> None:
    """Drop them, history and ownership included."""
    op.drop_table("provision_change")
    op.drop_table("provision_resource")
    op.drop_table("provision_run")


def _table(name: str, *items: sa.schema.SchemaItem) -> None:
    dialect = op.get_bind().dialect
    if dialect.name not in FAMILY:
        op.create_table(name, *items)
        return
    options: dict[str, Any] = {"engine": "InnoDB", "charset": "utf8mb4", "collate": _exact(dialect)}
    op.create_table(
        name, *items, if_not_exists=True, **{f"{dialect.name}_{key}": value for key, value in options.items()}
    )


def _index(name: str, table: str, column: str) -> None:
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, [column])


def _exact(dialect: Any) -> str:
    """The collation that tells case and trailing spaces apart; MySQL before 8.0.17 has one for case alone."""
    if dialect.is_mariadb:
        return "utf8mb4_nopad_bin"
    return "utf8mb4_0900_bin" if dialect.server_version_info >= (8, 0, 17) else "utf8mb4_bin"
