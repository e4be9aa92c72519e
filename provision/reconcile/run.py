"""Observe, diff, plan, guard, apply: the stages that need the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from provision import __version__
from provision.core.address import Address, Slot
from provision.core.rename import follow
from provision.core.secret import Secret
from provision.database.clock import written_at
from provision.database.ledger import ledger_exists, run_exists
from provision.database.migrate import migrate_ledger
from provision.database.retry import with_retries
from provision.database.writing.fingerprints import write_fingerprints
from provision.database.writing.record import Applied, Run, write_ledger
from provision.database.writing.write import Work, write_rows
from provision.errors import ProvisionError, RefusedError, StalePlanError
from provision.reconcile.finish import NotDeliveredError, finish_deliveries, undelivered
from provision.reconcile.job import Job, open_site, resolve
from provision.reconcile.propose import look, look_with, propose
from provision.reconcile.request import Request
from provision.reconcile.session import writing_session
from provision.report.view import PlanView, Stage
from provision.secrets.compute import Made, make_secrets
from provision.secrets.delivery import Undelivered
from provision.settings.identity import actor, commit

Approve = Callable[[PlanView], None]
HandOver = Callable[[Mapping[Slot, Secret]], None]


def keep(_secrets: Mapping[Slot, Secret]) -> None:
    """Hand over to nobody."""


async def plan(request: Request) -> PlanView:
    """What apply would do; nothing is written, and the database is told to refuse any write."""
    job = await resolve(request)
    return propose(job, await with_retries(partial(look, job)))


async def apply(request: Request, approve: Approve, hand_over: HandOver = keep) -> PlanView:
    """Make the database match the manifests, in one transaction.

    `approve` sees the plan first, and raises to stop it. Under the lock everything is read and computed again: if
    nothing is left to do, another run did it; if anything else differs from what was approved, nothing is written.
    `hand_over` gets, after the commit, what was generated with nowhere else to go.
    """
    job = await resolve(request)
    failed = await with_retries(partial(finish_deliveries, job))
    view = propose(job, await with_retries(partial(look, job)))
    if view.plan.is_empty and not view.refusals:
        await with_retries(partial(_refresh, job))
        view = replace(view, stage=Stage.APPLIED)
    else:
        approve(view)
        _require_allowed(view)
        written = await _write(job, view)
        view = written.view
        if written.generated:
            failed = await _deliver(job, written, hand_over)
    if failed:
        raise undelivered(failed, job.materials, view)
    return view


async def migrate(request: Request) -> bool:
    """Create or upgrade the ledger's tables; False when there was nothing to do."""
    site = await open_site(request)

    async def attempt() -> bool:
        async with writing_session(site, request, ledger_exists) as session:
            return await migrate_ledger(session)

    return await with_retries(attempt)


def _require_allowed(view: PlanView) -> None:
    if view.refusals:
        count = len(view.refusals)
        raise RefusedError(f"{count} guard{'' if count == 1 else 's'} refused this plan, nothing was written")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What came of a plan, and in clear the secrets that were generated for it."""

    view: PlanView
    run: str = ""
    generated: Mapping[Slot, Secret] = field(default_factory=dict)


async def _write(job: Job, view: PlanView) -> _Written:
    """Hash first, once, since that takes long."""
    slots = [(change.address, item.name) for change in view.plan.changes for item in change.fields if item.sensitive]
    made = make_secrets(slots, job.materials, partial(job.request.progress, "hashing"))
    return await with_retries(partial(_write_once, job, view, made))


async def _write_once(job: Job, view: PlanView, made: Made) -> _Written:
    """Lock, look again, and write what was approved or nothing.

    Each attempt is a run of its own: what one that failed has staged is over, and removed with the next delivery.
    """
    site, progress = job.site, job.request.progress
    run = _run(job)
    async with writing_session(site, job.request, partial(run_exists, run_id=run.id)) as session:
        await migrate_ledger(session)
        observation = await look_with(session, job, lock_rows=True)
        again, question = propose(job, observation), observation.question
        if again.plan.is_empty and not again.refusals:
            return _Written(view=replace(again, stage=Stage.APPLIED))
        if again.plan.fingerprint() != view.plan.fingerprint():
            raise StalePlanError(
                "the database changed between the plan and its application, nothing was written",
                hint="run again: the new plan shows what is different",
            )
        _require_allowed(again)
        now = follow(job.resources, question.snapshot, question.shapes).snapshot
        fingerprints = _fingerprints(job, made)
        work = Work(plan=again.plan, rows=now.rows, secrets=made.stored)
        with written_at(now.now):
            keys = await write_rows(session, work, site.bindings, partial(progress, "writing"))
        applied = Applied(plan=again.plan, resources=job.resources, found=now, keys=keys, fingerprints=fingerprints)
        await write_ledger(session, run, applied, site.bindings)
        changed = {change.address for change in again.plan.changes}
        await write_fingerprints(session, run.project, now.records, _unless(changed, fingerprints))
        # The last step before the commit: nothing becomes valid that is not on the disk.
        job.deliveries.stage(run.id, made.generated)
    return _Written(view=replace(again, stage=Stage.APPLIED), run=run.id, generated=made.generated)


async def _refresh(job: Job) -> None:
    """Remember new fingerprints where nothing else is to be written: applications hash anew at login.

    By them the next run knows without a slow hash what this one has verified.
    """
    if not job.judge.refreshed():
        return
    async with writing_session(job.site, job.request, ledger_exists) as session:
        await migrate_ledger(session)
        question = (await look_with(session, job, lock_rows=True)).question
        records = follow(job.resources, question.snapshot, question.shapes).snapshot.records
        await write_fingerprints(session, job.site.settings.project, records, job.judge.refreshed())


def _fingerprints(job: Job, made: Made) -> dict[Slot, str]:
    """Of the passwords that are written, and of those that were verified."""
    written = {slot: job.judge.fingerprint(slot, stored.reveal()) for slot, stored in made.stored.items()}
    return {**job.judge.refreshed(), **{slot: text for slot, text in written.items() if text}}


def _unless(changed: Collection[Address], fingerprints: Mapping[Slot, str]) -> Mapping[Slot, str]:
    return {slot: text for slot, text in fingerprints.items() if slot[0] not in changed}


async def _deliver(job: Job, written: _Written, hand_over: HandOver) -> list[Undelivered]:
    """After the commit: hand over what has nowhere to go, and reveal what is staged."""
    homeless = {slot: secret for slot, secret in written.generated.items() if slot not in job.deliveries.by_slot}
    if homeless:
        hand_over(homeless)
    try:
        return await with_retries(partial(finish_deliveries, job, dict.fromkeys(homeless, written.run)))
    except (ProvisionError, asyncio.CancelledError, KeyboardInterrupt) as error:
        why = error.message if isinstance(error, ProvisionError) else "interrupted"
        raise NotDeliveredError(
            f"the changes were written; their secrets are staged, and wait for delivery: {why}",
            hint="run provision apply: it begins with what is staged",
            view=written.view,
        ) from None


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
