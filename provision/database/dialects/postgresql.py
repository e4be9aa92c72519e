"""PostgreSQL through asyncpg: advisory locks of the transaction, and names that PgBouncer's other clients lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from provision.database.dialects.dialect import Purpose, digest

CONNECT_TIMEOUT_SECONDS = 15
# How long to wait for locks; and that the server notices a client killed in the middle of a statement (from
# PostgreSQL 14 on) and gives a frozen one up, unless its administrator has decided on that.
_PATIENCE = """
SELECT set_config(name, CASE name WHEN 'lock_timeout' THEN CAST(:wait AS text)
                                  WHEN 'client_connection_check_interval' THEN '500ms' ELSE '5min' END, true)
FROM pg_settings
WHERE name = 'lock_timeout'
   OR name IN ('client_connection_check_interval', 'idle_in_transaction_session_timeout') AND setting = '0'
"""
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


class PostgreSQL:
    """The lock is the transaction's own, so it goes when the connection does, also through PgBouncer."""

    def arguments(self, patience: float) -> dict[str, Any]:
        """Statements are not cached and have unique names, so that PgBouncer in transaction mode may be between."""
        return {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"provision_{uuid4().hex}",
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "server_settings": {"application_name": "provision"},
        }

    def prepare(self, engine: AsyncEngine, purpose: Purpose, patience: float) -> None:
        """Nothing: settings that outlive the transaction would stay behind in PgBouncer's connections."""

    def options(self, purpose: Purpose) -> Mapping[str, Any]:
        """A writer that waited for the lock sees what the one before it wrote: so READ COMMITTED."""
        if purpose is Purpose.READING:
            return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return {"isolation_level": "READ COMMITTED"}

    def require_version(self, server: SQLAlchemyDialect) -> None:
        """Every version that the driver connects to serves."""

    async def seal(self, session: AsyncSession) -> None:
        """It is read-only from the beginning."""

    async def lock(self, session: AsyncSession, name: str, patience: float) -> None:
        """An advisory lock, whose key is a signed number of 64 bits."""
        await session.execute(text(_PATIENCE), {"wait": str(max(1, round(patience * 1000)))})
        await self.lock_more(session, name)

    async def lock_more(self, session: AsyncSession, name: str) -> None:
        """Another one."""
        await session.execute(_LOCK, {"key": int.from_bytes(digest(name)[:8], signed=True)})
