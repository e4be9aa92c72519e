"""What is measured, and against what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.databases import applied, empty
from benchmarks.manifests import write_manifests
from benchmarks.pairs import Pairs, in_turns
from benchmarks.process import Sample, floor, measure, ours
from tests.postgres import Server
from tests.project import Project, make_project

NO_OP, CREATE, ONE_CHANGE = "no-op plan", "create", "plan of one change"
REFLECTED = "no-op plan, table reflected"
RUNS, RUNS_WHEN_LARGE, LARGE = 5, 3, 100_000

BY_TABLE = """\
project = "acme"
[kinds.User]
table = "sys_user"
key = ["username"]
privileges = ["is_superuser", "is_staff", "status"]
on_remove.disable = { status = "disabled" }
fields.status = { values = { active = 1, disabled = 0 }, default = "active" }
fields.password = { secret = "bcrypt", changed_at = "last_password_changed_time" }
fields.uuid = { generate = "uuid4" }
fields.join_time = { generate = "now" }
fields.salt = { hidden = true }
touch = { created = ["created_time"], updated = ["updated_time"] }
"""


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
        by_table = replace(filled, environ={"PROVISION_CONFIG": str(_reflecting(filled))})
        reflected = in_turns(partial(ours, by_table, "plan", manifests), least, times)
        one_change = in_turns(partial(ours, filled, "plan", changed), unchanged, times)
    return {
        NO_OP: no_op,
        REFLECTED: reflected,
        CREATE: _creating(bench, project, manifests, times),
        ONE_CHANGE: one_change,
    }


def _reflecting(project: Project) -> Path:
    """The same kind on the same rows, without the application's class: all that is known of it is its table."""
    file = project.folder / "reflecting.toml"
    file.write_text(BY_TABLE, encoding="utf-8")
    return file


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
