"""Between the plan and the write the world may change: then nothing is written, or the other run did it already."""

from __future__ import annotations

import asyncio
import getpass
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from provision.errors import ExitCode, LockNotObtainedError, StalePlanError
from provision.report.view import PlanView, Stage
from tests.engine.runs import apply, content, meanwhile, plan, shown
from tests.project import Project, make_project, user

SECOND = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sys_user SET email = 'third@example.com' WHERE username = 'alice'",
        "UPDATE sys_user SET nickname = 'Somebody' WHERE username = 'bob'",
        "DELETE FROM sys_user WHERE username = 'alice'",
        "UPDATE sys_user SET is_superuser = true WHERE username = 'bob'",
        "DELETE FROM provision_resource WHERE address = 'User/bob'",
        "UPDATE sys_user SET id = id + 50 WHERE username = 'alice'",
    ],
)
def test_a_database_that_moved_on_after_the_plan_is_not_written(project: Project, statement: str) -> None:
    project.write(user("alice", "email: a@example.com") + user("bob"))
    apply(project)
    project.write(user("alice", "email: b@example.com") + user("bob"))
    between: dict[str, list[str]] = {}

    def move_on() -> None:
        project.sql(statement)
        between.update(content(project))

    with pytest.raises(StalePlanError) as caught:
        apply(project, approve=meanwhile(move_on))
    assert caught.value.exit_code == ExitCode.STALE_PLAN
    assert content(project) == between


def test_a_change_that_the_plan_does_not_concern_is_no_obstacle(project: Project) -> None:
    project.write(user("alice", "email: a@example.com") + user("bob"))
    apply(project)
    project.write(user("alice", "email: b@example.com") + user("bob"))

    def log_in() -> None:
        project.sql("UPDATE sys_user SET phone = '12345', last_login_time = '2026-01-01 00:00:00'")

    assert apply(project, approve=meanwhile(log_in)).stage is Stage.APPLIED
    assert project.sql("SELECT email, phone FROM sys_user WHERE username = 'alice'") == [("b@example.com", "12345")]


def test_what_another_run_did_meanwhile_is_no_change_any_more(project: Project) -> None:
    project.write(user("alice"))
    view = apply(project, approve=meanwhile(lambda: apply(project)))
    assert "No changes." in shown(view)
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]


def test_a_refused_approval_writes_nothing(project: Project) -> None:
    class NoError(Exception):
        """The answer to "Apply this plan?"."""

    def refuse(_view: PlanView) -> None:
        raise NoError

    project.write(user("alice"))
    before = content(project)
    with pytest.raises(NoError):
        apply(project, approve=refuse)
    assert content(project) == before


def test_two_applies_at_once_have_one_effect(project: Project) -> None:
    project.write("".join(user(f"u{number:02}") for number in range(50)))
    both_planned = threading.Barrier(2, timeout=30)
    views: list[PlanView] = []

    def approve(_view: PlanView) -> None:
        both_planned.wait()

    def one() -> None:
        views.append(apply(project, approve=approve))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(view.plan.changes) for view in views) == [0, 50]
    assert project.sql("SELECT count(*) FROM sys_user") == [(50,)]
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]


@contextmanager
def another_run(project: Project) -> Iterator[None]:
    """Another apply in the middle of its transaction; it ends with this block."""
    writing, go_on = threading.Event(), threading.Event()

    def progress(label: str, _done: int, _total: int) -> None:
        if label == "writing":
            writing.set()
            go_on.wait(30)

    thread = threading.Thread(target=lambda: apply(project, progress=progress))
    thread.start()
    try:
        assert writing.wait(30)
        yield
    finally:
        go_on.set()
        thread.join()


def said_of_the_holder(project: Project) -> str:
    """What each kind of database tells of who holds the lock."""
    if project.url.startswith("sqlite"):
        return r"^another run, or the application, holds a lock .* \(SQLite does not tell who it is\)$"
    who = rf"{re.escape(getpass.getuser())}@{re.escape(socket.gethostname())}"
    if project.url.startswith("postgresql"):
        return rf"holds the lock of this project: {who}, since {SECOND} UTC, process \d+"
    return rf"holds the lock of this project: ({who}, )?since {SECOND} UTC, connection \d+ at \w+@[\w.:]+$"


def test_a_lock_is_waited_for_no_longer_than_asked(project: Project) -> None:
    project.write(user("alice"))
    with another_run(project):
        started = time.monotonic()
        with pytest.raises(LockNotObtainedError) as caught:
            apply(project, lock_seconds=0.3)
        assert 0.2 < time.monotonic() - started < 10
    assert caught.value.exit_code == ExitCode.UNREACHABLE
    assert re.search(said_of_the_holder(project), caught.value.message)
    assert "--lock-timeout" in caught.value.hint
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]


def test_who_waits_is_told_for_whom_and_once(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.write(user("alice"))
    with another_run(project), pytest.raises(LockNotObtainedError):
        apply(project, lock_seconds=3.5)
    told = [record.getMessage() for record in caplog.records if record.name == "provision.database.holder"]
    assert len(told) == 1
    assert told[0].startswith("waiting up to 3.5 s for the lock of acme: ")
    who = "the database does not tell who holds it" if project.url.startswith("sqlite") else "held by .*since"
    assert re.search(who, told[0])


def test_a_lock_that_becomes_free_while_it_is_waited_for_is_taken(project: Project) -> None:
    project.write(user("alice"))
    with another_run(project):
        waiting = threading.Thread(target=apply, args=[project])
        waiting.start()
        time.sleep(2.5)
    waiting.join()
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]


def test_a_plan_needs_no_lock(project: Project) -> None:
    project.write(user("alice"))
    with another_run(project):
        assert len(plan(project).plan.changes) == 1


def test_a_lock_timeout_longer_than_the_database_knows_is_no_error(project: Project) -> None:
    project.write(user("alice"))
    assert apply(project, lock_seconds=60 * 60 * 24 * 365).stage is Stage.APPLIED


def test_a_row_that_the_application_holds_is_waited_for_no_longer_than_asked(
    tmp_path: Path, postgres_url: str
) -> None:
    project = make_project(tmp_path / "project", postgres_url)
    project.write(user("alice"))
    apply(project)
    project.write(user("alice", "email: a@example.com"))
    before = content(project)

    async def held() -> None:
        engine = create_async_engine(postgres_url)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE sys_user SET phone = '1'"))
            with pytest.raises(LockNotObtainedError):
                await asyncio.to_thread(apply, project, lock_seconds=0.3)
            await connection.rollback()
        await engine.dispose()

    asyncio.run(held())
    assert content(project) == before


def test_what_the_application_commits_while_we_wait_for_its_row_is_not_lost(
    tmp_path: Path, postgres_url: str
) -> None:
    project = make_project(tmp_path / "project", postgres_url)
    project.write(user("alice", "email: a@example.com"))
    apply(project)
    project.write(user("alice", "email: b@example.com"))
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    async def race() -> None:
        engine = create_async_engine(postgres_url)
        async with engine.begin() as theirs, engine.connect() as observer:
            await theirs.execute(text("UPDATE sys_user SET email = 'theirs@example.com'"))
            ours = asyncio.create_task(asyncio.to_thread(apply, project))
            for _ in range(200):
                if await observer.scalar(waiting):
                    break
                await asyncio.sleep(0.05)
            await theirs.commit()
            with pytest.raises(StalePlanError):
                await ours
        await engine.dispose()

    asyncio.run(race())
    assert project.sql("SELECT email FROM sys_user") == [("theirs@example.com",)]
