"""A transaction that holds the project's lock, so that one run at a time writes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.engine import connect, make_engine
from provision.database.errors import translated
from provision.database.target import Target

# How long to wait for locks; and that the server notices a client killed in the middle of a statement (from
# PostgreSQL 14 on) and gives a frozen one up, unless its administrator has decided on that.
_PATIENCE = """
SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN CAST(:wait AS text)
                                  WHEN 'client_connection_check_interval' THEN '500ms' ELSE '5min' END, true)
FROM pg_settings
WHERE name = 'lock_timeout'
   OR name IN ('client_connection_check_interval', 'idle_in_transaction_session_timeout') AND setting = '0'
"""
# Both databases count the wait in milliseconds of a signed 32-bit number.
_LONGEST_SECONDS = (2**31 - 1) / 1000
_LOCK = "SELECT pg_advisory_xact_lock(:key)"


@asynccontextmanager
async def locked(target: Target, project: str, seconds: float) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that holds the project's lock; LockNotObtainedError after these seconds.

    The lock is the transaction's own, so it goes when the connection does, also through PgBouncer. It is taken
    before the first snapshot: a READ COMMITTED transaction that waited for it sees what the one before it wrote.
    On SQLite it is the lock of the whole database.
    """
    seconds = min(seconds, _LONGEST_SECONDS)
    engine = make_engine(target, begin="BEGIN IMMEDIATE", busy_seconds=seconds)
    try:
        with translated():
            async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
                if target.is_sqlite:
                    await connect(session, {})
                else:
                    await connect(session, {"isolation_level": "READ COMMITTED"})
                    await session.execute(text(_PATIENCE), {"wait": str(max(1, round(seconds * 1000)))})
                    await session.execute(text(_LOCK), {"key": _key(f"provision:{project}")})
                yield session
    finally:
        await engine.dispose()


async def lock_ledger(session: AsyncSession) -> None:
    """Lock out the other projects as well, until the transaction ends: its tables are everybody's."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(_LOCK), {"key": _key("provision")})


def _key(name: str) -> int:
    """A signed 64-bit number of this name alone, in practice."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
