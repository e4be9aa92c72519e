"""Keys with which a user's programs call the application."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.common.model import Base, BigId, Timestamps, id_key


class APIKey(Timestamps, Base, kw_only=True, eq=False):
    """One generation of a named key. Only its hash is kept; prefix and last four are there for people."""

    __tablename__ = "sys_api_key"
    __table_args__ = (UniqueConstraint("user_id", "name", "generation"),)

    id: Mapped[id_key] = mapped_column(init=False)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("sys_user.id"))
    name: Mapped[str] = mapped_column(String(64))
    key_prefix: Mapped[str | None] = mapped_column(String(32), default=None)
    key_last_four: Mapped[str | None] = mapped_column(String(4), default=None)
    key_hash: Mapped[str] = mapped_column(String(128), unique=True, repr=False)
    scopes: Mapped[list[str]] = mapped_column(JSON, insert_default=list, default_factory=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    generation: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
