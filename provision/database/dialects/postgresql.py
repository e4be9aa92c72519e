"""PostgreSQL through asyncpg: advisory locks of the transaction, and names that PgBouncer's other clients lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from provision.database.claim import Claim
from provision.database.dialects.dialect import Purpose, digest
from provision.database.holder import Holder, not_obtained, tell_waiting, waits
from provision.database.meanings import LOCKED, READ_ONLY, Meaning
from provision.errors import DatabaseError

CONNECT_TIMEOUT_SECONDS = 15
# That the server notices a client killed in the middle of a statement (from PostgreSQL 14 on) and gives a frozen one
# up, unless its administrator has decided on that; and who we are, for those who wait. All of it ends with the
# transaction.
_BEGUN = text("""
SELECT pg_is_in_recovery() AS is_replica,
       current_setting('transaction_read_only') = 'on' AS is_read_only,
       (SELECT CAST(setting AS bigint) FROM pg_settings WHERE name = 'lock_timeout') AS lock_timeout,
       set_config('application_name', :shown, true),
       (SELECT count(set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '500ms' ELSE '5min' END,
                                true))
        FROM pg_settings
        WHERE name IN ('client_connection_check_interval', 'idle_in_transaction_session_timeout') AND setting = '0')
""")
_WAIT = text("SELECT set_config('lock_timeout', CAST(:wait AS text), true)")
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
# What it once showed it shows again, until the transaction ends or this is said.
_LOOK_AGAIN = text("SELECT pg_stat_clear_snapshot()")
# The two halves of the key are unsigned (PostgreSQL's documentation, "pg_locks"). Of another login's session, all but
# its name and number is empty unless ours may read statistics.
_HOLDER = text("""
SELECT pid, coalesce(application_name, '') AS who, coalesce(host(client_addr), '') AS address,
       coalesce(to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), '') AS since
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = CAST(CAST(:high AS bigint) AS oid) AND objid = CAST(CAST(:low AS bigint) AS oid)
""")
_LOCK_TIMED_OUT = "55P03"
_REPLICA = Meaning(
    DatabaseError,
    "this server is a replica in recovery, nothing can be written to it",
    "connect to the primary",
)


class PostgreSQL:
    """The lock is the transaction's own, so it goes when the connection does, also through PgBouncer."""

    def arguments(self, claim: Claim) -> dict[str, Any]:
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

    async def lock(self, session: AsyncSession, claim: Claim) -> None:
        """An advisory lock; a `lock_timeout` of the server or the role that is shorter than our patience wins."""
        begun = (await session.execute(_BEGUN, {"shown": claim.shown})).one()
        if begun.is_replica:
            raise _REPLICA.with_details()
        if begun.is_read_only:
            raise READ_ONLY.with_details()
        limit = begun.lock_timeout / 1000
        patience = min(claim.seconds, limit or claim.seconds)
        await session.execute(_WAIT, {"wait": _milliseconds(patience)})
        if await session.scalar(_TRY_LOCK, {"key": _key(claim.name)}):
            return
        hint = LOCKED.hint if patience == claim.seconds else f"this login's lock_timeout is {limit:g} s; raise it"
        await _wait(session, replace(claim, seconds=patience), hint)

    async def lock_more(self, session: AsyncSession, name: str) -> None:
        """Another one."""
        await session.execute(_LOCK, {"key": _key(name)})


async def _wait(session: AsyncSession, claim: Claim, hint: str) -> None:
    """Wait in two parts, each in a savepoint, since the server takes an error for the end of a transaction."""
    holder = None
    for waited, seconds in waits(claim.seconds):
        if waited:
            tell_waiting(claim, holder)
        try:
            async with session.begin_nested():
                await session.execute(_WAIT, {"wait": _milliseconds(seconds)})
                await session.execute(_LOCK, {"key": _key(claim.name)})
            await session.execute(_WAIT, {"wait": _milliseconds(claim.seconds)})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_TIMED_OUT:
                raise
            holder = await _holder(session, _key(claim.name))
        else:
            return
    raise not_obtained(holder, hint)


async def _holder(session: AsyncSession, key: int) -> Holder | None:
    high, low = divmod(key % 2**64, 2**32)
    await session.execute(_LOOK_AGAIN)
    found = (await session.execute(_HOLDER, {"high": high, "low": low})).first()
    if found is None:
        return None
    return Holder(session=f"process {found.pid}", who=found.who, since=found.since, where=found.address)


def _key(name: str) -> int:
    """A signed number of 64 bits."""
    return int.from_bytes(digest(name)[:8], signed=True)


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
