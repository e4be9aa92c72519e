"""The user of fastapi-users' SQLAlchemy adapter, as its documentation has it, and one field more."""

from fastapi_users.db import SQLAlchemyBaseUserTableUUID
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of this application."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """Somebody who may log in."""

    full_name: Mapped[str | None] = mapped_column(String(255))
