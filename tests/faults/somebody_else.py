"""Another client of the same database, in a hurry: a statement is committed at once, or given up."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import asyncpg
from sqlalchemy.engine import URL, make_url

# How long it waits for a lock, in seconds.
PATIENCE = 0.1
# Somebody holds a lock, or the row that it makes is there already.
_REFUSED_BY_SQLITE = ("database is locked", "UNIQUE constraint failed")
_REFUSED_BY_POSTGRESQL = (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError)


def is_written(database: str, statement: str) -> bool:
    """Whether it was committed, or else refused; not by SQLAlchemy, whose events the strikes listen to."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        return _is_written_to_sqlite(url, statement)
    return asyncio.run(_is_written_to_postgresql(url, statement))


def _is_written_to_sqlite(url: URL, statement: str) -> bool:
    with closing(sqlite3.connect(str(url.database), timeout=PATIENCE)) as connection:
        try:
            with connection:
                connection.execute(statement)
        except sqlite3.Error as error:
            if not str(error).startswith(_REFUSED_BY_SQLITE):
                raise
            return False
        return True


async def _is_written_to_postgresql(url: URL, statement: str) -> bool:
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(f"SET lock_timeout = '{PATIENCE}s'")
        await connection.execute(statement)
    except _REFUSED_BY_POSTGRESQL:
        return False
    else:
        return True
    finally:
        await connection.close()
