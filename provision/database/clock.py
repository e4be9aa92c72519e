"""The database's clock: all time arithmetic is by it, and not by that of the machine that runs us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.moment import from_epoch
from provision.database.dialects.dialect import name_of

# The moment at which a statement runs, in seconds since 1970-01-01T00:00:00Z.
_QUERIES = {
    "postgresql": text("SELECT extract(epoch FROM clock_timestamp())"),
    "sqlite": text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
    "mysql": text("SELECT unix_timestamp(sysdate(6))"),
    "mariadb": text("SELECT unix_timestamp(sysdate(6))"),
}
_moment: ContextVar[datetime | None] = ContextVar("provision_moment", default=None)


async def read_clock(session: AsyncSession) -> str:
    """What time it is to the database."""
    return from_epoch(float(await session.scalar(_QUERIES[name_of(session)])))


@contextmanager
def written_at(moment: str) -> Iterator[None]:
    """What is written in here as `now` is this moment."""
    token = _moment.set(datetime.fromisoformat(moment))
    try:
        yield
    finally:
        _moment.reset(token)


def present() -> datetime:
    """The moment that is written as `now`; the machine's own where nobody asked the database."""
    return _moment.get() or datetime.now(UTC)
