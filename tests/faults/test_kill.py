"""kill -9 in the middle of an apply of 500 resources: the database is as before or as after, never between."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults.servers import AnyServer, server_of
from tests.faults.states import State, first_manifests, read_state, second_manifests
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, make_project

KILLED = -9
MOMENTS = 20
# While COMMIT runs, in seconds after its beginning: it takes a millisecond or so.
WITHIN_COMMIT = (0.0002, 0.001)
# Long enough for a server to notice that its client is gone, too short to hide a lock that stays.
AT_ONCE = "2s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An apply to be killed: the project as it is before, a way to copy it, and what is expected.

    `settle` waits until the server has noticed that a killed client of a copy is gone.
    """

    copy: Callable[[str], Project]
    settle: Callable[[Project], object]
    arguments: tuple[str, ...]
    before: State
    after: State
    moments: list[str]


@pytest.fixture(params=["create everything", "change in every way"])
def scenario(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Scenario]:
    """Each scenario on each kind of database; the copies go when the test ends."""
    project = make_project(tmp_path / "original", database_url)
    project.write(first_manifests())
    arguments: tuple[str, ...] = ("apply",)
    if request.param == "change in every way":
        assert run_struck(project, "apply")[0].code == 0
        project.write(second_manifests())
        arguments = ("apply", "--prune", "--max-removals", "100%")
    server = server_of(request, database_url)
    copies: list[str] = []

    def copy(name: str) -> Project:
        folder = tmp_path / name
        shutil.copytree(project.folder / "manifests", folder / "manifests")
        shutil.copy(project.folder / "provision.toml", folder)
        return Project(folder=folder, url=_copy_database(database_url, folder, server, copies))

    whole = copy("whole")
    outcome, moments = run_struck(whole, *arguments)
    assert outcome.code == 0, outcome.stderr
    assert run_struck(whole, "plan", "--detailed-exitcode", *arguments[1:])[0].code == 0
    yield Scenario(
        copy=copy,
        settle=lambda copied: server and server.wait_until_left(str(make_url(copied.url).database)),
        arguments=arguments,
        before=read_state(project),
        after=read_state(whole),
        moments=moments,
    )
    for name in copies:
        assert server is not None
        server.drop_database(name)


def _copy_database(url: str, folder: Path, server: AnyServer | None, copies: list[str]) -> str:
    if server is None:
        shutil.copy(url.partition(":///")[2], folder / "copy.db")
        return f"sqlite+aiosqlite:///{folder / 'copy.db'}"
    original = str(make_url(url).database)
    copies.append(f"{original}_{len(copies)}")
    server.copy_database(original, copies[-1])
    return server.url(copies[-1])


def _strikes(moments: list[str]) -> list[Strike]:
    """Twenty, spread evenly, both sides of COMMIT among them; and some while it runs."""
    last = len(moments) - 1
    numbers = {round(step * last / (MOMENTS - 1)) for step in range(MOMENTS)}
    assert moments[last - 1 :] == [COMMIT, COMMITTED]
    within = [Strike(moment=last - 1, delay=delay) for delay in WITHIN_COMMIT]
    return [Strike(moment=number) for number in sorted(numbers | {last - 1})] + within


def test_an_apply_that_is_killed_leaves_the_database_as_before_or_as_after(scenario: Scenario) -> None:
    assert scenario.before != scenario.after
    strikes = _strikes(scenario.moments)
    copies = [scenario.copy(f"copy-{place}") for place in range(len(strikes))]
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = list(threads.map(lambda strike, copy: _kill_and_repeat(scenario, strike, copy), strikes, copies))
    counts = Counter(found)
    print(f"{len(strikes)} moments among {len(scenario.moments)}: {counts['before']} before, {counts['after']} after")
    assert found[:MOMENTS].count("before") >= MOMENTS - 2
    assert "after" in found


def _kill_and_repeat(scenario: Scenario, strike: Strike, project: Project) -> str:
    """Whether the database was as before or as after the kill; the next run starts at once and ends the work."""
    outcome, lived = run_struck(project, *scenario.arguments, strike=strike)
    assert strike.delay or (outcome.code == KILLED and lived == scenario.moments[: len(lived)])
    scenario.settle(project)
    left = read_state(project)
    assert left in (scenario.before, scenario.after), f"neither before nor after: {lived[-1]}"
    again, _ = run_struck(project, *scenario.arguments, "--lock-timeout", AT_ONCE)
    assert (again.code, again.stderr) == (0, ""), lived[-1]
    assert read_state(project) == scenario.after
    assert ("No changes" in again.stdout) is (left == scenario.after)
    return "before" if left == scenario.before else "after"
