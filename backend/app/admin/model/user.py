"""People and service accounts that may log in."""

from datetime import datetime
from typing import TYPE_CHECKING, Never, Optional
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from backend.common.model import Base, BigId, Timestamps, id_key, now_utc

if TYPE_CHECKING:
    from backend.app.admin.model.api_key import APIKey
    from backend.app.admin.model.dept import Dept
    from backend.app.admin.model.role import Role


def new_uuid() -> str:
    """A random UUID as 36 characters."""
    return str(uuid4())


class User(Timestamps, Base, kw_only=True, eq=False):
    """One account. `salt` has no default on purpose: whoever makes a user says what becomes of it."""

    __tablename__ = "sys_user"

    id: Mapped[id_key] = mapped_column(init=False)
    uuid: Mapped[str] = mapped_column(String(36), unique=True, default_factory=new_uuid)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    nickname: Mapped[str] = mapped_column(String(64))
    password: Mapped[str | None] = mapped_column(String(256), default=None, repr=False)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(255), repr=False)
    email: Mapped[str | None] = mapped_column(String(256), unique=True, default=None)
    phone: Mapped[str | None] = mapped_column(String(32), default=None)
    avatar: Mapped[str | None] = mapped_column(String(512), default=None)
    status: Mapped[int] = mapped_column(default=1, comment="1 active, 0 disabled")
    is_superuser: Mapped[bool] = mapped_column(default=False)
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_multi_login: Mapped[bool] = mapped_column(default=False)
    join_time: Mapped[datetime] = mapped_column(default_factory=now_utc)
    last_login_time: Mapped[datetime | None] = mapped_column(default=None)
    last_password_changed_time: Mapped[datetime | None] = mapped_column(default=None)
    dept_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sys_dept.id"), default=None)

    # lazy="raise": an implicit SELECT on attribute access cannot run under asyncio and would fail with the
    # obscure MissingGreenlet; so it says at once to ask for the keys, with selectinload(User.api_keys).
    # passive_deletes="all": deleting a user neither loads nor changes the keys; the foreign key refuses it.
    api_keys: Mapped[list["APIKey"]] = relationship(
        "APIKey", init=False, repr=False, lazy="raise", passive_deletes="all"
    )
    dept: Mapped[Optional["Dept"]] = relationship("Dept", init=False, repr=False, lazy="raise")
    # viewonly: a writable one would delete the rows of a deleted user's roles, if they happen to be loaded, since
    # passive_deletes only keeps it from loading them. So the foreign key refuses it here as well.
    roles: Mapped[list["Role"]] = relationship(
        "Role", secondary="sys_user_role", init=False, repr=False, lazy="raise", viewonly=True
    )

    @validates("roles", include_removes=True)
    def _refuse_to_change_roles(self, *_change: object) -> Never:
        # SQLAlchemy alone would ignore the change, and say nothing.
        raise TypeError("User.roles is for reading; write to the table backend.app.admin.model.role.user_role")
