"""What differs between the databases when a connection opens, a transaction begins, and a lock is taken."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Protocol

from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from provision.database.claim import Claim

# The names of SQLAlchemy's dialects for the one family: `mysql://` may well lead to a MariaDB.
MYSQL_FAMILY = frozenset({"mysql", "mariadb"})


class Purpose(Enum):
    """What a session is for: one consistent state and no writes, or writing what others do not touch meanwhile."""

    READING = auto()
    WRITING = auto()


class Dialect(Protocol):
    """One kind of database; `patience` is in seconds, and how long a lock is waited for."""

    def arguments(self, claim: Claim) -> dict[str, Any]:
        """The driver's own arguments."""

    def prepare(self, engine: AsyncEngine, purpose: Purpose, patience: float) -> None:
        """Say what happens on a connection once it is open, and how its transactions begin."""

    def options(self, purpose: Purpose) -> Mapping[str, Any]:
        """SQLAlchemy's execution options of the transaction."""

    def require_version(self, server: SQLAlchemyDialect) -> None:
        """DatabaseError when the server is too old to work with; `server` knows its version by now."""

    async def seal(self, session: AsyncSession) -> None:
        """From now on this session for reading cannot write, where its beginning did not say so already."""

    async def lock(self, session: AsyncSession, claim: Claim) -> None:
        """Take the claimed lock as the transaction's first statement, until it ends; or LockNotObtainedError.

        Who waits for long is told once for whom.
        """

    async def lock_more(self, session: AsyncSession, name: str) -> None:
        """Take another lock in the same transaction, with the same patience."""


def dialect_of(name: str) -> Dialect:
    """The dialect of a URL's or an engine's backend name; imported when it is needed, as its driver is."""
    if name in MYSQL_FAMILY:
        from provision.database.dialects.mysql import MySQL

        return MySQL()
    if name == "sqlite":
        from provision.database.dialects.sqlite import SQLite

        return SQLite()
    from provision.database.dialects.postgresql import PostgreSQL

    return PostgreSQL()


def name_of(session: AsyncSession) -> str:
    """The backend name of a session's database."""
    return session.get_bind().dialect.name


def digest(name: str) -> bytes:
    """32 bytes of this name alone, in practice."""
    return hashlib.sha256(name.encode()).digest()
