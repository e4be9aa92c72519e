"""The tables of users and API keys."""

import sqlalchemy as sa
from alembic import op

from backend.common.model import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "sys_user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("nickname", sa.String(length=64), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=255), nullable=True),
        sa.Column("email", sa.String(length=256), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("avatar", sa.String(length=512), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False, comment="1 active, 0 disabled"),
        sa.Column("is_superuser", sa.Boolean(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("is_multi_login", sa.Boolean(), nullable=False),
        sa.Column("join_time", UTCDateTime(), nullable=False),
        sa.Column("last_login_time", UTCDateTime(), nullable=True),
        sa.Column("last_password_changed_time", UTCDateTime(), nullable=True),
        sa.Column("created_time", UTCDateTime(), nullable=False),
        sa.Column("updated_time", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sys_user")),
        sa.UniqueConstraint("email", name=op.f("uq_sys_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_sys_user_username")),
        sa.UniqueConstraint("uuid", name=op.f("uq_sys_user_uuid")),
    )
    op.create_table(
        "sys_api_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_prefix", sa.String(length=32), nullable=True),
        sa.Column("key_last_four", sa.String(length=4), nullable=True),
        sa.Column("key_hash", sa.String(length=128), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.Column("created_time", UTCDateTime(), nullable=False),
        sa.Column("updated_time", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["sys_user.id"], name=op.f("fk_sys_api_key_user_id_sys_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sys_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_sys_api_key_key_hash")),
        sa.UniqueConstraint("user_id", "name", "generation", name=op.f("uq_sys_api_key_user_id_name_generation")),
    )


def downgrade() -> None:
    """Back from it."""
    op.drop_table("sys_api_key")
    op.drop_table("sys_user")
