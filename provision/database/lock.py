"""A transaction that holds the project's lock, so that one run at a time writes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.dialects.dialect import Purpose, dialect_of, name_of
from provision.database.engine import connect, make_engine
from provision.database.errors import translated
from provision.database.target import Target

# PostgreSQL and SQLite count the wait in milliseconds of a signed 32-bit number.
_LONGEST_SECONDS = (2**31 - 1) / 1000


@asynccontextmanager
async def locked(target: Target, project: str, seconds: float) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that holds the project's lock; LockNotObtainedError after these seconds.

    The lock goes when the connection does. It is taken before the first snapshot: a READ COMMITTED transaction that
    waited for it sees what the one before it wrote. On SQLite it is the lock of the whole database.
    """
    seconds = min(seconds, _LONGEST_SECONDS)
    engine = make_engine(target, Purpose.WRITING, patience=seconds)
    try:
        with translated():
            async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
                await connect(session, Purpose.WRITING)
                await dialect_of(name_of(session)).lock(session, f"provision:{project}", seconds)
                yield session
    finally:
        await engine.dispose()


async def lock_ledger(session: AsyncSession) -> None:
    """Lock out the other projects as well, until the transaction ends: its tables are everybody's."""
    await dialect_of(name_of(session)).lock_more(session, "provision")
