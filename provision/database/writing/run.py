"""Adding a run to the ledger: with its number, and with the hash that ties it to the run before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.chain import Seal
from provision.core.moment import after
from provision.core.plan import Summary
from provision.core.pruning import genesis
from provision.database.clock import read_clock
from provision.database.ledger import RUN
from provision.database.reading.history import CHANGE_COLUMNS, PastRun, chained_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Who applies, from what, with which program; `began` is a reading of this machine's monotonic clock."""

    id: str
    project: str
    command: str
    began: float
    actor: str
    commit: str | None
    branch: str | None
    job_url: str | None
    tool_version: str


_NOTHING = Summary(add=0, change=0, remove=0, unchanged=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a run did: the fingerprint of its plan, its counts, its changes as rows, and what else is to be kept."""

    fingerprint: str = ""
    counts: Summary = _NOTHING
    changes: Iterable[Mapping[str, Any]] = ()
    details: str | None = None


async def insert_run(session: AsyncSession, run: Run, deed: Deed) -> PastRun:
    """Add the run at the end of its project's chain; the session holds the project's lock, and adds the changes."""
    now = await read_clock(session)
    last = (await session.execute(_LAST.where(RUN.c.project == run.project))).one_or_none()
    older = 0 if last else await session.scalar(_OLDER.where(RUN.c.project == run.project))
    unsealed = PastRun(
        id=run.id,
        project=run.project,
        # By the database's clock, as what is written is; how long it took is the same on every clock.
        started_at=after(now, run.began - monotonic()),
        written_at=now,
        actor=run.actor,
        commit=run.commit,
        branch=run.branch,
        job_url=run.job_url,
        command=run.command,
        tool_version=run.tool_version,
        fingerprint=deed.fingerprint,
        added=deed.counts.add,
        changed=deed.counts.change,
        removed=deed.counts.remove,
        seq=last.seq + 1 if last else 1,
        details=deed.details or (None if last else genesis(older or 0)),
        hash=None,
    )
    sealed = replace(unsealed, hash=_hash(unsealed, last.hash if last else None, deed.changes))
    await session.execute(insert(RUN).values(**asdict(sealed) | _moments(sealed)))
    return sealed


_LAST = select(RUN.c.seq, RUN.c.hash).where(RUN.c.seq.is_not(None)).order_by(RUN.c.seq.desc()).limit(1)
_OLDER = select(func.count()).where(RUN.c.seq.is_(None))


def _moments(run: PastRun) -> dict[str, datetime]:
    return {
        "started_at": datetime.fromisoformat(run.started_at),
        "written_at": datetime.fromisoformat(str(run.written_at)),
    }


def _hash(run: PastRun, previous: str | None, changes: Iterable[Mapping[str, Any]]) -> str:
    seal = Seal(chained_columns(run), previous)
    for change in changes:
        seal.add([change[name] for name in CHANGE_COLUMNS])
    return seal.close()
