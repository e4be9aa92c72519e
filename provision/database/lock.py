"""A transaction that holds the project's lock, so that one run at a time writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.claim import Claim
from provision.database.dialects.dialect import Purpose, dialect_of, name_of
from provision.database.engine import connect, make_engine
from provision.database.errors import translated
from provision.database.holder import SILENCE, tell_waiting
from provision.database.target import Target

# PostgreSQL and SQLite count the wait in milliseconds of a signed 32-bit number.
_LONGEST_SECONDS = (2**31 - 1) / 1000


@asynccontextmanager
async def locked(target: Target, claim: Claim) -> AsyncIterator[AsyncSession]:
    """A session in a transaction that holds the project's lock; LockNotObtainedError when the wait is over.

    The lock goes when the connection does. It is taken before the first snapshot: a READ COMMITTED transaction that
    waited for it sees what the one before it wrote. On SQLite it is the lock of the whole database.
    """
    claim = replace(claim, seconds=min(claim.seconds, _LONGEST_SECONDS))
    engine = make_engine(target, Purpose.WRITING, claim)
    try:
        with translated():
            async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
                await _connect(session, target, claim)
                await dialect_of(name_of(session)).lock(session, claim)
                yield session
    finally:
        await engine.dispose()


async def _connect(session: AsyncSession, target: Target, claim: Claim) -> None:
    """SQLite takes its lock when the transaction begins; so that is the wait to tell of."""
    if not target.is_sqlite:
        await connect(session, Purpose.WRITING)
        return
    telling = asyncio.get_running_loop().call_later(SILENCE, tell_waiting, claim, None)
    try:
        await connect(session, Purpose.WRITING)
    finally:
        telling.cancel()


async def lock_ledger(session: AsyncSession) -> None:
    """Lock out the other projects as well, until the transaction ends: its tables are everybody's."""
    await dialect_of(name_of(session)).lock_more(session, "provision")
