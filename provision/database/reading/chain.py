"""Reading a project's chain of runs, and everything that it is checked against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.chain import Link
from provision.core.chain_check import ChainCheck, Finding
from provision.database.ledger import CHANGE, RESOURCE, RUN, ledger_exists
from provision.database.reading.history import CHANGE_COLUMNS, PastRun, chained_columns, read_runs

# Rows that the driver hands over at a time: a history is longer than what memory is for.
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The numbered runs in their order, those from before the chain, how many changes, and what does not fit."""

    links: Sequence[Link]
    older: Sequence[PastRun]
    changes: int
    findings: Sequence[Finding]


async def read_chain(session: AsyncSession, project: str) -> Chain:
    """Read and check the whole chain, in a constant number of queries; changes pass by and are not kept."""
    runs = await read_runs(session, project)
    links = [
        Link(id=run.id, seq=run.seq, hash=run.hash, columns=chained_columns(run))
        for run in reversed(runs)
        if isinstance(run.seq, int)
    ]
    older = [run for run in runs if run.seq is None]
    check = ChainCheck(links, len(runs) - len(links))
    changes = 0
    if not await ledger_exists(session):
        return Chain(links=links, older=older, changes=0, findings=())
    async for row in await session.stream(_CHANGES.where(RUN.c.project == project)):
        check.add(row[0], row[1:])
        changes += 1
    gone = await session.execute(_GONE.where(RESOURCE.c.project == project))
    findings = [*check.findings(), *(_truncated(run, count) for run, count in gone)]
    return Chain(links=links, older=older, changes=changes, findings=findings)


_CHANGES = (
    select(CHANGE.c.run_id, *(CHANGE.c[name] for name in CHANGE_COLUMNS))
    .join(RUN, RUN.c.id == CHANGE.c.run_id)
    .order_by(CHANGE.c.run_id, CHANGE.c.position)
    .execution_options(yield_per=_AT_ONCE)
)
_GONE = (
    select(RESOURCE.c.run_id, func.count())
    .outerjoin(RUN, and_(RUN.c.id == RESOURCE.c.run_id, RUN.c.project == RESOURCE.c.project))
    .where(RUN.c.id.is_(None))
    .group_by(RESOURCE.c.run_id)
    .order_by(RESOURCE.c.run_id)
)


def _truncated(run: str, count: int) -> Finding:
    return Finding(
        run=run, message=f"it was removed: {count} resource{'s were' if count > 1 else ' was'} written by it"
    )
