"""Observe, diff, plan: what is there, and what apply would do about it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from provision.core.address import Address, Slot
from provision.core.moment import assumed, seconds_between, spelled
from provision.core.planner import Question, addresses_to_observe, make_plan
from provision.core.rename import follow
from provision.core.rollback import as_rollback
from provision.core.rotation import is_disabled
from provision.core.select import removable
from provision.core.shape import Shapes
from provision.core.state import Record, Snapshot
from provision.database.binding.bound import shapes_of, tables_of
from provision.database.connect import Session, reading
from provision.database.ledger import ledger_exists, read_records
from provision.database.reading.matching import one_row_to_the_database
from provision.database.reading.observe import Inquiry, observe
from provision.errors import InvalidInputError, Problem
from provision.kinds.secret_rules import plaintext_warnings
from provision.manifest.locate import refine
from provision.reconcile.guard import Known, guard, known_to_guards
from provision.reconcile.job import Job
from provision.reconcile.rollback import look_back
from provision.reconcile.saved.fingerprint import fingerprint_of
from provision.report.view import PlanView

_log = logging.getLogger(__name__)
# In seconds; beyond it a clock is wrong, and not only its reading late.
MAX_SKEW = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a plan is computed from, and what was odd about it; `undoes` is the run that a rollback undoes."""

    question: Question
    known: Known = field(default_factory=Known)
    warnings: tuple[str, ...] = ()
    undoes: str | None = None


async def look(job: Job) -> Observation:
    """Observe in a session that cannot write."""
    async with reading(job.site.target, tables_of(job.site.bindings)) as session:
        return await look_with(session, job)


async def look_with(session: Session, job: Job, *, lock_rows: bool = False) -> Observation:
    """Everything that a plan is computed from, in a constant number of queries."""
    if job.request.rollback is not None:
        back = await look_back(session, job.site, job.request.rollback, lock_rows=lock_rows)
        return Observation(
            question=back.question,
            known=await known_to_guards(session, job, ledger=True),
            warnings=(*_skew(back.question.snapshot.now), *back.remarks),
            undoes=back.run,
        )
    project, shapes = job.site.settings.project, shapes_of(job.site.bindings)
    ledger = await ledger_exists(session)
    records = _of_known_kinds(await read_records(session, project) if ledger else {}, shapes)
    question = Question(
        resources=job.resources,
        snapshot=Snapshot(rows={}, records=records),
        shapes=shapes,
        prune=job.request.prune,
        removable=removable(job.declared, records, job.request.selection),
        forced=job.request.rotate,
        expiring_within=job.request.expiring_within,
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
    staged = job.deliveries.at_hand(records)
    snapshot = await observe(session, inquiry, job.site.bindings)
    warnings = tuple(_skew(snapshot.now))
    snapshot = replace(snapshot, now=assumed(snapshot.now, job.request.as_of))
    today = follow(job.resources, snapshot, shapes).snapshot
    verdicts = job.judge.verdicts(
        today.rows, today.records, lambda row: not is_disabled(row, shapes[row.address.kind])
    )
    return Observation(
        question=replace(question, snapshot=snapshot, verdicts=verdicts, staged=staged),
        known=await known_to_guards(session, job, ledger=ledger),
        warnings=warnings,
    )


def propose(job: Job, observation: Observation) -> PlanView:
    """The plan as people see it; raises InvalidInputError for changes that the database could only refuse."""
    question = observation.question
    try:
        plan = make_plan(question)
    except InvalidInputError as error:
        raise InvalidInputError(refine(error.problems, job.kinds)) from None
    if observation.undoes is not None:
        plan = as_rollback(plan, observation.undoes)
    guarded = guard(job, observation.known, question, plan)
    return PlanView(
        plan=plan,
        rollback=plan.undoes,
        project=job.site.settings.project,
        target=job.site.target.shown,
        fingerprint=None if job.request.as_of is not None else fingerprint_of(plan, job),
        as_of=None if job.request.as_of is None else question.snapshot.now,
        refusals=guarded.refusals,
        warnings=(
            *plaintext_warnings(job.site.settings),
            *job.warnings,
            *observation.warnings,
            *guarded.warnings,
            *(
                f"the {name} of {address} waits for its delivery, with which apply begins"
                for address, name in sorted(question.staged)
            ),
            *(
                f"the stored password of {address} has a form that is not known here; it is left as it is"
                for address in sorted(job.judge.unreadable)
            ),
            *_weak(job.judge.weak),
        ),
    )


def _weak(weak: Mapping[Slot, str]) -> Iterator[str]:
    """One sentence, however many passwords it is about."""
    for (address, name), why in sorted(weak.items())[:1]:
        others = f", as {len(weak) - 1} more are" if len(weak) > 1 else ""
        yield f"the stored {name} of {address} is weaker than it should be{others} ({why}); rehash: true upgrades it"


def _skew(now: str) -> Iterator[str]:
    here = spelled(datetime.now(UTC))
    seconds = seconds_between(now, here)
    if abs(seconds) > MAX_SKEW:
        which = "ahead of" if seconds > 0 else "behind"
        yield f"this machine's clock is {abs(seconds):,.0f} s {which} the database's, which is the one that counts"


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
