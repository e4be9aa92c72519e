"""Many applies at once, each with manifests of its own: one after the other, none is lost, projects do not meet."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import pytest

from tests.faults.past import actors_of, gaps_in, steps_of, wrong_after
from tests.faults.said import without_retries
from tests.faults.sample import IS_EXHAUSTIVE
from tests.faults.strike import COMMIT, Strike, run_struck, until_there
from tests.project import Outcome, Project, make_project, settings_text, user

OURS, THEIRS = "acme", "umbrella"
RUNS = 8
RUNS_OF_THEIRS, ROUNDS = (8, 20) if IS_EXHAUSTIVE else (2, 1)
OK, REFUSED, LOCKED, STALE = 0, 1, 3, 4
STALE_SAID = "Error: something changed since this was planned, nothing was written"
TAKEN = "User/shared: a value that must be unique is taken by another row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One of the applies: in a folder of its own, under a name of its own."""

    project: Project
    options: tuple[str, ...] = ()

    @property
    def actor(self) -> str:
        return self.project.environ["PROVISION_ACTOR"]

    def apply(self) -> Outcome:
        return run_struck(self.project, "apply", *self.options)[0]


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    """Where all of them find two users; without a ledger as yet."""
    made = make_project(tmp_path / "first", database_url)
    made.write(declared("shared", "first@example.com") + declared("left", "left@example.com"))
    return replace(made, environ={"PROVISION_ACTOR": "first"})


def declared(name: str, email: str) -> str:
    return user(name, f"email: {email}")


def beside(project: Project, actor: str, manifests: str, *, of: str = OURS) -> Project:
    """Another checkout, of this project or another one, on the same database."""
    folder = project.folder.parent / actor
    copytree(project.folder, folder)
    (folder / "provision.toml").write_text(settings_text(of), encoding="utf-8")
    made = replace(project, folder=folder, environ={"PROVISION_ACTOR": actor})
    made.write(manifests)
    return made


def storm(project: Project, turn: int) -> list[Run]:
    """Four that all want the same field, three that want nothing of each other's, and one that removes the rest."""
    runs = []
    for number in range(RUNS):
        actor = f"run-{turn}-{number}"
        manifests = declared(actor, f"{actor}@example.com")
        if number < 4:
            manifests += declared("shared", f"shared-{turn}-{number}@example.com")
        options = ("--prune", "--max-removals", "100%") if number == RUNS - 1 else ()
        runs.append(Run(project=beside(project, actor, manifests), options=options))
    return runs


def storm_of_theirs(project: Project, turn: int) -> list[Run]:
    actors = [f"their-{turn}-{number}" for number in range(RUNS_OF_THEIRS)]
    return [
        Run(project=beside(project, actor, declared(actor, f"{actor}@example.com"), of=THEIRS)) for actor in actors
    ]


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
        ours, theirs = storm(project, turn), storm_of_theirs(project, turn)
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
    runs = [*storm_of_theirs(project, 0), Run(project=project)]
    with ThreadPoolExecutor(max_workers=len(runs)) as threads:
        outcomes = list(threads.map(Run.apply, runs))
    assert [(outcome.code, without_retries(outcome.stderr)) for outcome in outcomes] == [(OK, [])] * len(runs)
    assert sorted(actors_of(steps_of(project, THEIRS))) == [run.actor for run in runs[:-1]]
    assert actors_of(steps_of(project, OURS)) == ["first"]


def test_a_run_waits_for_those_of_its_project_and_on_sqlite_alone_for_other_ones(
    project: Project, tmp_path: Path
) -> None:
    assert run_struck(project, "apply")[0].code == OK
    holder, same = storm(project, 0)[4:6]
    [other, *_] = storm_of_theirs(project, 0)
    at_once = ("--lock-timeout", "1s")
    go_on = tmp_path / "go on"
    stop = Strike(moment=COMMIT, action="wait for a file", argument=str(go_on))
    with ThreadPoolExecutor(max_workers=1) as thread:
        held = thread.submit(run_struck, holder.project, "apply", strike=stop)
        until_there(Path(f"{go_on}.awaited"))
        try:
            waited = [run_struck(run.project, "apply", *at_once)[0] for run in (same, other)]
        finally:
            go_on.touch()
    assert held.result()[0].code == OK, held.result()
    is_alone = not project.url.startswith("sqlite")
    assert [outcome.code for outcome in waited] == [LOCKED, OK if is_alone else LOCKED]
    assert actors_of(steps_of(project, OURS)) == ["first", holder.actor]
    assert actors_of(steps_of(project, THEIRS)) == ([other.actor] if is_alone else [])


@pytest.mark.parametrize("is_there", [False, True])
def test_of_two_projects_that_want_the_same_row_at_once_one_gets_it(
    tmp_path: Path, postgres_url: str, *, is_there: bool
) -> None:
    ours = make_project(tmp_path / "ours", postgres_url)
    ours.write(declared("shared", "ours@example.com"))
    theirs = beside(ours, "theirs", declared("shared", "theirs@example.com"), of=THEIRS)
    assert run_struck(ours, "migrate")[0].code == OK
    if is_there:
        ours.sql(
            "INSERT INTO sys_user (uuid, username, nickname, status, is_superuser, is_staff, is_multi_login,"
            " join_time, created_time) VALUES ('x', 'shared', 'Shared', 1, false, false, false, now(), now())"
        )
    go_on = tmp_path / "go on"
    stop = Strike(moment=COMMIT, action="wait for a file", argument=str(go_on))
    with ThreadPoolExecutor(max_workers=2) as threads:
        first = threads.submit(run_struck, ours, "apply", strike=stop)
        until_there(Path(f"{go_on}.awaited"))
        second = threads.submit(run_struck, theirs, "apply")
        until_waiting(ours)
        go_on.touch()
    assert first.result()[0].code == OK
    outcome, _ = second.result()
    assert outcome.code == (STALE if is_there else REFUSED)
    assert without_retries(outcome.stderr)[0].startswith(STALE_SAID) or TAKEN in outcome.stderr
    assert ours.sql("SELECT email FROM sys_user") == [("ours@example.com",)]
    assert ours.sql("SELECT project FROM provision_resource") == [(OURS,)]


def until_waiting(project: Project) -> None:
    """Until somebody waits for a lock."""
    while project.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
        time.sleep(0.05)
