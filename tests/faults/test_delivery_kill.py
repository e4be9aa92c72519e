"""kill -9 at each step of making and delivering a key: whoever needs it has it, and the next run ends the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.runs import apply, plan
from tests.faults.copies import copies_of
from tests.faults.keys import Left, declare, digest, leftovers, look, make_due
from tests.faults.strike import COMMIT, Strike, run_struck
from tests.project import Project, make_project

KILLED = -9
# While COMMIT runs, in seconds after its beginning.
WITHIN_COMMIT = (0.0002, 0.001)
# Long enough for a server to notice that its client is gone, too short to hide a lock that stays.
AT_ONCE = 2
EVERY = 8
"""Of the statements before anything is staged, one in so many is enough: test_kill.py has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A run to be killed: a project as it is before, copies of it, its moments, and whether to try many of them."""

    copy: Callable[[str], Project]
    before: Left
    moments: list[str]
    is_thorough: bool


@pytest.fixture(params=["create", "rotate"])
def scenario(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Scenario]:
    """A key that is to be made, and one whose rotation is due, on each kind of database."""
    project = make_project(tmp_path / "original", database_url)
    declare(project)
    if request.param == "rotate":
        assert run_struck(project, "apply")[0].code == 0
        make_due(project)
    with copies_of(project, request) as copy:
        outcome, moments = run_struck(copy("whole"), "apply", strike=Strike(files=True))
        assert outcome.code == 0, outcome.stderr
        is_thorough = request.param == "rotate" and database_url.startswith("sqlite")
        yield Scenario(copy=copy, before=look(project), moments=moments, is_thorough=is_thorough)


def _strikes(scenario: Scenario, stride: int, *, elsewhere: bool) -> list[Strike]:
    """One at each kind of step from the last statement on, a few before it, and some while COMMIT runs.

    Of these one in `stride`. Without what was staged, nothing is of interest before the first COMMIT.
    """
    first = scenario.moments.index("before INSERT INTO provision_change (run_id,")
    commits = [number for number, name in enumerate(scenario.moments) if name == COMMIT]
    kinds: dict[tuple[int, str], int] = {}
    for number, name in enumerate(scenario.moments[first:], start=first):
        kinds.setdefault((sum(commit < number for commit in commits), name), number)
    numbers = [*range(0, first, EVERY), *kinds.values()][::stride]
    within = [Strike(moment=number, delay=delay, files=True) for number in commits for delay in WITHIN_COMMIT]
    at = [number for number in sorted({*numbers, *commits}) if not elsewhere or number >= commits[0]]
    return [Strike(moment=number, files=True) for number in at] + within


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "on another machine"])
def test_a_key_is_never_lost_and_never_left_about(
    scenario: Scenario, elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stride = 2 if scenario.is_thorough and not elsewhere else 8
    strikes = _strikes(scenario, stride, elsewhere=elsewhere)
    copies = [scenario.copy(f"copy-{place}") for place in range(len(strikes))]

    def kill(strike: Strike, project: Project) -> list[str]:
        outcome, lived = run_struck(project, "apply", strike=strike)
        if not strike.delay:
            assert (outcome.code, lived) == (KILLED, scenario.moments[: len(lived)])
        return lived

    with ThreadPoolExecutor(max_workers=2) as threads:
        lives = list(threads.map(kill, strikes, copies))
    stages: Counter[str] = Counter()
    wrong: list[str] = []
    for lived, project in zip(lives, copies, strict=True):
        monkeypatch.chdir(project.folder)
        left = look(project)
        stages[_stage(scenario, left)] += 1
        found = (
            *_wrong_after_kill(scenario, left),
            *_wrong_after_apply(scenario, left, project, elsewhere=elsewhere),
        )
        wrong += [f"at {len(lived) - 1}, {lived[-1]}: {what}" for what in found]
    print(f"{len(strikes)} of {len(scenario.moments)} moments: {stages}")
    assert wrong == []
    assert stages.keys() >= {"pending", "delivered"}
    assert "as before" in stages or elsewhere


def _stage(scenario: Scenario, left: Left) -> str:
    if left.rows == scenario.before.rows:
        return "as before"
    return "pending" if left.pending else "delivered"


def _wrong_after_kill(scenario: Scenario, left: Left) -> Iterator[str]:
    """What works is where it is needed; what was there before is, until its successor is committed."""
    yield from left.wrong()
    before = scenario.before
    if left.rows[: len(before.rows)] != before.rows or len(left.rows) > len(before.rows) + 1:
        yield f"the generations are {left.working}"
    if left.rows == before.rows:
        if left.shown != before.shown:
            yield "a file was changed before the commit"
        if {digest(value) for values in left.staged.values() for value in values} & {row[0] for row in left.rows}:
            yield "what is staged works before the commit"


def _wrong_after_apply(scenario: Scenario, left: Left, project: Project, *, elsewhere: bool) -> Iterator[str]:
    """The next run ends the work: with what was staged, or without it on a machine that has nothing of it."""
    lost = elsewhere and left.pending
    if elsewhere:
        for name in leftovers(project):
            (project.folder / "out" / name).unlink()
    apply(project, lock_seconds=AT_ONCE)
    after, first = look(project), len(scenario.before.rows)
    if after.working != [True] * first + [False] * lost + [True]:
        yield f"the generations are {after.working} after the next run"
    if not lost and left.rows not in (scenario.before.rows, after.rows):
        yield "a key that was committed, and not lost, was replaced"
    if not after.is_done() or leftovers(project):
        yield f"not done: {after.pending=} {leftovers(project)}"
    if not plan(project).plan.is_empty:
        yield "there is something left to do"
