"""What all models share: base class, key type, aware timestamps, names of constraints."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.dialects.mysql import DATETIME as MYSQL_DATETIME
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeEngine

# Alembic can only alter or drop a constraint that has a name, the same on every database.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

# SQLite counts up only an INTEGER key; there it holds 64 bits as well.
BigId = BigInteger().with_variant(Integer, "sqlite")
id_key = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]


def now_utc() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment: stored as UTC and read back aware, also where the database knows no time zones.

    A naive datetime is refused with a ValueError: nobody can say which moment it means.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(MYSQL_DATETIME(fsp=6))  # its plain DATETIME drops microseconds
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a datetime without a time zone; pass an aware one, such as datetime.now(UTC)")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# eq=False: compared by identity, rows stay hashable; a generated `==` would read what is not loaded.
class Base(MappedAsDataclass, AsyncAttrs, DeclarativeBase, kw_only=True, eq=False):
    """The base of all models: keyword-only dataclasses whose attributes can be awaited."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime}


class Timestamps(MappedAsDataclass, kw_only=True, eq=False):
    """When the row was made and last changed; column defaults, so that Core statements set them as well."""

    created_time: Mapped[datetime] = mapped_column(UTCDateTime, init=False, insert_default=now_utc, sort_order=999)
    updated_time: Mapped[datetime | None] = mapped_column(
        UTCDateTime, init=False, default=None, onupdate=now_utc, sort_order=999
    )
