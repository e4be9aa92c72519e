"""Finishing deliveries: revealing what is staged once it is committed, in this run or in the one after a crash."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from provision.core.address import Slot
from provision.core.moment import assumed
from provision.core.secret import Secret
from provision.database.clock import read_clock
from provision.database.connect import Session
from provision.database.ledger import ledger_exists, run_exists
from provision.database.writing.delivered import Remembered, mark_delivered, remembered_secrets, runs_waited_for
from provision.reconcile.job import Job
from provision.reconcile.session import writing_session
from provision.report.view import PlanView
from provision.secrets import delivery
from provision.secrets.delivery import UndeliverableError, Undelivered
from provision.secrets.read import Materials
from provision.secrets.redact import forms_of, withheld

NOTHING: Mapping[Slot, str] = {}


@dataclass(slots=True)
class _Sorted:
    """What becomes of all that is staged.

    `arrived` are the secrets that are delivered now, each with its run; `delivered` is what may be removed of a run;
    `over` are the runs of which nothing is waited for: they were never committed, or all of theirs is delivered.
    """

    arrived: dict[Slot, str] = field(default_factory=dict)
    delivered: dict[str, set[Slot]] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)
    failed: list[Undelivered] = field(default_factory=list)


async def finish_deliveries(job: Job, handed: Mapping[Slot, str] = NOTHING) -> list[Undelivered]:
    """Deliver what is staged and committed, and remove what never was; returns what could not be delivered.

    Under the lock, so that nobody is between staging and committing meanwhile. `handed` are secrets that were handed
    over in another way, each with the run that made it. It may be done again at any time.
    """
    deliveries, places = job.deliveries.everything(), job.deliveries.places
    staged = delivery.find_staged(deliveries, places)
    if not staged and not handed:
        return []
    found = _Sorted()
    async with writing_session(job.site, job.request, partial(_is_noted, job, found)) as session:
        await _reveal(session, job, staged, handed, found)
    for run in found.over:
        # Whatever it is: of a removal that died in the middle, no secret is complete any more.
        delivery.discard_run(run, deliveries, places)
    for run, slots in found.delivered.items():
        delivery.discard(run, job.deliveries.of(slots), places)
    return found.failed


async def _reveal(
    session: Session,
    job: Job,
    staged: Mapping[str, Collection[Slot]],
    handed: Mapping[Slot, str],
    found: _Sorted,
) -> None:
    project = job.site.settings.project
    exists = await ledger_exists(session)
    addresses = {address for slots in (*staged.values(), handed) for address, _ in slots}
    known = await remembered_secrets(session, project, addresses) if exists else {}
    found.arrived = {slot: run for slot, run in handed.items() if _pending(known, slot) == run}
    for run, slots in staged.items():
        if not (exists and await run_exists(session, run)):
            found.over.append(run)
            continue
        waiting = {slot for slot in slots if _pending(known, slot) == run}
        failed = delivery.reveal(run, job.deliveries.of(waiting), job.deliveries.places)
        found.failed += failed
        kept = {item.delivery.slot for item in failed}
        found.arrived |= dict.fromkeys(waiting - kept, run)
        # What is not waited for any more has been delivered, or has a successor.
        found.delivered[run] = set(slots) - kept
    moment = assumed(await read_clock(session), job.request.as_of)
    await mark_delivered(session, project, known, found.arrived, moment)
    awaited = await runs_waited_for(session, project) if found.delivered else set()
    found.over += found.delivered.keys() - awaited


async def _is_noted(job: Job, found: _Sorted, session: Session) -> bool:
    """Whether the ledger says that all of it has arrived: a commit whose answer was lost took place, or did not."""
    known = await remembered_secrets(session, job.site.settings.project, {address for address, _ in found.arrived})
    return not any(_pending(known, slot) == run for slot, run in found.arrived.items())


def _pending(known: Remembered, slot: Slot) -> str | None:
    address, name = slot
    secret = known.get(address, {}).get(name)
    return secret.pending if secret else None


class NotDeliveredError(UndeliverableError):
    """The database is written, as `view` says, and not every secret is where it is to go."""

    def __init__(self, message: str, *, hint: str, view: PlanView) -> None:
        super().__init__(message, hint=hint)
        self.view = view


def undelivered(failures: Sequence[Undelivered], materials: Materials, view: PlanView) -> NotDeliveredError:
    """What to say of deliveries that failed after their secrets were committed; programs may repeat any secret."""
    first = failures[0]
    message = f"{first.delivery.slot[0]} is not delivered: {first.message}"
    if first.said:
        known = [item.value.reveal() for item in materials.values() if isinstance(item.value, Secret)]
        message += f", saying: {' / '.join(withheld(first.said, forms_of(known)))}"
    if len(failures) > 1:
        message += f" (and {len(failures) - 1} more)"
    return NotDeliveredError(
        f"the database is written, but {message}",
        hint=f"{first.hint}; what is staged is kept, and provision apply tries again",
        view=view,
    )
