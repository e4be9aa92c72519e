"""The server is stopped at once, as in a crash, around COMMIT, and comes back: the run finds out what happened."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.at_commit import at_commit
from tests.faults.boundaries import message_proxy
from tests.faults.mixed import APPLY, prepare, read_written
from tests.faults.own_server import OwnServer, running_own_server
from tests.faults.said import says_nothing_was_written, without_retries
from tests.faults.strike import run_struck
from tests.project import Outcome, Project, make_project
from tests.sample import IS_EXHAUSTIVE

MOMENTS = 20 if IS_EXHAUSTIVE else 2
# In seconds after the server gets COMMIT, which is recorded within a millisecond; and a delivery takes some more.
AROUND_COMMIT, UNTIL_DELIVERED = (-0.003, 0.003), (0, 0.03)
DONE = "Apply complete: 1 added"
UNDELIVERED = "Error: the changes were written; their secrets are staged"
TRUE = {"before, code 3", "after, code 0", "after, code 1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An apply whose server is to crash: its project on this server, and by what is in the database its name."""

    server: OwnServer
    project: Project
    states: dict[str, str]


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """One for all tests of this module."""
    with running_own_server() as server:
        yield server


@contextmanager
def apply_ahead(server: OwnServer, folder: Path, *, delivers: bool) -> Iterator[Scenario]:
    with server.database("original") as url:
        project = make_project(folder / "original", url)
        prepare(project, delivers=delivers)
        before = read_written(project)
        with server.database("whole", "original") as copy:
            whole = replace(project, url=copy)
            assert run_struck(whole, *APPLY)[0].code == 0
            yield Scenario(server=server, project=project, states={before: "before", read_written(whole): "after"})


def crash(scenario: Scenario, project: Project, when: Callable[[], object], *, held: float = 0) -> str:
    """Which state the database is in, the exit code, and whether COMMIT was answered; or else what was said.

    COMMIT is `held` for so many seconds, while `when` says when the server crashes.
    """

    def stop() -> None:
        when()
        scenario.server.crash_and_restart()

    def on_commit() -> None:
        thread.start()
        time.sleep(held)

    thread = threading.Thread(target=stop)
    with message_proxy(project.url, on_commit=on_commit) as proxy:
        outcome, _ = run_struck(replace(project, url=proxy.url), *APPLY)
        answered = "answered" if proxy.answers else "not answered"
    thread.join()
    state = scenario.states.get(read_written(project), "between")
    found = f"{state}, code {outcome.code}"
    return f"{found}, {answered}" if found in TRUE and is_true(outcome) else f"{found}: {outcome.stderr}"


def is_true(outcome: Outcome) -> bool:
    """Whether what is said is what this code means; of code 1, the delivery has commits of its own."""
    told = without_retries(outcome.stderr)
    match outcome.code:
        case 0:
            return DONE in outcome.stdout and not told
        case 1:
            return "".join(told).startswith(UNDELIVERED)
        case _:
            return says_nothing_was_written(outcome.stderr)


def crash_after(scenario: Scenario, url: str, delay: float) -> str:
    """A crash so many seconds after the server gets COMMIT; a negative number is before."""
    (scenario.project.folder / "out" / "ci.key").unlink(missing_ok=True)
    copy = replace(scenario.project, url=url)
    return crash(scenario, copy, lambda: time.sleep(max(delay, 0)), held=max(-delay, 0))


def crashes(
    scenario: Scenario, database: Callable[[str, str], AbstractContextManager[str]], span: tuple[float, float]
) -> Counter[str]:
    """What crashes at some moments of this span came to, each in a copy of the database."""
    chance, found = random.Random(20), Counter[str]()
    for number in range(MOMENTS):
        with database(f"copy_{number}", "original") as url:
            found[crash_after(scenario, url, chance.uniform(*span))] += 1
    print(found)
    return found


def test_a_run_whose_server_crashes_during_its_commit_says_what_became_of_it(
    own_server: OwnServer, tmp_path: Path
) -> None:
    with apply_ahead(own_server, tmp_path, delivers=False) as scenario:
        found = crashes(scenario, own_server.database_whose_commits_stay, AROUND_COMMIT)
    assert found.keys() <= {"before, code 3, not answered", "after, code 0, not answered"}


def test_a_run_whose_server_crashes_after_its_commit_says_how_far_its_delivery_is(
    own_server: OwnServer, tmp_path: Path
) -> None:
    with apply_ahead(own_server, tmp_path, delivers=True) as scenario:
        found = crashes(scenario, own_server.database, UNTIL_DELIVERED)
    assert {what.rpartition(", ")[0] for what in found} <= TRUE


def test_a_commit_is_told_by_its_record_and_not_by_its_answer(own_server: OwnServer, tmp_path: Path) -> None:
    """The server crashes in the middle of COMMIT: before it has written it down, and after it has."""
    with apply_ahead(own_server, tmp_path, delivers=False) as scenario:
        with own_server.database("unrecorded", "original") as url:
            copy = replace(scenario.project, url=url)
            at_commit(copy, "PERFORM pg_sleep(60); RETURN NEW;")
            found = crash(scenario, copy, lambda: own_server.wait_for("PgSleep"))
        assert found == "before, code 3, not answered"
        with own_server.database_whose_commits_stay("recorded", "original") as url:
            found = crash(scenario, replace(scenario.project, url=url), lambda: own_server.wait_for("SyncRep"))
        assert found == "after, code 0, not answered"
