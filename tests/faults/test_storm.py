"""Many applies at once, each with manifests of its own: one after the other, and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.past import actors_of, gaps_in, steps_of, wrong_after
from tests.faults.said import without_retries
from tests.faults.storm import OURS, STALE_SAID, THEIRS, Run, declared, storm, storm_of_theirs
from tests.faults.strike import run_struck
from tests.project import Outcome, Project, make_project
from tests.sample import IS_EXHAUSTIVE

RUNS = 8
RUNS_OF_THEIRS, ROUNDS = (8, 20) if IS_EXHAUSTIVE else (2, 1)
OK, STALE = 0, 4


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    """Where all of them find two users; without a ledger as yet."""
    made = make_project(tmp_path / "first", database_url)
    made.write(declared("shared", "first@example.com") + declared("left", "left@example.com"))
    return replace(made, environ={"PROVISION_ACTOR": "first"})


def is_clear(outcome: Outcome) -> bool:
    """Whether it is done and nothing is said, or it is not and one error says why."""
    told = without_retries(outcome.stderr)
    if outcome.code == OK:
        return not told
    return outcome.code == STALE and len(told) == 1 and told[0].startswith(STALE_SAID)


def history(project: Project) -> list[str]:
    """Who wrote, as `provision history` tells it, the last one first; the chain is whole."""
    verified, _ = run_struck(project, "history", "verify")
    assert (verified.code, verified.stderr) == (OK, ""), verified.stdout
    shown, _ = run_struck(project, "history", "--limit", "1000", "--format", "json")
    return [run["actor"] for run in json.loads(shown.stdout)["runs"]]


def test_many_runs_at_once_are_as_some_of_them_one_after_the_other(project: Project) -> None:
    assert run_struck(project, "apply")[0].code == OK
    said, wrote_of_theirs, codes = {"first": ""}, set(), Counter[int]()
    for turn in range(ROUNDS):
        ours, theirs = storm(project, turn, RUNS), storm_of_theirs(project, turn, RUNS_OF_THEIRS)
        with ThreadPoolExecutor(max_workers=RUNS + RUNS_OF_THEIRS) as threads:
            outcomes = list(threads.map(Run.apply, [*ours, *theirs]))
        assert [outcome for outcome in outcomes if not is_clear(outcome)] == []
        assert [outcome.code for outcome in outcomes[RUNS:]] == [OK] * RUNS_OF_THEIRS
        codes.update(outcome.code for outcome in outcomes[:RUNS])
        said |= {run.actor: outcome.stdout for run, outcome in zip(ours, outcomes, strict=False) if not outcome.code}
        wrote_of_theirs |= {run.actor for run in theirs}
    print(f"{ROUNDS} x {RUNS} runs, and {RUNS_OF_THEIRS} of another project: {codes}")
    steps, other = steps_of(project, OURS), steps_of(project, THEIRS)
    assert (set(actors_of(steps)), set(actors_of(other))) == (set(said), wrote_of_theirs)
    assert {f"User/{actor}" for actor in said.keys() - {"first"}} <= {step.address for step in steps}
    assert [*gaps_in(steps), *gaps_in(other), *wrong_after([*steps, *other], project)] == []
    # What a run has replaced, its plan had shown.
    replaced = [step for step in steps if step.name == "email" and step.before]
    assert [step for step in replaced if f'"{step.before}" -> "{step.after}"' not in said[step.actor]] == []
    assert history(project) == actors_of(steps)[::-1]
    assert run_struck(theirs[0].project, "history", "verify")[0].code == OK


def test_first_runs_at_once_make_one_ledger(project: Project) -> None:
    runs = [*storm_of_theirs(project), Run(project=project)]
    with ThreadPoolExecutor(max_workers=len(runs)) as threads:
        outcomes = list(threads.map(Run.apply, runs))
    assert [(outcome.code, without_retries(outcome.stderr)) for outcome in outcomes] == [(OK, [])] * len(runs)
    assert sorted(actors_of(steps_of(project, THEIRS))) == [run.actor for run in runs[:-1]]
    assert actors_of(steps_of(project, OURS)) == ["first"]
