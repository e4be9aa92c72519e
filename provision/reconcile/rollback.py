"""What to ask the planner for a rollback: from the history of one run, instead of from the manifests."""

from __future__ import annotations

from dataclasses import dataclass

from provision.core.deed import Deed, read_deed
from provision.core.planner import Question
from provision.core.rollback import MADE_BY_THAT_RUN, Restoration, addresses_to_look_up, restore, superseded
from provision.core.shape import Shapes
from provision.core.state import Snapshot
from provision.database.binding.bound import shapes_of
from provision.database.connect import Session
from provision.database.ledger import ledger_exists, read_records
from provision.database.reading.history import PastChange, PastRun, read_changes
from provision.database.reading.observe import Inquiry, observe
from provision.reconcile.job import Site
from provision.reconcile.past_run import find_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrospect:
    """Which run is undone, what the planner is asked, and what is left as it is."""

    run: str
    question: Question
    remarks: tuple[str, ...]


async def look_back(session: Session, site: Site, run: str, *, lock_rows: bool = False) -> Retrospect:
    """Everything that the plan of a rollback is computed from, in a constant number of queries.

    `run` is an id or its unambiguous beginning; raises InvalidInputError when there is no such run.
    """
    project, shapes = site.settings.project, shapes_of(site.bindings)
    past = await find_run(session, project, run)
    deeds, later = await _deeds(session, project, past)
    known = await read_records(session, project) if await ledger_exists(session) else {}
    records = {address: record for address, record in known.items() if address.kind in shapes}
    inquiry = Inquiry(
        addresses=addresses_to_look_up(deeds, records, shapes),
        declared=records.keys(),
        secrets=(),
        records=records,
        project=project,
        ledger=True,
        lock_rows=lock_rows,
    )
    snapshot = await observe(session, inquiry, site.bindings)
    restoration = restore(deeds, snapshot, shapes, superseded(later))
    return Retrospect(run=past.id, question=_question(restoration, snapshot, shapes), remarks=restoration.remarks)


async def _deeds(session: Session, project: str, past: PastRun) -> tuple[list[Deed], list[Deed]]:
    """What the run did, and what was done to the same addresses after it."""
    own = await read_changes(session, project, runs=[past.id])
    around = await read_changes(session, project, addresses={change.address for change in own})
    places = [place for place, change in enumerate(around) if change.run == past.id]
    after = around[places[-1] + 1 :] if places else []
    return [_deed(change) for change in own], [_deed(change) for change in after]


def _deed(change: PastChange) -> Deed:
    return read_deed(change.address, change.action, change.source, change.fields)


def _question(restoration: Restoration, snapshot: Snapshot, shapes: Shapes) -> Question:
    return Question(
        resources=restoration.resources,
        snapshot=snapshot,
        shapes=shapes,
        prune=True,
        removable=restoration.removable,
        orphaned=MADE_BY_THAT_RUN,
        looked_at=restoration.looked_at,
    )
