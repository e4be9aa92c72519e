"""Whether the history is as it was written, and letting go of the old part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from provision.core.chain_check import Finding
from provision.core.moment import after
from provision.core.pruning import COMMAND, Pruning, last_pruning, prune
from provision.database.clock import read_clock
from provision.database.connect import Session, reading, writing
from provision.database.ledger import ledger_exists, run_exists
from provision.database.migrate import migrate_ledger
from provision.database.reading.chain import read_chain
from provision.database.writing.prune import count_changes, delete_history, needed_runs
from provision.database.writing.run import Deed, insert_run
from provision.errors import DatabaseError
from provision.reconcile.history import Archive, open_archive
from provision.reconcile.new_run import new_run
from provision.reconcile.request import Request
from provision.reconcile.session import claim_of
from provision.report.history_chain import ChainView, PruneView
from provision.report.view import RunView


async def verify_history(request: Request, expected: str | None = None) -> ChainView:
    """Check every run and change; `expected` is a hash noted earlier, which a run has to have."""
    archive = open_archive(request)
    async with reading(archive.target) as session:
        chain = await read_chain(session, archive.project)
    pruning = last_pruning(chain.links)
    findings = list(chain.findings)
    if expected is not None and expected not in {pruning.hash, *(link.hash for link in chain.links)}:
        findings.append(Finding(message=f"no run has the hash {expected}"))
    head = chain.links[-1] if chain.links else None
    return ChainView(
        project=archive.project,
        head=RunView(id=head.id, seq=head.seq, hash=head.hash) if head else None,
        runs=len(chain.links),
        changes=chain.changes,
        older=len(chain.older),
        pruned=pruning.through,
        findings=findings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Old:
    """What goes, and the record of it."""

    changes_of: Collection[str]
    runs: Collection[str]
    record: Pruning
    view: PruneView


async def prune_history(request: Request, seconds: float, approve: Callable[[PruneView], None]) -> PruneView:
    """Delete what was begun longer ago than that, under the project's lock; `approve` raises to stop it.

    A chain that does not hold is not pruned: what tells of the tampering would go with it.
    """
    archive = open_archive(request)
    async with reading(archive.target) as session:
        before = after(await read_clock(session), -seconds)
        old = await _old(session, archive, before)
    if old is None or old.view.is_empty:
        return PruneView(before=before, runs=0, changes=0, kept=0)
    approve(old.view)
    run = new_run(request, archive.settings, COMMAND)
    is_committed = partial(run_exists, run_id=run.id)
    claim = claim_of(archive.project, request)
    async with writing(archive.target, claim, is_committed=is_committed) as session:
        await migrate_ledger(session)
        old = await _old(session, archive, before)
        if old is None or old.view.is_empty:
            return PruneView(before=before, runs=0, changes=0, kept=0)
        # First, since it builds on the last run, which may be one of those that go.
        await insert_run(session, run, Deed(details=old.record.as_text()))
        await delete_history(session, changes_of=old.changes_of, runs=old.runs)
    return old.view


async def _old(session: Session, archive: Archive, before: str) -> _Old | None:
    if not await ledger_exists(session):
        return None
    chain = await read_chain(session, archive.project)
    if chain.findings:
        raise DatabaseError(
            "the history is not as it was written, and nothing was pruned",
            hint="provision history verify says what does not fit",
        )
    needed = await needed_runs(session, archive.project)
    # Their text orders moments by the second.
    before_chain = [run.id for run in chain.older if run.started_at < before]
    left = len(chain.older) - sum(run not in needed for run in before_chain)
    record = prune(chain.links, needed, before=before, older=left)
    touched = [*before_chain, *(link.id for link in chain.links if link.seq <= record.through)]
    going = [run for run in touched if run not in needed]
    changes = await count_changes(session, touched)
    view = PruneView(before=before, runs=len(going), changes=changes, kept=len(touched) - len(going))
    return _Old(changes_of=touched, runs=going, record=record, view=view)
