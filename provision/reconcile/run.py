"""Observe, diff, plan, guard, apply: the stages that need the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from provision import __version__
from provision.core.rename import follow
from provision.database.binding.bound import tables_of
from provision.database.clock import written_at
from provision.database.commit import IsCommitted
from provision.database.connect import Session, writing
from provision.database.ledger import ledger_exists, run_exists
from provision.database.migrate import migrate_ledger
from provision.database.writing.record import Applied, Run, write_ledger
from provision.database.writing.write import Work, write_rows
from provision.errors import RefusedError, StalePlanError
from provision.reconcile.job import Job, Site, open_site, resolve
from provision.reconcile.propose import look, look_with, propose
from provision.reconcile.request import Request
from provision.report.view import PlanView, Stage
from provision.secrets.compute import store_secrets
from provision.settings.identity import actor, commit

_log = logging.getLogger(__name__)
Approve = Callable[[PlanView], None]


async def plan(request: Request) -> PlanView:
    """What apply would do; nothing is written, and the database is told to refuse any write."""
    job = await resolve(request)
    return propose(job, await look(job))


async def apply(request: Request, approve: Approve) -> PlanView:
    """Make the database match the manifests, in one transaction.

    `approve` sees the plan first, and raises to stop it. Under the lock everything is read and computed again: if
    nothing is left to do, another run did it; if anything else differs from what was approved, nothing is written.
    """
    job = await resolve(request)
    view = propose(job, await look(job))
    if view.plan.is_empty and not view.refusals:
        return replace(view, stage=Stage.APPLIED)
    approve(view)
    _require_allowed(view)
    return await _write(job, view)


async def migrate(request: Request) -> bool:
    """Create or upgrade the ledger's tables; False when there was nothing to do."""
    site = await open_site(request)
    async with _writing(site, request, ledger_exists) as session:
        return await migrate_ledger(session)


def _writing(site: Site, request: Request, is_committed: IsCommitted) -> AbstractAsyncContextManager[Session]:
    return writing(
        site.target,
        site.settings.project,
        lock_seconds=request.lock_seconds,
        is_committed=is_committed,
        tables=tables_of(site.bindings),
    )


def _require_allowed(view: PlanView) -> None:
    if view.refusals:
        count = len(view.refusals)
        raise RefusedError(f"{count} guard{'' if count == 1 else 's'} refused this plan, nothing was written")


async def _write(job: Job, view: PlanView) -> PlanView:
    """Hash first, since that takes long; then lock, look again, and write what was approved or nothing."""
    site, progress = job.site, job.request.progress
    slots = [(change.address, item.name) for change in view.plan.changes for item in change.fields if item.sensitive]
    secrets = store_secrets(slots, job.materials, partial(progress, "hashing"))
    run = _run(job)
    async with _writing(site, job.request, partial(run_exists, run_id=run.id)) as session:
        await migrate_ledger(session)
        observation = await look_with(session, job, lock_rows=True)
        again, question = propose(job, observation), observation.question
        if again.plan.is_empty and not again.refusals:
            return replace(again, stage=Stage.APPLIED)
        if again.plan.fingerprint() != view.plan.fingerprint():
            raise StalePlanError(
                "the database changed between the plan and its application, nothing was written",
                hint="run again: the new plan shows what is different",
            )
        _require_allowed(again)
        now = follow(job.resources, question.snapshot, question.shapes).snapshot
        work = Work(plan=again.plan, rows=now.rows, secrets=secrets)
        with written_at(now.now):
            keys = await write_rows(session, work, site.bindings, partial(progress, "writing"))
        applied = Applied(plan=again.plan, resources=job.resources, found=now, keys=keys)
        await write_ledger(session, run, applied, site.bindings)
    return replace(again, stage=Stage.APPLIED)


def _run(job: Job) -> Run:
    environ = job.request.environ
    return Run(
        id=str(uuid4()),
        project=job.site.settings.project,
        started_at=datetime.now(UTC),
        actor=actor(environ),
        commit=commit(environ),
        tool_version=__version__,
    )
