"""A connection that is lost while the ledger notes a delivery: nothing is removed before the note is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.keys import declare, leftovers, look
from tests.faults.proxy import Cut, proxy_to
from tests.faults.strike import COMMITTED, Strike, run_struck
from tests.project import Project, make_project


@pytest.fixture(params=["postgres_url", "mysql_url"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project on each kind of server, whose key is declared."""
    made = make_project(tmp_path / "project", request.getfixturevalue(request.param))
    assert made.run("migrate").code == 0
    declare(made)
    return made


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.WHILE_COMMITTING, Cut.AFTER_COMMIT])
def test_what_is_staged_stays_until_its_delivery_is_noted_and_no_key_is_replaced(project: Project, cut: Cut) -> None:
    with proxy_to(project.url) as proxy:
        there = replace(project, url=proxy.url)
        outcome, _ = run_struck(there, "apply", strike=Strike(moment=COMMITTED))
        before = look(project)
        assert (outcome.code, before.pending, len(before.rows)) == (-9, True, 1)
        proxy.cut = cut
        outcome = there.run("apply")
        left, is_lost = look(project), cut is Cut.BEFORE_COMMIT
        assert outcome.code == (3 if is_lost else 0), outcome.stderr
        assert (left.rows, left.pending, left.wrong()) == (before.rows, is_lost, [])
        assert there.run("apply").code == 0
    assert look(project).rows == before.rows
    assert look(project).is_done()
    assert leftovers(project) == []
