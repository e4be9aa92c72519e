"""The rows of an association: who is tied to whom."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.value import NOW
from provision.database.binding.bound import BoundLink
from provision.database.writing.batches import batches

# What the association's two columns hold.
Pair = tuple[Any, Any]


async def tie(session: AsyncSession, link: BoundLink, pairs: Collection[Pair]) -> None:
    """Add these pairs, with what else a new row of the association holds."""
    others = {field.column.key: field.codec.stored(NOW) if value == NOW else value for field, value in link.values}
    connection = await session.connection()
    for batch in batches(pairs):
        rows = [{link.source.key: source, link.target.key: target, **others} for source, target in batch]
        await connection.execute(insert(link.table), rows)


async def untie(session: AsyncSession, link: BoundLink, pairs: Collection[Pair]) -> None:
    """Delete these pairs."""
    statement = delete(link.table).where(link.source == bindparam("s"), link.target == bindparam("t"))
    connection = await session.connection()
    for batch in batches(pairs):
        await connection.execute(statement, [{"s": source, "t": target} for source, target in batch])


async def untie_all(session: AsyncSession, link: BoundLink, sources: Collection[Any]) -> None:
    """Delete every pair of these rows."""
    statement = delete(link.table).where(link.source == bindparam("s"))
    connection = await session.connection()
    for batch in batches(sources):
        await connection.execute(statement, [{"s": source} for source in batch])
