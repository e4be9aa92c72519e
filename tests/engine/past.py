"""The history of a project, read in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from provision.database.connect import reading
from provision.database.reading.history import ALL, PastChange, PastRun, Wanted, read_changes, read_runs
from provision.reconcile.chain import prune_history, verify_history
from provision.reconcile.history import open_archive
from provision.report.history_chain import ChainView, PruneView
from tests.engine.runs import request
from tests.project import Project


def runs(project: Project, wanted: Wanted = ALL) -> list[PastRun]:
    """The project's runs, the newest first."""
    return asyncio.run(_read(project, wanted))


async def _read(project: Project, wanted: Wanted) -> list[PastRun]:
    archive = open_archive(request(project))
    async with reading(archive.target) as session:
        return await read_runs(session, archive.project, wanted)


def changes(project: Project, **which: Any) -> list[PastChange]:
    """Changes of runs, or at addresses, the oldest first."""
    return asyncio.run(_read_changes(project, which))


async def _read_changes(project: Project, which: dict[str, Any]) -> list[PastChange]:
    archive = open_archive(request(project))
    async with reading(archive.target) as session:
        return await read_changes(session, archive.project, **which)


def verify(project: Project, expected: str | None = None) -> ChainView:
    """`provision history verify`."""
    return asyncio.run(verify_history(request(project), expected))


def findings(project: Project) -> Sequence[tuple[int | None, str]]:
    """The number of the run, and what is wrong with it."""
    return [(finding.seq, finding.message) for finding in verify(project).findings]


def prune(project: Project, seconds: float = 0) -> PruneView:
    """`provision history prune`."""
    return asyncio.run(prune_history(request(project), seconds, lambda _view: None))
