"""A plan that is proved: its very statements run in a transaction that is rolled back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from provision.database.binding.bound import tables_of
from provision.database.connect import trying
from provision.database.migrate import migrate_ledger
from provision.database.retry import with_retries
from provision.database.trial import require_rollback
from provision.reconcile.carry_out import carry_out, prepare
from provision.reconcile.job import resolve
from provision.reconcile.propose import look, propose
from provision.reconcile.request import Request
from provision.reconcile.saved.save import saved
from provision.reconcile.session import claim_of
from provision.report.view import PlanView, Stage


def _allow(_view: PlanView) -> None:
    """What a guard would refuse at apply is tried all the same, since nothing stays."""


async def execute(request: Request) -> PlanView:
    """What apply would do, tried and rolled back; RowsRefusedError with what the database does not take.

    Nothing is delivered, and nobody sees what was generated.
    """
    job = await resolve(request)
    observation = await with_retries(partial(look, job))
    view = propose(job, observation)
    if view.plan.is_empty:
        return saved(job, observation.question, view)
    prepared, site = prepare(job, view, observation.question), job.site

    async def attempt() -> PlanView:
        claim = claim_of(site.settings.project, request)
        async with trying(site.target, claim, tables=tables_of(site.bindings)) as session:
            await require_rollback(session, site.bindings)
            await migrate_ledger(session)
            return await carry_out(session, job, prepared, _allow)

    again = await with_retries(attempt)
    executed = again if again.plan.is_empty else replace(again, stage=Stage.EXECUTED, run=None)
    return saved(job, observation.question, executed)
