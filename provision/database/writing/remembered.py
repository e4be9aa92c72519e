"""Replacing what the ledger remembers of secrets, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.database.ledger import RESOURCE


async def write_secrets(session: AsyncSession, project: str, texts: Mapping[Address, str]) -> None:
    """Replace what is remembered of the secrets of these resources, in one statement."""
    if not texts:
        return
    rows: list[dict[str, Any]] = [{"at": str(address), "text": text} for address, text in texts.items()]
    statement = (
        update(RESOURCE)
        .where(RESOURCE.c.project == project, RESOURCE.c.address == bindparam("at"))
        .values(secrets=bindparam("text"))
    )
    connection = await session.connection()
    await connection.execute(statement, rows)
