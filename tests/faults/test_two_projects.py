"""Projects that share a database: neither waits for the other but on SQLite, and a row has one owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.past import actors_of, steps_of
from tests.faults.said import without_retries
from tests.faults.storm import OURS, STALE_SAID, THEIRS, beside, declared, storm, storm_of_theirs
from tests.faults.strike import COMMIT, Strike, run_struck, until
from tests.project import Project, make_project

OK, REFUSED, LOCKED, STALE = 0, 1, 3, 4
TAKEN = "User/shared: a value that must be unique is taken by another row"


def test_a_run_waits_for_those_of_its_project_and_on_sqlite_alone_for_other_ones(
    tmp_path: Path, database_url: str
) -> None:
    project = make_project(tmp_path / "first", database_url)
    assert run_struck(project, "migrate")[0].code == OK
    holder, same = storm(project)[4:6]
    [other, *_] = storm_of_theirs(project)
    at_once = ("--lock-timeout", "1s")
    go_on = tmp_path / "go on"
    stop = Strike(moment=COMMIT, action="wait for a file", argument=str(go_on))
    with ThreadPoolExecutor(max_workers=1) as thread:
        held = thread.submit(run_struck, holder.project, "apply", strike=stop)
        until(Path(f"{go_on}.awaited").exists)
        try:
            waited = [run_struck(run.project, "apply", *at_once)[0] for run in (same, other)]
        finally:
            go_on.touch()
    assert held.result()[0].code == OK, held.result()
    is_alone = not project.url.startswith("sqlite")
    assert [outcome.code for outcome in waited] == [LOCKED, OK if is_alone else LOCKED]
    assert actors_of(steps_of(project, OURS)) == [holder.actor]
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
        until(Path(f"{go_on}.awaited").exists)
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
    until(lambda: project.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") != [(0,)])
