"""The tables of departments and roles, and a user's department."""

import sqlalchemy as sa
from alembic import op

from backend.common.model import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "sys_dept",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False, comment="1 active, 0 disabled"),
        sa.Column("created_time", UTCDateTime(), nullable=False),
        sa.Column("updated_time", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["sys_dept.id"], name=op.f("fk_sys_dept_parent_id_sys_dept")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sys_dept")),
        sa.UniqueConstraint("name", name=op.f("uq_sys_dept_name")),
    )
    op.create_table(
        "sys_role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("remark", sa.String(length=256), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False, comment="1 active, 0 disabled"),
        sa.Column("created_time", UTCDateTime(), nullable=False),
        sa.Column("updated_time", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sys_role")),
        sa.UniqueConstraint("name", name=op.f("uq_sys_role_name")),
    )
    op.create_table(
        "sys_user_role",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["sys_role.id"], name=op.f("fk_sys_user_role_role_id_sys_role")),
        sa.ForeignKeyConstraint(["user_id"], ["sys_user.id"], name=op.f("fk_sys_user_role_user_id_sys_user")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_sys_user_role")),
    )
    op.create_index(op.f("ix_sys_user_role_role_id"), "sys_user_role", ["role_id"])
    if on_sqlite():
        # Not in a batch: that drops sys_user and makes it anew, which SQLite refuses while a key refers to a user,
        # and foreign keys cannot be switched off within a transaction.
        op.execute(
            "ALTER TABLE sys_user ADD COLUMN dept_id INTEGER"
            " CONSTRAINT fk_sys_user_dept_id_sys_dept REFERENCES sys_dept (id)"
        )
    else:
        op.add_column("sys_user", sa.Column("dept_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f("fk_sys_user_dept_id_sys_dept"), "sys_user", "sys_dept", ["dept_id"], ["id"])


def downgrade() -> None:
    """Back from it."""
    if not on_sqlite():  # there the column takes its constraint along
        op.drop_constraint(op.f("fk_sys_user_dept_id_sys_dept"), "sys_user", type_="foreignkey")
    op.drop_column("sys_user", "dept_id")
    op.drop_table("sys_user_role")
    op.drop_table("sys_role")
    op.drop_table("sys_dept")


def on_sqlite() -> bool:
    """Whether the migration runs on SQLite, or is printed for it."""
    return op.get_context().dialect.name == "sqlite"
