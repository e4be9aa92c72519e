"""One session for one run: to read a consistent state, or to write under the lock, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.claim import Claim
from provision.database.commit import AnswerLostError, IsCommitted, commit, settle
from provision.database.dialects.dialect import Purpose, dialect_of, name_of
from provision.database.engine import connect, make_engine
from provision.database.errors import translated
from provision.database.lock import locked
from provision.database.target import Target
from provision.errors import UnreachableError

Session = AsyncSession


@asynccontextmanager
async def reading(target: Target, tables: Iterable[MetaData] = ()) -> AsyncIterator[AsyncSession]:
    """A session that sees one moment of the database and cannot write: the database itself refuses it.

    As long as the embedded database does not exist, it is read as if it did, empty: `tables` are made in memory.
    """
    to_be = _is_to_be(target)
    target = _in_memory(target) if to_be else _there(target)
    engine = make_engine(target, Purpose.READING)
    try:
        with translated():
            async with AsyncSession(engine) as session:
                await connect(session, Purpose.READING)
                if to_be:
                    await _create(session, tables)
                await dialect_of(name_of(session)).seal(session)
                yield session
    finally:
        await engine.dispose()


@asynccontextmanager
async def writing(
    target: Target,
    claim: Claim,
    *,
    is_committed: IsCommitted,
    tables: Iterable[MetaData] = (),
) -> AsyncIterator[AsyncSession]:
    """A session that holds the project's lock; it commits at the end, or rolls back when anything was raised.

    `is_committed` tells on a new connection whether this commit took place; it is asked when the answer was lost.
    The embedded database and its `tables` are made at once when they are not there; any other has to have them.
    """
    if not target.embedded:
        _there(target)
    is_done = False
    try:
        async with locked(target, claim) as session:
            if target.embedded:
                await _create(session, tables)
            yield session
            await commit(session)
            is_done = True
    except asyncio.CancelledError:
        # What is committed is to be told, although it was interrupted while the connection was being closed.
        if not is_done:
            raise
    except AnswerLostError:
        await settle(target, claim, is_committed)


@asynccontextmanager
async def trying(target: Target, claim: Claim, *, tables: Iterable[MetaData] = ()) -> AsyncIterator[AsyncSession]:
    """A session that holds the project's lock and writes, and whose transaction is rolled back at the end.

    As long as the embedded database does not exist, everything happens in memory.
    """
    trial = _in_memory(target) if _is_to_be(target) else _there(target)
    async with locked(trial, claim) as session:
        if target.embedded:
            await _create(session, tables)
        yield session
        await session.rollback()


def _is_to_be(target: Target) -> bool:
    """Whether it is the embedded database, which the first apply makes."""
    return target.embedded and not (_exists(target) and _has_content(target))


def _in_memory(target: Target) -> Target:
    return Target(url=target.url.set(database=":memory:"))


def _there(target: Target) -> Target:
    if not _exists(target):
        raise UnreachableError(f"there is no database file {target.file}", hint="check the database URL")
    return target


def _exists(target: Target) -> bool:
    try:
        return target.file is None or target.file.is_file()
    except OSError:  # a name that is too long, or a folder that we may not look into
        return False


def _has_content(target: Target) -> bool:
    """SQLite makes an empty file at once; a first run that was stopped leaves it behind."""
    return target.file is None or target.file.stat().st_size > 0


async def _create(session: AsyncSession, tables: Iterable[MetaData]) -> None:
    connection = await session.connection()
    for metadata in tables:
        await connection.run_sync(metadata.create_all)
