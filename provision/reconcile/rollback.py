"""What to ask the planner for a rollback: from the history of one run, instead of from the manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provision.core.deed import Deed, read_deed
from provision.core.planner import Question
from provision.core.rollback import MADE_BY_THAT_RUN, addresses_to_look_up, restore, superseded
from provision.core.shape import Shapes
from provision.core.state import Snapshot
from provision.database.binding.bound import shapes_of
from provision.database.connect import Session
from provision.database.ledger import ledger_exists, read_records
from provision.database.reading.history import PastChange, PastRun, Wanted, read_changes, read_runs
from provision.database.reading.observe import Inquiry, observe
from provision.errors import InvalidInputError, Problem
from provision.reconcile.job import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrospect:
    """What the planner is asked, and what is left as it is."""

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
    return _asked(deeds, later, snapshot, shapes)


async def find_run(session: Session, project: str, run: str) -> PastRun:
    """The run with this id, or whose id begins so; raises InvalidInputError when none or several do."""
    found = await read_runs(session, project, Wanted(prefix=run)) if run.isascii() else []
    exact = [past for past in found if past.id == run]
    match exact or found:
        case [past]:
            return past
        case []:
            hint = "provision history lists the runs that wrote something"
            raise InvalidInputError([Problem(message=f"there is no run {run} of this project", hint=hint)])
        case several:
            ids = ", ".join(past.id for past in several[:3])
            message = f"{len(several)} runs begin with {run}"
            raise InvalidInputError([Problem(message=message, hint=f"give more of the id: {ids}")])


async def _deeds(session: Session, project: str, past: PastRun) -> tuple[list[Deed], list[Deed]]:
    """What the run did, and what was done to the same addresses after it."""
    own = await read_changes(session, project, runs=[past.id])
    around = await read_changes(session, project, addresses={change.address for change in own})
    places = [place for place, change in enumerate(around) if change.run == past.id]
    after = around[places[-1] + 1 :] if places else []
    return [_deed(change) for change in own], [_deed(change) for change in after]


def _deed(change: PastChange) -> Deed:
    return read_deed(change.address, change.action, change.source, change.fields)


def _asked(deeds: Sequence[Deed], later: Sequence[Deed], snapshot: Snapshot, shapes: Shapes) -> Retrospect:
    restoration = restore(deeds, snapshot, shapes, superseded(later))
    question = Question(
        resources=restoration.resources,
        snapshot=snapshot,
        shapes=shapes,
        prune=True,
        removable=restoration.removable,
        orphaned=MADE_BY_THAT_RUN,
    )
    return Retrospect(question=question, remarks=restoration.remarks)
