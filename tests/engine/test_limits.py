"""The server's own limits are respected, and explained when they strike; nothing is written then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provision.errors import LockNotObtainedError
from tests.engine.logins import failure, limited, project
from tests.engine.runs import apply, content
from tests.mysql import MySQLServer
from tests.postgres import Server
from tests.project import Project, make_project, user

__all__ = ["limited", "project"]  # fixtures


def sleeping(project: Project, seconds: float) -> None:
    """From now on every new user takes so long."""
    project.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$"
    )
    project.sql("CREATE TRIGGER wait BEFORE INSERT ON sys_user FOR EACH ROW EXECUTE FUNCTION wait()")


def test_a_statement_timeout_is_named(project: Project, limited: Callable[..., Project]) -> None:
    sleeping(project, 5)
    login = limited("statement_timeout = '400ms'")
    login.write(user("alice"))
    before = content(project)
    error = failure(apply, login)
    assert "statement_timeout" in error.message
    assert "ALTER ROLE" in error.hint
    assert error.exit_code == 1
    assert content(project) == before


def test_a_transaction_timeout_is_named(
    project: Project, limited: Callable[..., Project], postgres_server: Server
) -> None:
    if int(postgres_server.execute("SHOW server_version_num")[0][0]) < 170000:
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    sleeping(project, 5)
    login = limited("transaction_timeout = '900ms'")
    login.write(user("alice"))
    before = content(project)
    error = failure(apply, login)
    assert "transaction_timeout" in error.message
    assert error.exit_code == 3
    assert content(project) == before


def test_an_idle_timeout_is_hinted_at(project: Project, limited: Callable[..., Project]) -> None:
    def idle(label: str, _done: int, _total: int) -> None:
        if label == "writing":
            time.sleep(1)

    login = limited("idle_in_transaction_session_timeout = '300ms'")
    login.write(user("alice"))
    before = content(project)
    error = failure(apply, login, progress=idle)
    assert "idle_in_transaction_session_timeout" in f"{error.message} {error.hint}"
    assert error.exit_code == 3
    assert content(project) == before


@pytest.mark.parametrize(
    ("own", "patience", "expected"), [("300ms", 30, 0.3), ("20s", 0.3, 0.3)], ids=["theirs is shorter", "ours is"]
)
def test_a_lock_timeout_of_the_login_is_not_exceeded(
    project: Project, limited: Callable[..., Project], own: str, patience: float, expected: float
) -> None:
    login = limited(f"lock_timeout = '{own}'")
    login.write(user("alice"))
    writing, go_on = threading.Event(), threading.Event()

    def progress(label: str, _done: int, _total: int) -> None:
        if label == "writing":
            writing.set()
            go_on.wait(30)

    first = threading.Thread(target=lambda: apply(project, progress=progress))
    first.start()
    try:
        assert writing.wait(30)
        began = time.monotonic()
        error = failure(apply, login, lock_seconds=patience)
        assert expected <= time.monotonic() - began < 10
    finally:
        go_on.set()
        first.join()
    assert isinstance(error, LockNotObtainedError)
    assert ("this login's lock_timeout is 0.3 s" in error.hint) is (own == "300ms")
    # Another login's session shows its name, and nothing else.
    assert "holds the lock of this project" in error.message
    assert "since" not in error.message


def test_the_limit_of_mariadb_is_named(tmp_path: Path, mysql_server: MySQLServer, mysql_database: str) -> None:
    if "MariaDB" not in mysql_server.execute("SELECT version()")[0][0]:
        pytest.skip("MySQL has no such limit for what writes")
    owner = make_project(tmp_path / "project", mysql_server.url(mysql_database))
    owner.write(user("alice"))
    apply(owner)
    login = mysql_server.create_user(password="pass")
    mysql_server.execute(
        f"GRANT ALL ON {mysql_database}.* TO {login}@'%%'",
        f"GRANT USAGE ON *.* TO {login}@'%%' WITH MAX_STATEMENT_TIME 1",
    )
    owner.sql("CREATE TRIGGER wait BEFORE UPDATE ON sys_user FOR EACH ROW SET @x = SLEEP(5)")
    owner.write(user("alice", "email: a@example.com"))
    before = content(owner)
    error = failure(apply, replace(owner, url=mysql_server.url(mysql_database, user=login, password="pass")))
    assert error.message == "the server cancelled a statement: it took longer than max_statement_time"
    assert error.exit_code == 1
    assert content(owner) == before
