"""MariaDB and MySQL through asyncmy: a named lock of the session, strict values, UTC."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy import TextClause, event, text
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from provision.database.claim import Claim
from provision.database.dialects.dialect import Purpose
from provision.database.holder import Holder, not_obtained, tell_waiting, waits
from provision.database.meanings import LOCKED
from provision.errors import DatabaseError, UnreachableError

CONNECT_TIMEOUT_SECONDS = 15
# JSON_TABLE came with these (mariadb.com/kb/en/json_table; MySQL 8.0 reference manual, "JSON Table Functions").
OLDEST_MARIADB, OLDEST_MYSQL = (10, 6), (8, 0, 4)
# The longest that `lock_wait_timeout` takes: a year.
_LONGEST_SECONDS = 31_536_000
# Without strictness a text that is too long is cut silently; a frozen client is given up after five minutes.
_SESSION = """
SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_TRANS_TABLES'), time_zone = '+00:00',
    wait_timeout = LEAST(@@wait_timeout, 300), lock_wait_timeout = {0}, innodb_lock_wait_timeout = {0}
"""
_TRANSACTIONS = {
    Purpose.READING: "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    Purpose.WRITING: "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
}
_BEGIN = {Purpose.READING: "START TRANSACTION WITH CONSISTENT SNAPSHOT", Purpose.WRITING: "START TRANSACTION"}
# Names are the server's, not the database's, and have at most 64 characters.
_NAME = "CONCAT('provision:', LEFT(SHA2(CONCAT(DATABASE(), '/', :name), 256), 50))"
_LOCK = text(f"SELECT GET_LOCK({_NAME}, :seconds)")
_HOLDER = text(f"SELECT IS_USED_LOCK({_NAME})")
# A login sees its own sessions, and those of others with the right PROCESS.
_WHERE = text("SELECT user, host FROM information_schema.processlist WHERE id = :session")
# The time is the system's, whatever the session's time zone.
_SINCE = text("""
SELECT DATE_FORMAT(CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), '%Y-%m-%d %H:%i:%s UTC')
FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = :session
""")
# Empty where the performance schema is off, as it is on MariaDB unless somebody switches it on.
_WHO = text("""
SELECT attr_value FROM performance_schema.session_connect_attrs
WHERE processlist_id = :session AND attr_name = 'program_name'
""")


class MySQL:
    """The lock is the session's: it survives the commits that come with CREATE TABLE, and goes with the connection.

    So the connection must be closed when the transaction is committed, and not before.
    """

    def arguments(self, claim: Claim) -> dict[str, Any]:
        """All text is UTF-8; statements and warnings have values inside, and are not logged."""
        logging.getLogger("asyncmy").setLevel(logging.CRITICAL)
        return {"charset": "utf8mb4", "program_name": claim.shown, "echo": False, "async_creator_fn": _open}

    def prepare(self, engine: AsyncEngine, purpose: Purpose, patience: float) -> None:
        """Settings of the session, which the connection takes along when it is closed."""
        seconds = min(max(1, math.ceil(patience)), _LONGEST_SECONDS)

        @event.listens_for(engine.sync_engine, "connect")
        def _connected(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute(_SESSION.format(seconds))
            cursor.execute(_TRANSACTIONS[purpose])
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def _begun(connection: Any) -> None:
            connection.exec_driver_sql(_BEGIN[purpose])

    def options(self, purpose: Purpose) -> Mapping[str, Any]:
        """None: the isolation is set already, and SQLAlchemy would send a COMMIT to set it."""
        return {}

    def require_version(self, server: SQLAlchemyDialect) -> None:
        """Both count their versions differently, and either may answer to `mysql://`."""
        server = cast("MySQLDialect", server)
        oldest = OLDEST_MARIADB if server.is_mariadb else OLDEST_MYSQL
        if tuple(server.server_version_info or ()) < oldest:
            raise DatabaseError("MariaDB 10.6 or MySQL 8.0.4 or newer is needed", hint="upgrade the server")

    async def seal(self, session: AsyncSession) -> None:
        """It is read-only from the beginning."""

    async def lock(self, session: AsyncSession, claim: Claim) -> None:
        """GET_LOCK, whose answer is 1, or 0 when the time is over."""
        holder = None
        for waited, seconds in ((False, 0.0), *waits(claim.seconds)):
            if waited:
                tell_waiting(claim, holder)
            if await session.scalar(_LOCK, {"name": claim.name, "seconds": math.ceil(seconds)}) == 1:
                return
            holder = await _holder(session, claim)
        raise not_obtained(holder)

    async def lock_more(self, session: AsyncSession, name: str) -> None:
        """A session may hold several. The patience is set already."""
        seconds = await session.scalar(text("SELECT @@innodb_lock_wait_timeout"))
        if await session.scalar(_LOCK, {"name": name, "seconds": seconds}) != 1:
            raise LOCKED.with_details()


async def _holder(session: AsyncSession, claim: Claim) -> Holder | None:
    number = await session.scalar(_HOLDER, {"name": claim.name})
    if number is None:
        return None
    who, since = [await _permitted(session, query, number) for query in (_WHO, _SINCE)]
    login = (await session.execute(_WHERE, {"session": number})).first()
    where = f"{login[0]}@{login[1]}" if login else ""
    return Holder(session=f"connection {number}", who=who, since=since, where=where)


async def _permitted(session: AsyncSession, query: TextClause, number: int) -> str:
    """What the query finds of a session; nothing without the right to ask."""
    try:
        return str(await session.scalar(query, {"session": number}) or "")
    except DBAPIError:
        return ""


async def _open(**options: Any) -> Any:
    """Connect within a time, the server's greeting and the login included."""
    import asyncmy

    if isinstance(options.get("ssl"), str):
        # Older releases of asyncmy, 0.2.10 for one, connect without encryption then.
        raise TypeError("ssl")
    password = options.get("password")
    if isinstance(password, str):
        options["password"] = password.encode()  # the driver would write it as latin-1, and fail where it cannot
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            return await asyncmy.connect(**options)
    except RuntimeError:
        raise UnreachableError(
            "this login's way of authentication needs a package that is not installed",
            hint="pip install cryptography pynacl",
        ) from None
