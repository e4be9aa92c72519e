"""An engine for one connection: no pool, no cached statements, no values in errors, SQLite's transactions ours."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from provision.database.target import Target
from provision.errors import UnreachableError

CONNECT_TIMEOUT_SECONDS = 15


def make_engine(target: Target, *, begin: str, busy_seconds: float = 30) -> AsyncEngine:
    """An engine of one connection, whose errors and logs name no values; `begin` is SQLite's first statement.

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
        # It logs every parameter, once the application's own logging is at debug level.
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    # It prints a traceback when a lost connection cannot be closed; what is lost with it is told by us.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    engine = create_async_engine(target.url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if target.is_sqlite:
        _own_transactions(engine, begin)
    return engine


async def connect(session: AsyncSession, options: Mapping[str, Any]) -> None:
    """Open the connection and begin the transaction; `options` are SQLAlchemy's for its execution."""
    try:
        await session.connection(execution_options=options)
    except TypeError:  # the driver takes the URL's query as arguments
        raise UnreachableError(
            "the database URL has an option that the driver does not know", hint="see what follows its question mark"
        ) from None


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
