"""kill -9 at every statement of an apply that does one of each: before or after, and the next run ends the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults.copies import Copy, copy_of
from tests.faults.mixed import APPLY, SUMMARY, prepare, read_written
from tests.faults.servers import AnyServer, server_of
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, make_project
from tests.sample import sampled

KILLED = -9
SPREAD = 3
# Long enough for a server to notice that its client is gone, too short to hide a lock that stays.
AT_ONCE = ("--lock-timeout", "2s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An apply to be killed: copies of the project, what is in the database before and after, and its moments."""

    copy: Copy
    server: AnyServer | None
    before: str
    after: str
    moments: list[str]


@pytest.fixture
def scenario(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Scenario:
    """One apply that lives, on each kind of database."""
    project = make_project(tmp_path / "original", database_url)
    prepare(project)
    copy = copy_of(project, request)
    with copy("whole") as whole:
        outcome, moments = run_struck(whole, *APPLY)
        assert outcome.code == 0, outcome.stderr
        assert SUMMARY in outcome.stdout
        return Scenario(
            copy=copy,
            server=server_of(request, database_url),
            before=read_written(project),
            after=read_written(whole),
            moments=moments,
        )


def test_a_kill_at_any_statement_leaves_before_or_after_and_the_next_run_ends_the_work(scenario: Scenario) -> None:
    assert scenario.before != scenario.after
    moments, committed = scenario.moments, scenario.moments.index(COMMITTED)
    numbers = sorted({*sampled(range(len(moments)), SPREAD), committed})
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = list(threads.map(lambda number: _kill(scenario, number), numbers))
    print(f"{len(found)} of {len(moments)} moments: {Counter(found)}")
    # COMMIT is asked for at the moment before; whoever dies there has not sent it.
    assert moments[committed - 1] == COMMIT
    assert found == ["before" if number < committed else "after" for number in numbers]


def _kill(scenario: Scenario, number: int) -> str:
    """Whether the database is as before or as after; or else what is wrong with it, or with what comes next."""
    with scenario.copy(f"killed-{number}") as project:
        outcome, lived = run_struck(project, *APPLY, strike=Strike(moment=number))
        where = f"at {number}, {lived[-1]}"
        if (outcome.code, lived) != (KILLED, scenario.moments[: number + 1]):
            return f"{where}: not killed where it should be, {outcome.code} {outcome.stderr}"
        if scenario.server is not None:
            scenario.server.wait_until_left(str(make_url(project.url).database))
        state = {scenario.before: "before", scenario.after: "after"}.get(read_written(project), "between")
        return "; ".join([state, *(f"{where}: {what}" for what in _wrong_after_apply(scenario, project))])


def _wrong_after_apply(scenario: Scenario, project: Project) -> Iterator[str]:
    again, _ = run_struck(project, *APPLY, *AT_ONCE)
    if (again.code, again.stderr) != (0, "") or read_written(project) != scenario.after:
        yield f"the next run ends with {again.code} {again.stderr}"
    file = project.folder / "out" / "ci.key"
    hashes = [key for (key,) in project.sql("SELECT key_hash FROM sys_api_key WHERE is_active ORDER BY generation")]
    if not file.exists() or sha256(file.read_bytes()).hexdigest() != hashes[-1]:
        yield "the file holds another key than the database"
    if {path.name for path in file.parent.iterdir()} != {file.name}:
        yield "something stays staged"
    empty, _ = run_struck(project, "plan", "--prune", "--detailed-exitcode")
    if empty.code != 0:
        yield f"there is something left to do: {empty.code} {empty.stdout}"
