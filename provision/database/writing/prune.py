"""Deleting old runs and their changes from the ledger."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import among, delete_among
from provision.database.ledger import CHANGE, RESOURCE, RUN
from provision.database.writing.delivered import runs_waited_for


async def needed_runs(session: AsyncSession, project: str) -> set[str]:
    """The runs whose rows have to stay: resources refer to them, or their secrets are still to be delivered."""
    referred = await session.scalars(select(RESOURCE.c.run_id).distinct())
    # Without its run's row what is staged would be taken for that of a run that was never committed.
    return {*referred, *await runs_waited_for(session, project)}


async def count_changes(session: AsyncSession, runs: Collection[str]) -> int:
    """How many changes these runs have, in one query."""
    query = select(func.count()).where(among([CHANGE.c.run_id], {(run,) for run in runs}, name_of(session)))
    return await session.scalar(query) or 0


async def delete_history(session: AsyncSession, *, changes_of: Collection[str], runs: Collection[str]) -> None:
    """Delete the changes of some runs, and then runs that have none, in one statement each."""
    dialect = name_of(session)
    await session.execute(delete_among(CHANGE, [CHANGE.c.run_id], {(run,) for run in changes_of}, dialect))
    await session.execute(delete_among(RUN, [RUN.c.id], {(run,) for run in runs}, dialect))
