"""SQLite through aiosqlite, whose transactions begin as we say; the lock is that of the whole database."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from provision.database.claim import Claim
from provision.database.dialects.dialect import Purpose

_BEGIN = {Purpose.READING: "BEGIN", Purpose.WRITING: "BEGIN IMMEDIATE"}


class SQLite:
    """The driver begins transactions late and loses updates that way; so the beginning is ours."""

    def arguments(self, claim: Claim) -> dict[str, Any]:
        """How long BEGIN IMMEDIATE waits."""
        # It logs every parameter, once the application's own logging is at debug level.
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
        return {"timeout": claim.seconds}

    def prepare(self, engine: AsyncEngine, purpose: Purpose, patience: float) -> None:
        """Open, switch foreign keys on, and begin."""

        @event.listens_for(engine.sync_engine, "do_connect")
        def _open(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
            # A file that cannot be opened fails here, by the same error: where aiosqlite fails to open one, its
            # thread may outlive the event loop and print a traceback (github.com/omnilib/aiosqlite/issues/241).
            sqlite3.connect(*arguments, **options).close()

        @event.listens_for(engine.sync_engine, "connect")
        def _connected(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def _begun(connection: Any) -> None:
            connection.exec_driver_sql(_BEGIN[purpose])

    def options(self, purpose: Purpose) -> Mapping[str, Any]:
        """None: the beginning says it all."""
        return {}

    def require_version(self, server: SQLAlchemyDialect) -> None:
        """Python brings the library along."""

    async def seal(self, session: AsyncSession) -> None:
        """Not before the tables that are made in memory are there."""
        await session.execute(text("PRAGMA query_only = ON"))

    async def lock(self, session: AsyncSession, claim: Claim) -> None:
        """BEGIN IMMEDIATE has taken it."""

    async def lock_more(self, session: AsyncSession, name: str) -> None:
        """There is only one."""
