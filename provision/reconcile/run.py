"""Observe, diff, plan, guard, apply: the stages that need the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from provision.core.address import Slot
from provision.core.planner import Question
from provision.core.rename import follow
from provision.core.secret import Secret
from provision.database.ledger import ledger_exists, run_exists
from provision.database.migrate import migrate_ledger
from provision.database.retry import with_retries
from provision.database.writing.fingerprints import write_fingerprints
from provision.errors import ProvisionError, RefusedError
from provision.reconcile.carry_out import Prepared, as_another_run, carry_out, prepare
from provision.reconcile.finish import NotDeliveredError, finish_deliveries, undelivered
from provision.reconcile.job import Job, open_site, resolve
from provision.reconcile.propose import look, look_with, propose
from provision.reconcile.request import Request
from provision.reconcile.saved.approval import require_approved
from provision.reconcile.saved.save import saved
from provision.reconcile.session import writing_session
from provision.report.view import PlanView, Stage
from provision.secrets.delivery import Undelivered

Approve = Callable[[PlanView], None]
NOTHING_WRITTEN = ", nothing was written"
HandOver = Callable[[Mapping[Slot, Secret]], None]


def keep(_secrets: Mapping[Slot, Secret]) -> None:
    """Hand over to nobody."""


async def plan(request: Request) -> PlanView:
    """What apply would do; nothing is written, and the database is told to refuse any write."""
    job = await resolve(request)
    observation = await with_retries(partial(look, job))
    return saved(job, observation.question, propose(job, observation))


async def apply(request: Request, approve: Approve, hand_over: HandOver = keep) -> PlanView:
    """Make the database match the manifests, in one transaction.

    `approve` sees the plan first, and raises to stop it. Under the lock everything is read and computed again: if
    nothing is left to do, another run did it; if anything else differs from what was approved, nothing is written.
    `hand_over` gets, after the commit, what was generated with nowhere else to go.
    """
    job = await resolve(request)
    if request.approval:
        # Before anything is written, were it only that a delivery is finished.
        first = await with_retries(partial(look, job))
        require_approved(job, first.question, propose(job, first))
    failed = await with_retries(partial(finish_deliveries, job))
    observation = await with_retries(partial(look, job))
    view = propose(job, observation)
    if view.plan.is_empty and not view.refusals:
        await with_retries(partial(_refresh, job))
        view = replace(view, stage=Stage.APPLIED)
    else:
        approve(view)
        _require_allowed(view)
        written = await _write(job, view, observation.question)
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


async def _write(job: Job, view: PlanView, first: Question) -> _Written:
    """Hash first, and once, since that takes long."""
    prepared = prepare(job, view, first)
    return await with_retries(lambda: _write_once(job, as_another_run(prepared)))


async def _write_once(job: Job, prepared: Prepared) -> _Written:
    """Lock, look again, and write what was approved or nothing.

    What a failed attempt has staged is over, since each is a run of its own, and removed with the next delivery.
    """
    run, generated = prepared.run.id, prepared.made.generated
    async with writing_session(job.site, job.request, partial(run_exists, run_id=run)) as session:
        await migrate_ledger(session)
        again = await carry_out(session, job, prepared, _require_allowed)
        if again.plan.is_empty:
            return _Written(view=replace(again, stage=Stage.APPLIED))
        # The last step before the commit: nothing becomes valid that is not on the disk.
        job.deliveries.stage(run, generated)
    return _Written(view=replace(again, stage=Stage.APPLIED), run=run, generated=generated)


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


async def _deliver(job: Job, written: _Written, hand_over: HandOver) -> list[Undelivered]:
    """After the commit: hand over what has nowhere to go, and reveal what is staged."""
    homeless = {slot: secret for slot, secret in written.generated.items() if slot not in job.deliveries.by_slot}
    if homeless:
        hand_over(homeless)
    try:
        return await with_retries(partial(finish_deliveries, job, dict.fromkeys(homeless, written.run)))
    except (ProvisionError, asyncio.CancelledError, KeyboardInterrupt) as error:
        # Nothing of the delivery was; the rows were written before it.
        why = error.message.removesuffix(NOTHING_WRITTEN) if isinstance(error, ProvisionError) else "interrupted"
        raise NotDeliveredError(
            f"the changes were written; their secrets are staged, and wait for delivery: {why}",
            hint="run provision apply: it begins with what is staged",
            view=written.view,
        ) from None
