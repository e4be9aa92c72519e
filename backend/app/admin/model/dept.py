"""Departments: the tree that users belong to."""

from typing import Optional

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.common.model import Base, BigId, Timestamps, id_key


class Dept(Timestamps, Base, kw_only=True, eq=False):
    """One department; without a parent it is a root. Nothing here or in the database refuses a circle."""

    __tablename__ = "sys_dept"

    id: Mapped[id_key] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sys_dept.id"), default=None)
    sort: Mapped[int] = mapped_column(default=0)
    status: Mapped[int] = mapped_column(default=1, comment="1 active, 0 disabled")

    # As User.api_keys: the query has to ask for them, and deleting a department neither loads nor changes those below
    # it; the foreign key refuses it.
    parent: Mapped[Optional["Dept"]] = relationship(
        "Dept", init=False, repr=False, lazy="raise", remote_side="Dept.id", back_populates="children"
    )
    children: Mapped[list["Dept"]] = relationship(
        "Dept", init=False, repr=False, lazy="raise", passive_deletes="all", back_populates="parent"
    )
