"""Through PgBouncer: in transaction and session mode all works, in statement mode it is said why it cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provision.errors import DatabaseError, LockNotObtainedError, UnreachableError
from provision.report.view import PlanView
from tests.engine.runs import apply, content, plan
from tests.pgbouncer import pgbouncer_to
from tests.project import Project, api_key, make_project, user

KEY = ("deliver_to: [{file: {path: secrets/ci.env, format: env, name: TOKEN}}]", "key: {generate: {prefix: acme}}")
ADVISORY = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
KEPT = (
    "SELECT DISTINCT application_name, current_setting('lock_timeout') FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def direct(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, without anything in between."""
    made = make_project(tmp_path / "project", postgres_url)
    monkeypatch.chdir(made.folder)
    return made


@pytest.fixture(params=["transaction", "session"])
def pooled(direct: Project, request: pytest.FixtureRequest) -> Iterator[Project]:
    """The same through a pool of two connections."""
    with pgbouncer_to(direct.url, request.param, size=2) as url:
        yield replace(direct, url=url)


def test_plan_apply_and_delivery_work(direct: Project, pooled: Project) -> None:
    pooled.write(user("alice") + api_key("alice", "ci", *KEY))
    assert len(plan(pooled).plan.changes) == 2
    apply(pooled)
    assert plan(pooled).plan.is_empty
    assert (pooled.folder / "manifests" / "secrets" / "ci.env").is_file()
    pooled.write(user("alice", "email: a@example.com") + api_key("alice", "ci", *KEY))
    apply(pooled)
    assert direct.sql("SELECT email FROM sys_user") == [("a@example.com",)]
    assert direct.sql("SELECT count(*) FROM provision_run") == [(2,)]


def test_nothing_of_a_run_stays_in_the_connections_of_the_pool(direct: Project, pooled: Project) -> None:
    pooled.write(user("alice"))
    apply(pooled)
    assert direct.sql(ADVISORY) == [(0,)]
    names = {name for name, _ in direct.sql(KEPT)}
    assert not {name for name in names if name.startswith("provision: ")}
    pooled.sql("SELECT 1")
    assert pooled.sql("SHOW lock_timeout") == [("0",)]


def test_two_applies_at_once_are_one_after_the_other(direct: Project, pooled: Project) -> None:
    pooled.write("".join(user(f"u{number:02}") for number in range(30)))
    both_planned = threading.Barrier(2, timeout=30)
    views: list[PlanView] = []

    def approve(_view: PlanView) -> None:
        both_planned.wait()

    def one() -> None:
        views.append(apply(pooled, approve=approve))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(view.plan.changes) for view in views) == [0, 30]
    assert direct.sql("SELECT count(*) FROM provision_run") == [(1,)]
    assert direct.sql(ADVISORY) == [(0,)]


def test_who_holds_the_lock_is_told_through_the_pool(pooled: Project) -> None:
    pooled.write(user("alice"))
    writing, go_on = threading.Event(), threading.Event()

    def progress(label: str, _done: int, _total: int) -> None:
        if label == "writing":
            writing.set()
            go_on.wait(30)

    environ = {"PROVISION_ACTOR": "octocat"}
    first = threading.Thread(target=lambda: apply(pooled, progress=progress, environ=environ))
    first.start()
    try:
        assert writing.wait(30)
        with pytest.raises(LockNotObtainedError, match="holds the lock of this project: octocat on "):
            apply(pooled, lock_seconds=0.3)
    finally:
        go_on.set()
        first.join()


def test_in_statement_mode_it_is_said_why_nothing_can_be_written(direct: Project) -> None:
    direct.write(user("alice"))
    before = content(direct)
    with pgbouncer_to(direct.url, "statement") as url:
        for run in (plan, apply):
            with pytest.raises(DatabaseError) as caught:
                run(replace(direct, url=url))
            assert caught.value.message.startswith("the pooler in between is in statement mode")
            assert caught.value.exit_code == 1
    assert content(direct) == before


def test_a_pool_without_a_free_connection_is_asked_again(direct: Project, caplog: pytest.LogCaptureFixture) -> None:
    direct.write(user("alice"))
    full = "max_client_conn = 0"
    with pgbouncer_to(direct.url, "transaction", more=full) as url, pytest.raises(UnreachableError, match="too many"):
        plan(replace(direct, url=url))
    assert "the server has too many connections; trying again" in caplog.text
