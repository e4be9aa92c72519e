"""One session for one run: to read a consistent state, or to write under the lock, in one transaction."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import MetaData, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from provision.database.errors import translated
from provision.database.target import Target
from provision.errors import OutcomeUnknownError, UnreachableError

CONNECT_TIMEOUT_SECONDS = 15
Session = AsyncSession


@asynccontextmanager
async def reading(target: Target, tables: Iterable[MetaData] = ()) -> AsyncIterator[AsyncSession]:
    """A session that sees one moment of the database and cannot write: the database itself refuses it.

    As long as the embedded database does not exist, it is read as if it did, empty: `tables` are made in memory.
    """
    to_be = target.embedded and not (_exists(target) and _has_content(target))
    if to_be:
        target = Target(url=target.url.set(database=":memory:"))
    elif not _exists(target):
        raise UnreachableError(f"there is no database file {target.file}", hint="check the database URL")
    engine = _engine(target, begin="BEGIN")
    options: dict[str, Any] = {}
    if not target.is_sqlite:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        with translated():
            async with AsyncSession(engine) as session:
                await _connect(session, options)
                if to_be:
                    await _create(session, tables)
                if target.is_sqlite:
                    await session.execute(text("PRAGMA query_only = ON"))
                yield session
    finally:
        await engine.dispose()


@asynccontextmanager
async def writing(
    target: Target, project: str, *, lock_seconds: float, tables: Iterable[MetaData] = ()
) -> AsyncIterator[AsyncSession]:
    """A session that holds the project's lock; it commits at the end, or rolls back when anything was raised.

    The embedded database and its `tables` are made at once when they are not there; any other has to have them.

    The lock is the transaction's own, so it goes when the connection does, also through PgBouncer. It is taken
    before the first snapshot: a READ COMMITTED transaction that waited for it sees what the one before it wrote.
    """
    if not target.embedded and not _exists(target):
        raise UnreachableError(f"there is no database file {target.file}", hint="check the database URL")
    engine = _engine(target, begin="BEGIN IMMEDIATE", busy_seconds=lock_seconds)
    try:
        with translated():
            async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
                if target.is_sqlite:
                    await _connect(session, {})
                else:
                    await _take_lock(session, project, lock_seconds)
                if target.embedded:
                    await _create(session, tables)
                yield session
                await _commit(session)
    finally:
        await engine.dispose()


async def _connect(session: AsyncSession, options: Mapping[str, Any]) -> None:
    try:
        await session.connection(execution_options=options)
    except TypeError:  # the driver takes the URL's query as arguments
        raise UnreachableError(
            "the database URL has an option that the driver does not know", hint="see what follows its question mark"
        ) from None


async def _take_lock(session: AsyncSession, project: str, lock_seconds: float) -> None:
    await _connect(session, {"isolation_level": "READ COMMITTED"})
    milliseconds = max(1, round(lock_seconds * 1000))
    await session.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(project)})


async def _commit(session: AsyncSession) -> None:
    try:
        with translated():
            await session.commit()
    except UnreachableError as error:
        raise OutcomeUnknownError(
            "the connection was lost while the changes were being committed",
            hint="run `provision plan`: it says whether they are there",
        ) from error


def _engine(target: Target, *, begin: str, busy_seconds: float = 30) -> AsyncEngine:
    """An engine of one connection, whose errors name no values.

    Statements are not cached and have unique names, so that PgBouncer in transaction mode may stand between.
    """
    arguments: dict[str, Any] = {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"provision_{uuid4().hex}",
        "timeout": CONNECT_TIMEOUT_SECONDS,
        "server_settings": {"application_name": "provision"},
    }
    if target.is_sqlite:
        arguments = {"timeout": busy_seconds}
    engine = create_async_engine(target.url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if target.is_sqlite:
        _own_transactions(engine, begin)
    return engine


def _own_transactions(engine: AsyncEngine, begin: str) -> None:
    """SQLite's driver begins transactions late and loses updates that way; so the beginning is ours."""

    @event.listens_for(engine.sync_engine, "do_connect")
    def _open(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        # A file that cannot be opened fails here, by the same error: where aiosqlite fails to open one, its thread
        # may outlive the event loop and print a traceback (github.com/omnilib/aiosqlite/issues/241).
        sqlite3.connect(*arguments, **options).close()

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _lock_key(project: str) -> int:
    """A signed 64-bit number of this project alone, in practice."""
    return int.from_bytes(hashlib.sha256(f"provision:{project}".encode()).digest()[:8], signed=True)


def _exists(target: Target) -> bool:
    return target.file is None or target.file.is_file()


def _has_content(target: Target) -> bool:
    """SQLite makes an empty file at once; a first run that was stopped leaves it behind."""
    return target.file is None or target.file.stat().st_size > 0


async def _create(session: AsyncSession, tables: Iterable[MetaData]) -> None:
    connection = await session.connection()
    for metadata in tables:
        await connection.run_sync(metadata.create_all)
