"""Which plans have been applied already: an exception for one plan is good for one run."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.ledger import RUN


async def was_applied(session: AsyncSession, project: str, fingerprints: Collection[str]) -> set[str]:
    """Those of the fingerprints with which this project has a run in the ledger, which has to be there."""
    asked = RUN.c.fingerprint.in_(sorted(fingerprints))
    found = await session.scalars(select(RUN.c.fingerprint).where(RUN.c.project == project, asked))
    return set(found)
