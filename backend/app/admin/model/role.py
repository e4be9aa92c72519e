"""Roles, and which users have them."""

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from backend.common.model import Base, BigId, Timestamps, id_key

# No ON DELETE: a user or a role that is still in here cannot be deleted. The key finds the roles of a user, the index
# the users of a role.
user_role = Table(
    "sys_user_role",
    Base.metadata,
    Column("user_id", BigId, ForeignKey("sys_user.id"), primary_key=True),
    Column("role_id", BigId, ForeignKey("sys_role.id"), primary_key=True, index=True),
)


class Role(Timestamps, Base, kw_only=True, eq=False):
    """Something that users may be, such as an auditor."""

    __tablename__ = "sys_role"

    id: Mapped[id_key] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    remark: Mapped[str | None] = mapped_column(String(256), default=None)
    status: Mapped[int] = mapped_column(default=1, comment="1 active, 0 disabled")
