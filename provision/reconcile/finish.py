"""Finishing deliveries: revealing what is staged once it is committed, in this run or in the one after a crash."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from provision.core.moment import assumed
from provision.database.clock import read_clock
from provision.database.connect import Session
from provision.database.ledger import ledger_exists, run_exists
from provision.database.writing.delivered import Remembered, mark_delivered, remembered_secrets
from provision.reconcile.delivery import Slot
from provision.reconcile.job import Job
from provision.reconcile.session import writing_session
from provision.secrets import delivery
from provision.secrets.delivery import UndeliverableError, Undelivered

NOTHING: Mapping[Slot, str] = {}


@dataclass(slots=True)
class _Sorted:
    """What becomes of all that is staged: by run, what is delivered and to be removed; and what failed."""

    delivered: dict[str, set[Slot]] = field(default_factory=dict)
    never_committed: list[str] = field(default_factory=list)
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
    async with writing_session(job.site, job.request, ledger_exists) as session:
        found = await _reveal(session, job, staged, handed)
    for run in found.never_committed:
        delivery.discard_run(run, deliveries, places)
    for run, slots in found.delivered.items():
        delivery.discard(run, job.deliveries.of(slots), places)
    return found.failed


async def _reveal(
    session: Session, job: Job, staged: Mapping[str, Collection[Slot]], handed: Mapping[Slot, str]
) -> _Sorted:
    found = _Sorted()
    project = job.site.settings.project
    exists = await ledger_exists(session)
    addresses = {address for slots in (*staged.values(), handed) for address, _ in slots}
    known = await remembered_secrets(session, project, addresses) if exists else {}
    arrived = {slot for slot, run in handed.items() if _pending(known, slot) == run}
    for run, slots in staged.items():
        if not (exists and await run_exists(session, run)):
            found.never_committed.append(run)
            continue
        waiting = {slot for slot in slots if _pending(known, slot) == run}
        failed = delivery.reveal(run, job.deliveries.of(waiting), job.deliveries.places)
        found.failed += failed
        kept = {item.delivery.slot for item in failed}
        arrived |= waiting - kept
        # What is not waited for any more has been delivered, or has a successor.
        found.delivered[run] = set(slots) - kept
    moment = assumed(await read_clock(session), job.request.as_of)
    await mark_delivered(session, project, known, arrived, moment)
    return found


def _pending(known: Remembered, slot: Slot) -> str | None:
    address, name = slot
    secret = known.get(address, {}).get(name)
    return secret.pending if secret else None


def undelivered(failures: Sequence[Undelivered]) -> UndeliverableError:
    """What to say of deliveries that failed after their secrets were committed."""
    first = failures[0]
    message = f"{first.delivery.slot[0]} is not delivered: {first.message}"
    if len(failures) > 1:
        message += f" (and {len(failures) - 1} more)"
    return UndeliverableError(
        f"the database is written, but {message}",
        hint=f"{first.hint}; what is staged is kept, and provision apply tries again",
    )
