"""The one run of the history that somebody means."""

from __future__ import annotations

from provision.database.connect import Session
from provision.database.reading.history import PastRun, Wanted, read_runs
from provision.errors import InvalidInputError, Problem


async def find_run(session: Session, project: str, prefix: str) -> PastRun:
    """The one run whose id begins so; raises InvalidInputError when it is none, or several."""
    # What is not ASCII begins no id, and may be what no driver takes.
    found = await read_runs(session, project, Wanted(prefix=prefix)) if prefix.isascii() else []
    # The database may compare regardless of case.
    runs = [run for run in found if run.id.startswith(prefix)]
    run = next((run for run in runs if run.id == prefix), runs[0] if len(runs) == 1 else None)
    if run is None:
        raise InvalidInputError([_not_one(prefix, len(runs))])
    return run


def _not_one(prefix: str, count: int) -> Problem:
    if count:
        return Problem(message=f"the ids of {count} runs begin with {prefix}", hint="write more of it")
    return Problem(message=f"no run's id begins with {prefix}", hint="provision history lists the runs")
