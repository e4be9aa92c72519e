"""Under the lock: look again, compare with what was planned, and write rows, ownership and history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from provision.core.address import Address, Slot
from provision.core.planner import Question
from provision.core.rename import follow
from provision.core.sighting import sightings
from provision.database.clock import written_at
from provision.database.connect import Session
from provision.database.writing.fingerprints import write_fingerprints
from provision.database.writing.record import Applied, write_ledger
from provision.database.writing.run import Run
from provision.database.writing.write import Work, write_rows
from provision.errors import RowsRefusedError
from provision.manifest.locate import refine
from provision.reconcile.guard import require_logins
from provision.reconcile.job import Job
from provision.reconcile.new_run import new_run
from provision.reconcile.propose import look_with, propose
from provision.reconcile.request import Request
from provision.reconcile.saved.approval import require_approved, require_unmoved
from provision.reconcile.saved.stale import stale
from provision.report.view import PlanView, RunView
from provision.secrets.compute import Made, make_secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is at hand before the transaction begins.

    The plan that was shown, what it was computed from, its hashes, and who runs it.
    """

    run: Run
    view: PlanView
    question: Question
    made: Made


def prepare(job: Job, view: PlanView, question: Question) -> Prepared:
    """Hash and generate what the plan writes, which may take long."""
    slots = [(change.address, item.name) for change in view.plan.changes for item in change.fields if item.sensitive]
    made = make_secrets(slots, job.materials, partial(job.request.progress, "hashing"))
    run = new_run(job.request, job.site.settings, _command(job.request))
    return Prepared(run=run, view=view, question=question, made=made)


def as_another_run(prepared: Prepared) -> Prepared:
    """The same, for another attempt: a run is one transaction."""
    return replace(prepared, run=replace(prepared.run, id=str(uuid4())))


async def carry_out(session: Session, job: Job, prepared: Prepared, allow: Callable[[PlanView], None]) -> PlanView:
    """Write what was planned, or nothing where the new plan is empty; StalePlanError when anything else differs.

    `allow` sees the plan that is about to be written, and raises to stop it. The documents that the database does not
    take are in the RowsRefusedError, each with its line.
    """
    observation = await look_with(session, job, lock_rows=True)
    again, question = propose(job, observation), observation.question
    require_approved(job, question, again)
    if again.plan.is_empty and not again.refusals:
        return again
    if again.plan.fingerprint() != prepared.view.plan.fingerprint():
        require_unmoved(sightings(prepared.question, prepared.view.plan), sightings(question, again.plan))
        raise stale([])
    allow(again)
    bindings, made = job.site.bindings, prepared.made
    now = follow(question.resources, question.snapshot, question.shapes).snapshot
    fingerprints = _fingerprints(job, made)
    work = Work(plan=again.plan, rows=now.rows, secrets=made.stored)
    try:
        with written_at(now.now):
            keys = await write_rows(session, work, bindings, partial(job.request.progress, "writing"))
    except RowsRefusedError as error:
        raise RowsRefusedError(refine(error.problems, job.kinds)) from None
    await require_logins(session, job, observation.known, question, again.plan)
    applied = Applied(
        plan=again.plan,
        fingerprint=again.fingerprint or again.plan.fingerprint(),
        resources=question.resources,
        found=now,
        keys=keys,
        fingerprints=fingerprints,
        stored=made.stored,
    )
    written = await write_ledger(session, prepared.run, applied, bindings)
    changed = {change.address for change in again.plan.changes}
    await write_fingerprints(session, prepared.run.project, now.records, _unless(changed, fingerprints))
    return replace(again, run=RunView(id=written.id, seq=written.seq, hash=written.hash))


def _fingerprints(job: Job, made: Made) -> dict[Slot, str]:
    """Of the passwords that are written, and of those that were verified."""
    written = {slot: job.judge.fingerprint(slot, stored.reveal()) for slot, stored in made.stored.items()}
    return {**job.judge.refreshed(), **{slot: text for slot, text in written.items() if text}}


def _unless(changed: Collection[Address], fingerprints: Mapping[Slot, str]) -> Mapping[Slot, str]:
    return {slot: text for slot, text in fingerprints.items() if slot[0] not in changed}


def _command(request: Request) -> str:
    if request.rollback:
        return "rollback"
    return "rotate" if request.rotate else "apply"
