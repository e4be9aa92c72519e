"""Looking back: the runs that wrote something, and what one of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provision.database.connect import reading
from provision.database.imports import prepare_backend
from provision.database.ledger import ledger_exists
from provision.database.reading.history import (
    ALL,
    PastChange,
    PastRun,
    Wanted,
    read_changes,
    read_runs,
    runs_touching,
)
from provision.database.target import Target, find_target
from provision.database.writing.delivered import runs_waited_for
from provision.errors import InvalidInputError, Problem
from provision.reconcile.declared import open_settings
from provision.reconcile.request import Request
from provision.report.history import RunEntry
from provision.report.history_run import ChangeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A project's name and its database: all that its history needs, whatever became of its kinds."""

    project: str
    target: Target


def open_archive(request: Request) -> Archive:
    """Find the project and its database."""
    settings = open_settings(request)
    prepare_backend(settings)
    return Archive(project=settings.project, target=find_target(settings, request.environ))


async def list_history(request: Request, wanted: Wanted = ALL, pattern: str | None = None) -> Sequence[RunEntry]:
    """The runs that are asked for, the newest first; `pattern` is a glob of addresses, any of which they changed."""
    archive = open_archive(request)
    async with reading(archive.target) as session:
        if pattern is not None:
            wanted = replace(wanted, ids=await runs_touching(session, archive.project, pattern))
        runs = await read_runs(session, archive.project, wanted)
        waiting = await runs_waited_for(session, archive.project) if await ledger_exists(session) else {}
    return [_entry(run, waiting.get(run.id, 0)) for run in runs]


async def show_history(request: Request, prefix: str) -> tuple[RunEntry, Sequence[ChangeEntry]]:
    """The one run whose id begins so, with its changes; raises InvalidInputError when it is none, or several."""
    archive = open_archive(request)
    async with reading(archive.target) as session:
        found = await read_runs(session, archive.project, Wanted(prefix=prefix))
        runs = [run for run in found if run.id.startswith(prefix)]
        run = next((run for run in runs if run.id == prefix), runs[0] if len(runs) == 1 else None)
        if run is None:
            raise InvalidInputError([_not_one(prefix, len(runs))])
        changes = await read_changes(session, archive.project, runs=[run.id])
        waiting = await runs_waited_for(session, archive.project)
    return _entry(run, waiting.get(run.id, 0)), [_change(change) for change in changes]


def _not_one(prefix: str, count: int) -> Problem:
    if count:
        return Problem(message=f"the ids of {count} runs begin with {prefix}", hint="write more of it")
    return Problem(message=f"no run's id begins with {prefix}", hint="provision history lists the runs")


def _entry(run: PastRun, waiting: int) -> RunEntry:
    return RunEntry(
        id=run.id,
        project=run.project,
        seq=run.seq,
        started_at=run.started_at,
        written_at=run.written_at,
        actor=run.actor,
        commit=run.commit,
        branch=run.branch,
        job_url=run.job_url,
        command=run.command,
        tool_version=run.tool_version,
        fingerprint=run.fingerprint,
        added=run.added,
        changed=run.changed,
        removed=run.removed,
        hash=run.hash,
        waiting=waiting,
    )


def _change(change: PastChange) -> ChangeEntry:
    return ChangeEntry(address=change.address, action=change.action, source=change.source, fields=change.fields)
