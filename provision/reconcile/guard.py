"""Guard: what keeps a plan from being applied, before its writes and, where only the database knows, after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from provision.core.foresee import foresee
from provision.core.guards import Refusal, Rules, refusals
from provision.core.labels import unlabelled
from provision.core.lockout import Lockout, Principals, Sighting, locked_out
from provision.core.overrides import Lifted, lift
from provision.core.plan import Plan
from provision.core.planner import Question
from provision.core.protection import endangered
from provision.database.binding.bound import shapes_of
from provision.database.connect import Session
from provision.database.reading.after import read_principals
from provision.database.reading.spent import was_applied
from provision.errors import RefusedError
from provision.manifest.locate import refine
from provision.policy.judge import judge
from provision.reconcile.job import Job
from provision.reconcile.saved.fingerprint import fingerprint_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What guards have to know beside the plan: who can log in now, and which exceptions are used up."""

    principals: Principals = field(default_factory=Principals)
    spent: frozenset[str] = field(default_factory=frozenset)


async def known_to_guards(session: Session, job: Job, *, ledger: bool) -> Known:
    """Look it up, in a constant number of queries; in none where nothing asks for it."""
    plans = {override.plan for override in job.policies.overrides}
    spent = await was_applied(session, job.site.settings.project, plans) if ledger and plans else ()
    return Known(principals=await _principals(session, job), spent=frozenset(spent))


def guard(job: Job, known: Known, question: Question, plan: Plan) -> Lifted:
    """Every reason not to apply this plan, without those that an exception lifts."""
    rules, shapes = job.site.settings.guards.rules, question.shapes
    after = foresee(known.principals, plan, question.snapshot.rows, shapes)
    logins = _logins(job, known, after, question)
    judgement = judge(job.policies, plan, question)
    found = (
        *refusals(plan, job.request.limits, rules),
        *endangered(plan, rules.protected, shapes),
        *unlabelled(plan, rules.required_labels, job.resources),
        *logins.refusals,
        *_undeliverable(job, plan),
        *judgement.refusals,
    )
    lifted = _lift(job, known, found, plan)
    return replace(lifted, warnings=(*lifted.warnings, *logins.warnings, *judgement.warnings))


async def require_logins(session: Session, job: Job, known: Known, question: Question, plan: Plan) -> None:
    """Raise RefusedError where somebody who has to be able to log in no longer is, now that the rows are written.

    It sees what triggers and the application's own events have done beside us.
    """
    after = await _principals(session, job)
    left = _lift(job, known, _logins(job, known, after, question).refusals, plan).refusals
    if left:
        messages = "; ".join(refusal.message for refusal in left)
        raise RefusedError(f"{messages}; nothing was written", hint=left[0].hint)


async def _principals(session: Session, job: Job) -> Principals:
    rules = _rules(job)
    if not rules.keep and not rules.min_superusers:
        return Principals()
    return await read_principals(session, rules.keep, job.site.bindings)


def _logins(job: Job, known: Known, after: Principals, question: Question) -> Lockout:
    """By one and the same moment: nobody is locked out by the time that a run takes."""
    shapes, now = shapes_of(job.site.bindings), question.snapshot.now
    before = Sighting(principals=known.principals, shapes=shapes, now=now)
    return locked_out(before, Sighting(principals=after, shapes=shapes, now=now), _rules(job))


def _rules(job: Job) -> Rules:
    """Those about logins; the flag lets the last superuser go, whether it is disabled or cannot log in."""
    rules = job.site.settings.guards.rules
    return replace(rules, min_superusers=0) if job.request.limits.allow_no_superuser else rules


def _lift(job: Job, known: Known, found: tuple[Refusal, ...], plan: Plan) -> Lifted:
    if not found or not job.policies.overrides:
        return Lifted(refusals=found)
    fingerprint = fingerprint_of(plan, job)
    return lift(found, job.policies.overrides, fingerprint or "", spent=fingerprint in known.spent)


def _undeliverable(job: Job, plan: Plan) -> Iterator[Refusal]:
    """What keeps the secrets that the plan generates from where they are to go."""
    slots = [(change.address, item.name) for change in plan.changes for item in change.fields if item.deliver_to]
    for problem in refine(job.deliveries.obstacles(slots), job.kinds):
        place = replace(problem, hint="")
        yield Refusal(guard="delivery", message=str(place), hint=problem.hint)
