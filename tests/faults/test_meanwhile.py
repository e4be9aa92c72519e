"""Somebody else writes to a row in the middle of an apply: it waits for the apply, or else nothing is applied."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults.copies import Copy, copy_of
from tests.faults.mixed import APPLY, prepare, read_written
from tests.faults.said import without_retries
from tests.faults.somebody_else import is_written
from tests.faults.strike import COMMIT, Strike, run_struck
from tests.project import Outcome, Project, make_project, user
from tests.sample import IS_EXHAUSTIVE

OK, REFUSED, LOCKED, STALE = 0, 1, 3, 4
SAID = "Error: something changed since this was planned, nothing was written"
# What was not there under the lock, no lock keeps away.
TAKEN = "User/new: a value that must be unique is taken by another row"
_ANEW = re.compile(r"sha256:[0-9a-f]{64}|\d{4}-\d\d-\d\dT[\d:]+Z")
WRITES = {
    "a field that the apply writes": "UPDATE sys_user SET email = 'theirs@example.com' WHERE username = 'alice'",
    "a field that the apply leaves": "UPDATE sys_user SET email = 'theirs@example.com' WHERE username = 'old'",
    "a privilege": "UPDATE sys_user SET is_staff = true WHERE username = 'bot'",
    "a row that goes": "DELETE FROM sys_user WHERE username = 'alice'",
    "a row that comes": """
INSERT INTO sys_user
  (uuid, username, nickname, status, is_superuser, is_staff, is_multi_login, join_time, created_time)
SELECT 'theirs', 'new', 'Theirs', status, is_superuser, is_staff, is_multi_login, join_time, created_time
FROM sys_user WHERE username = 'bot'""",
    "a key that stops": "UPDATE sys_api_key SET is_active = false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an apply and somebody's write ended: what the apply did and showed, and what is in the database."""

    code: int
    shown: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An apply during which somebody writes: copies of the project, the moments, and the right endings by write.

    `alone` is how the apply ends without anybody else; `written` is the database after the write alone.
    """

    copy: Copy
    moments: list[str]
    alone: Ending
    first: dict[str, Ending]
    last: dict[str, Ending]
    written: dict[str, str]


def ending(project: Project, outcome: Outcome) -> Ending:
    """Without what is of one database or one second."""
    name = str(make_url(project.url).database)
    shown = _ANEW.sub("(anew)", outcome.stdout.replace(name, "(database)"))
    return Ending(code=outcome.code, shown=shown, state=read_written(project))


def chosen() -> list[str]:
    return list(WRITES) if IS_EXHAUSTIVE else list(WRITES)[:1]


@pytest.fixture
def scenario(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Scenario:
    """The apply alone, and each write before it and after it, one after the other."""
    project = make_project(tmp_path / "original", database_url)
    prepare(project)
    copy = copy_of(project, request)
    first, last, written = {}, {}, {}
    for number, name in enumerate(chosen()):
        with copy(f"first-{number}") as other:
            assert is_written(other.url, WRITES[name])
            written[name] = read_written(other)
            first[name] = ending(other, run_struck(other, *APPLY)[0])
        with copy(f"last-{number}") as other:
            outcome, moments = run_struck(other, *APPLY)
            alone = ending(other, outcome)
            is_written(other.url, WRITES[name])
            last[name] = ending(other, outcome)
    return Scenario(copy=copy, moments=moments, alone=alone, first=first, last=last, written=written)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_what_somebody_else_writes_meanwhile_is_never_lost(scenario: Scenario) -> None:
    moments = scenario.moments
    # Between the plan and the lock, between what is read and what is written under it, and at the last moment.
    few = [moments.index("BEGIN", 1), moments.index("before INSERT INTO sys_user (uuid,"), moments.index(COMMIT)]
    numbers = range(len(moments)) if IS_EXHAUSTIVE else few
    strikes = list(product(chosen(), numbers))
    with ThreadPoolExecutor(max_workers=2) as threads:
        found = list(threads.map(lambda at: _write_meanwhile(scenario, *at), strikes))
    for name in chosen():
        print(f"{name}: {Counter(what for (of, _), what in zip(strikes, found, strict=True) if of == name)}")
    assert [what for what in found if what not in {"waits", "first", "last", "stale", "taken"}] == []
    assert {"waits", "stale"} <= set(found)


def _write_meanwhile(scenario: Scenario, name: str, number: int) -> str:
    """Which of the right endings it is, or else what happened.

    That an apply which comes last has shown what it replaces follows from what it showed.
    """
    with scenario.copy(f"{list(WRITES).index(name)}-{number}") as project:
        strike = Strike(moment=number, action="meanwhile", argument=WRITES[name])
        outcome, _ = run_struck(project, *APPLY, strike=strike)
        found = ending(project, outcome)
        is_theirs = (project.folder / "strike" / "meanwhile").read_text(encoding="utf-8") == "written"
        if not is_theirs and found == scenario.alone:
            return "waits"
        if is_theirs and found == scenario.first[name]:
            return "first"
        if is_theirs and found == scenario.last[name]:
            return "last"
        told = without_retries(outcome.stderr)
        if is_theirs and found.state == scenario.written[name]:
            if outcome.code == STALE and len(told) == 1 and told[0].startswith(SAID):
                return "stale"
            if outcome.code == REFUSED and TAKEN in told[0]:
                return "taken"
        return f"{name} at {number}, {scenario.moments[number]}: {is_theirs=} {outcome.code} {outcome.stderr}"


def test_a_reader_makes_the_commit_on_sqlite_wait_and_no_longer_than_asked(tmp_path: Path, sqlite_url: str) -> None:
    project = make_project(tmp_path / "project", sqlite_url)
    project.write(user("alice"))
    assert run_struck(project, "migrate")[0].code == OK
    with closing(sqlite3.connect(str(make_url(sqlite_url).database), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM sys_user").fetchone() == (0,)
        outcome, lived = run_struck(project, "apply", "--lock-timeout", "1s")
    assert (outcome.code, lived[-1]) == (LOCKED, COMMIT)
    assert outcome.stderr.startswith("Error: another run, or the application, holds a lock that this one needs")
    assert project.sql("SELECT username FROM sys_user") == []
