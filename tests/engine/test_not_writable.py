"""What cannot be written to, for whatever reason, is said to be so, and is left as it is."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.engine.logins import failure, limited, project
from tests.engine.runs import apply, content, plan
from tests.postgres_replica import replica_from_wheel
from tests.project import Project, make_project, user

__all__ = ["limited", "project"]  # fixtures


def test_a_login_that_is_read_only_by_default_is_told_which_setting_it_is(
    project: Project, limited: Callable[..., Project]
) -> None:
    login = limited("default_transaction_read_only = on")
    login.write(user("alice"))
    assert len(plan(login).plan.changes) == 1
    before = content(project)
    error = failure(apply, login)
    assert error.message == "the database is read-only for this login"
    assert "default_transaction_read_only" in error.hint
    assert content(project) == before


def test_a_login_that_may_write_some_tables_only_is_told_which_one_it_may_not(
    project: Project, limited: Callable[..., Project]
) -> None:
    project.write(user("first"))
    apply(project)
    login = limited()
    role = make_url(login.url).username
    project.sql(f"REVOKE INSERT ON sys_api_key FROM {role}")
    login.write(user("alice", f"api_keys: [{{name: ci, key: {{hash: {'a' * 64}}}}}]"))
    before = content(project)
    error = failure(apply, login)
    assert error.message == "this login has no permission for that: table sys_api_key"
    assert error.exit_code == 1
    assert content(project) == before


def test_a_replica_is_called_one(tmp_path: Path) -> None:
    with replica_from_wheel() as replica:
        replica.make_primary()
        made = make_project(tmp_path, replica.url("app"))
        replica.make_replica()
        made.write(user("alice"))
        assert len(plan(made).plan.changes) == 1
        error = failure(apply, made)
        assert error.message == "this server is a replica in recovery, nothing can be written to it"
        assert error.hint == "connect to the primary"
        assert error.exit_code == 1


def test_a_full_disk_on_postgresql_is_said_to_be_full(project: Project) -> None:
    """A trigger says what the server says; a disk that is really full would be everybody's."""
    project.sql(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
    )
    project.sql("CREATE TRIGGER full_disk BEFORE INSERT ON sys_user FOR EACH ROW EXECUTE FUNCTION full_disk()")
    project.write(user("alice"))
    before = content(project)
    error = failure(apply, project)
    assert (error.message, error.hint) == ("the disk is full", "make room, then run again")
    assert error.exit_code == 1
    assert content(project) == before


@pytest.fixture
def on_sqlite(tmp_path: Path, sqlite_url: str) -> Project:
    """A project whose database has its ledger already, and something to do."""
    made = make_project(tmp_path / "project", sqlite_url)
    made.write(user("first"))
    assert made.run("apply").code == 0
    made.write("".join(user(f"u{number:04}", f"email: u{number}@example.com") for number in range(600)))
    return made


def run_with(project: Project, prepare: Callable[[], None], before: Sequence[str] = ()) -> tuple[int, str]:
    """How the program ends in a process that was prepared."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "provision", "apply"],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
    )
    return done.returncode, done.stderr


def no_file_grows_beyond(size: int) -> Callable[[], None]:
    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepare


def test_a_file_that_may_not_grow_is_said_so_and_nothing_is_written(on_sqlite: Project) -> None:
    file = Path(str(make_url(on_sqlite.url).database))
    before = content(on_sqlite)
    code, stderr = run_with(on_sqlite, no_file_grows_beyond(file.stat().st_size + 4096))
    assert code == 1
    assert stderr.startswith(("Error: the disk is full.", "Error: the database's file cannot be read or written."))
    assert "Traceback" not in stderr
    assert content(on_sqlite) == before


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_database_that_may_not_be_written_to_is_said_so(
    on_sqlite: Project, powerless: list[str], what: str
) -> None:
    file = Path(str(make_url(on_sqlite.url).database))
    before = content(on_sqlite)
    locked = file if what == "file" else file.parent
    mode = locked.stat().st_mode
    if os.geteuid() == 0:
        os.chown(locked, 1, 1)
    locked.chmod(0o444 if what == "file" else 0o555)
    try:
        code, stderr = run_with(on_sqlite, lambda: None, powerless)
    finally:
        locked.chmod(mode)
    assert code == 1
    assert stderr.startswith("Error: the database's file cannot be written to. Hint: see the permissions of the file")
    assert content(on_sqlite) == before
