"""Several runs at once, and one folder for two databases: no rotation happens twice, no secret is mistaken."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.keys import declare, leftovers, look, make_due
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, create_backend_tables, make_project

AT_ONCE = 4


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    """A project on each kind of database, whose key is declared."""
    made = make_project(tmp_path / "project", database_url)
    declare(made)
    return made


def test_runs_at_once_rotate_a_due_key_exactly_once(project: Project) -> None:
    assert run_struck(project, "apply")[0].code == 0
    make_due(project)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        outcomes = list(threads.map(lambda _: project.run("apply"), range(AT_ONCE)))
    assert [(outcome.code, outcome.stderr) for outcome in outcomes] == [(0, "")] * AT_ONCE
    assert sum("1 changed" in outcome.stdout for outcome in outcomes) == 1
    left = look(project)
    assert left.working == [True, True]
    assert left.is_done()
    assert leftovers(project) == []
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("moment", [COMMIT, COMMITTED])
def test_what_is_staged_for_one_database_is_not_touched_by_a_run_on_another(
    project: Project, tmp_path: Path, moment: str
) -> None:
    other = replace(project, url=f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    asyncio.run(create_backend_tables(other.url))
    assert run_struck(project, "apply", strike=Strike(moment=moment))[0].code == -9
    before, staged = look(project), contents(project)
    assert len(staged) == 3
    for command in ("plan", "apply", "apply"):
        assert run_struck(other, command)[0].code == 0
        assert contents(project) == staged
    assert look(other).working == [True]
    assert run_struck(project, "apply")[0].code == 0
    assert look(project).rows[: len(before.rows)] == before.rows
    assert look(project).working == [True]
    assert look(project).is_done()
    assert leftovers(project) == []


def contents(project: Project) -> dict[str, bytes]:
    """What is staged, byte for byte."""
    return {name: (project.folder / "out" / name).read_bytes() for name in leftovers(project)}
