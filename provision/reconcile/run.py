"""Observe, diff, plan, guard, apply: the stages that need the database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from provision import __version__
from provision.core.address import Address
from provision.core.guards import refusals
from provision.core.planner import Question, addresses_to_observe, make_plan
from provision.core.rename import follow
from provision.core.select import removable
from provision.core.shape import Shapes
from provision.core.state import Record, Snapshot
from provision.database.binding.bound import shapes_of, tables_of
from provision.database.commit import IsCommitted
from provision.database.connect import Session, reading, writing
from provision.database.ledger import ledger_exists, read_records, run_exists
from provision.database.migrate import migrate_ledger
from provision.database.reading.matching import one_row_to_the_database
from provision.database.reading.observe import Inquiry, observe
from provision.database.writing.record import Applied, Run, write_ledger
from provision.database.writing.write import Work, write_rows
from provision.errors import InvalidInputError, Problem, RefusedError, StalePlanError
from provision.kinds.secret_rules import plaintext_warnings
from provision.manifest.locate import refine
from provision.reconcile.job import Job, Site, open_site, resolve
from provision.reconcile.request import Request
from provision.report.view import PlanView, Stage
from provision.secrets.compute import store_secrets
from provision.settings.identity import actor, commit

_log = logging.getLogger(__name__)
Approve = Callable[[PlanView], None]


async def plan(request: Request) -> PlanView:
    """What apply would do; nothing is written, and the database is told to refuse any write."""
    job = await resolve(request)
    question = await _look(job)
    return _propose(job, question)


async def apply(request: Request, approve: Approve) -> PlanView:
    """Make the database match the manifests, in one transaction.

    `approve` sees the plan first, and raises to stop it. Under the lock everything is read and computed again: if
    nothing is left to do, another run did it; if anything else differs from what was approved, nothing is written.
    """
    job = await resolve(request)
    view = _propose(job, await _look(job))
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


async def _look(job: Job) -> Question:
    async with reading(job.site.target, tables_of(job.site.bindings)) as session:
        return await _observe(session, job)


async def _observe(session: Session, job: Job, *, lock_rows: bool = False) -> Question:
    """Everything that a plan is computed from, in a constant number of queries."""
    project, shapes = job.site.settings.project, shapes_of(job.site.bindings)
    ledger = await ledger_exists(session)
    records = _of_known_kinds(await read_records(session, project) if ledger else {}, shapes)
    question = Question(
        resources=job.resources,
        snapshot=Snapshot(rows={}, records=records),
        shapes=shapes,
        prune=job.request.prune,
        removable=removable(job.declared, records, job.request.selection),
    )
    await _require_distinct(session, job)
    inquiry = Inquiry(
        addresses=addresses_to_observe(question),
        declared=job.resources.keys(),
        secrets=job.judge.asks_for,
        records=records,
        project=project,
        ledger=ledger,
        lock_rows=lock_rows,
    )
    snapshot = await observe(session, inquiry, job.site.bindings)
    verdicts = job.judge.verdicts(follow(job.resources, snapshot, shapes).snapshot.rows)
    return replace(question, snapshot=snapshot, verdicts=verdicts)


async def _require_distinct(session: Session, job: Job) -> None:
    """Two names may be one to the database, whose collation decides; then they cannot both be declared."""
    repeated = await one_row_to_the_database(session, job.resources.keys(), job.site.bindings)
    problems = [
        Problem(
            message=f"{address} and {first} ({job.resources[first].position}) are one row to the database",
            position=job.resources[address].position,
            path="metadata.name",
            hint="its collation, or ignore_case in provision.toml, makes no difference between them; remove one",
        )
        for address, first in repeated.items()
    ]
    if problems:
        raise InvalidInputError(refine(problems, job.kinds))


def _of_known_kinds(records: Mapping[Address, Record], shapes: Shapes) -> Mapping[Address, Record]:
    strange = sorted({address.kind for address in records} - shapes.keys())
    if not strange:
        return records
    _log.warning(
        "the ledger holds resources of kinds that are not bound, and leaves them alone: %s", ", ".join(strange)
    )
    return {address: record for address, record in records.items() if address.kind in shapes}


def _propose(job: Job, question: Question) -> PlanView:
    try:
        plan = make_plan(question)
    except InvalidInputError as error:
        raise InvalidInputError(refine(error.problems, job.kinds)) from None
    return PlanView(
        plan=plan,
        project=job.site.settings.project,
        target=job.site.target.shown,
        refusals=refusals(plan, job.request.limits),
        warnings=(
            *plaintext_warnings(job.site.settings),
            *job.warnings,
            *(
                f"the stored password of {address} has a form that is not known here; it is left as it is"
                for address in sorted(job.judge.unreadable)
            ),
        ),
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
        question = await _observe(session, job, lock_rows=True)
        again = _propose(job, question)
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
        keys = await write_rows(session, work, site.bindings, partial(progress, "writing"))
        applied = Applied(plan=again.plan, resources=job.resources, records=now.records, keys=keys)
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
