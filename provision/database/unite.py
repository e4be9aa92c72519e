"""The rows of an association: who is tied to whom."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.value import NOW
from provision.database.batches import batches
from provision.database.bound import BoundLink

# What the association's two columns hold; without a target, everything that a source is tied to.
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
    connection = await session.connection()
    for batch in batches(pairs):
        statement = delete(link.table).where(link.source == bindparam("s"))
        if batch[0][1] is not None:
            statement = statement.where(link.target == bindparam("t"))
        await connection.execute(statement, [{"s": source, "t": target} for source, target in batch])
