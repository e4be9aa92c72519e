"""What is measured, and against what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.databases import applied, empty
from benchmarks.manifests import write_manifests
from benchmarks.pairs import Pairs, in_turns
from benchmarks.process import Sample, floor, measure, ours
from tests.postgres import Server
from tests.project import Project, make_project

NO_OP, CREATE, ONE_CHANGE = "no-op plan", "create", "plan of one change"
RUNS, RUNS_WHEN_LARGE, LARGE = 5, 3, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where the measurements are made: a server, and a folder for everything that is written."""

    server: Server
    folder: Path

    def project(self, users: int) -> tuple[Project, Path]:
        """A project without a database yet, and its manifests."""
        folder = self.folder / str(users)
        manifests = folder / "manifests"
        write_manifests(manifests, users)
        return make_project(folder, "sqlite+aiosqlite://"), manifests


def reconciling(bench: Bench, users: int) -> dict[str, Pairs]:
    """The three cases of a size."""
    times = RUNS_WHEN_LARGE if users >= LARGE else RUNS
    project, manifests = bench.project(users)
    changed = project.folder / "changed"
    write_manifests(changed, users, changed=users // 2)
    with applied(bench.server, project, manifests) as filled:
        unchanged, least = partial(ours, filled, "plan", manifests), partial(floor, filled, "plan", manifests)
        least()  # both have been here once before it counts
        unchanged()
        no_op = in_turns(unchanged, least, times)
        one_change = in_turns(partial(ours, filled, "plan", changed), unchanged, times)
    return {NO_OP: no_op, CREATE: _creating(bench, project, manifests, times), ONE_CHANGE: one_change}


def _creating(bench: Bench, project: Project, manifests: Path, times: int) -> Pairs:
    """Each run has a database of its own, so that none meets what another left behind."""

    def in_empty(measured: Callable[[Project, str, Path], Sample], job: str) -> Sample:
        with empty(bench.server, project) as fresh:
            return measured(fresh, job, manifests)

    return in_turns(partial(in_empty, ours, "apply"), partial(in_empty, floor, "create"), times)


def starting(bench: Bench) -> Iterator[tuple[str, Pairs]]:
    """What somebody waits for who asks for help, or checks a commit of three files."""
    project = make_project(bench.folder / "small", "sqlite+aiosqlite://")
    write_manifests(project.folder / "manifests", 6, users_a_file=2)
    for command in ("--help", "validate"):
        provision = partial(measure, project, "-m", "provision", command)
        provision()
        yield command, in_turns(provision, partial(measure, project, "-c", ""), RUNS)
