"""A database that cannot be used is said to be so in words that a stranger understands, without its password."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text

from provision.database.connect import reading
from provision.errors import DatabaseError, ExitCode, ProvisionError
from provision.reconcile.job import open_site
from tests.engine.runs import apply, content, plan, request
from tests.project import Project, make_project, settings_text, user

if TYPE_CHECKING:
    from tests.postgres import Server

RUNS = [plan, apply]


def project_on(folder: Path, url: str) -> Project:
    """A project whose database is not prepared."""
    (folder / "provision.toml").write_text(settings_text(), encoding="utf-8")
    project = Project(folder=folder, url=url)
    project.write(user("alice"))
    return project


def failure(project: Project, run: object) -> ProvisionError:
    with pytest.raises(ProvisionError) as caught:
        run(project)  # type: ignore[operator]  # plan or apply
    return caught.value


@pytest.mark.parametrize("run", RUNS)
def test_nothing_listens_there(tmp_path: Path, run: object) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    error = failure(project_on(tmp_path, f"postgresql://me:hunter2@127.0.0.1:{port}/app"), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message.startswith("the database cannot be reached")
    assert error.hint == "is it running, and is the URL right?"
    assert "hunter2" not in f"{error!r} {error.message} {error.hint} {error.__cause__!r}"


@pytest.mark.parametrize("run", RUNS)
def test_a_host_that_nobody_knows(tmp_path: Path, run: object) -> None:
    error = failure(project_on(tmp_path, "postgresql://me:hunter2@no-such-host.invalid/app"), run)
    assert error.exit_code == ExitCode.UNREACHABLE


@pytest.mark.parametrize("run", RUNS)
def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, run: object) -> None:
    file = tmp_path / "missing.db"
    error = failure(project_on(tmp_path, f"sqlite:///{file}"), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message == f"there is no database file {file}"
    assert not file.exists()


@pytest.mark.parametrize("run", RUNS)
def test_a_file_that_is_no_database(tmp_path: Path, run: object) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, " * 100)
    error = failure(project_on(tmp_path, f"sqlite:///{file}"), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message == "the file is not an SQLite database"
    assert file.read_text() == "not a database, " * 100


@pytest.mark.parametrize("run", RUNS)
def test_a_database_that_the_server_does_not_have(tmp_path: Path, postgres_server: Server, run: object) -> None:
    error = failure(project_on(tmp_path, postgres_server.url("no_such_database")), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message == "there is no database of that name"


@pytest.mark.parametrize("run", RUNS)
def test_a_wrong_password(tmp_path: Path, postgres_server: Server, postgres_database: str, run: object) -> None:
    if not postgres_server.checks_passwords:
        pytest.skip("this server lets everybody in")
    role = postgres_server.create_role("locked", password="right")
    url = postgres_server.url(postgres_database, user=role, password="hunter2")
    error = failure(project_on(tmp_path, url), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message == "the database refused the login"
    assert "hunter2" not in f"{error!r} {error.message} {error.hint} {error.__cause__!r}"


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("table", ["sys_user", "sys_api_key"])
def test_missing_tables_are_named_with_the_command_that_makes_them(project: Project, run: object, table: str) -> None:
    project.sql("DROP TABLE sys_api_key")
    if table == "sys_user":
        project.sql("DROP TABLE sys_user_role")
        project.sql("DROP TABLE sys_user")
    project.write(user("alice", f"api_keys: [{{name: ci, key: {{hash: {'a' * 64}}}}}]"))
    error = failure(project, run)
    assert isinstance(error, DatabaseError)
    assert error.exit_code == ExitCode.ERROR
    assert error.message == f"a table is missing: {table if table == 'sys_api_key' else error.message.split()[-1]}"
    assert error.hint == "create the application's tables first, for example: alembic upgrade head"
    assert not any(name.startswith("provision_") for name in content(project))


@pytest.mark.parametrize("run", RUNS)
def test_a_missing_column_is_named(project: Project, run: object) -> None:
    project.sql("ALTER TABLE sys_user DROP COLUMN phone")
    project.write(user("alice", "phone: '12345'"))
    error = failure(project, run)
    assert error.message == "a column is missing: sys_user.phone"
    assert error.hint == "migrate the application's tables to its models"
    assert error.exit_code == ExitCode.ERROR


def test_a_text_too_long_for_its_column_is_refused_by_the_database(tmp_path: Path, postgres_url: str) -> None:
    project = make_project(tmp_path / "project", postgres_url)
    project.sql("ALTER TABLE sys_user ALTER COLUMN nickname TYPE varchar(3)")
    project.write(user("alice"))
    error = failure(project, apply)
    assert (error.message, error.exit_code) == ("User/alice: a text is longer than its column", ExitCode.ERROR)


@pytest.fixture
def reader(tmp_path: Path, postgres_server: Server, postgres_database: str) -> Project:
    """A project on PostgreSQL whose login may only read; its tables belong to somebody else."""
    owner = make_project(tmp_path / "project", postgres_server.url(postgres_database))
    role = postgres_server.create_role("locked", password="pass")
    owner.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    owner.sql(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}")
    return replace(owner, url=postgres_server.url(postgres_database, user=role, password="pass"))


def owned(reader: Project, postgres_server: Server) -> Project:
    """The same project for the database's owner."""
    return replace(reader, url=postgres_server.url(str(make_url(reader.url).database)))


def test_a_login_that_may_only_read_can_plan(reader: Project, postgres_server: Server) -> None:
    owner = owned(reader, postgres_server)
    reader.write(user("alice"))
    tables = content(owner)
    assert len(plan(reader).plan.changes) == 1
    assert content(owner) == tables
    apply(owner)
    assert plan(reader).plan.is_empty
    reader.write(user("bob"))
    assert len(plan(reader, prune=True).plan.changes) == 2


@pytest.mark.parametrize("ledger", [False, True], ids=["without a ledger", "with a ledger"])
def test_a_login_that_may_only_read_cannot_apply(reader: Project, postgres_server: Server, ledger: bool) -> None:
    owner = owned(reader, postgres_server)
    reader.write(user("alice"))
    if ledger:
        apply(owner)
        reader.write(user("alice", "email: a@example.com"))
    before = content(owner)
    error = failure(reader, apply)
    assert error.exit_code == ExitCode.ERROR
    if ledger:
        assert error.message == "this login has no permission for that: table sys_user"
        assert error.hint == "grant it, or use another role"
    else:
        made = "the ledger's tables can be neither made nor upgraded"
        assert error.message == f"{made}: this login has no permission for that: schema public"
        assert error.hint == "let the owner of the tables run provision migrate once"
    assert content(owner) == before


def test_a_login_without_any_rights_cannot_even_plan(
    tmp_path: Path, postgres_server: Server, postgres_database: str
) -> None:
    owner = make_project(tmp_path / "project", postgres_server.url(postgres_database))
    role = postgres_server.create_role("locked", password="pass")
    stranger = replace(owner, url=postgres_server.url(postgres_database, user=role, password="pass"))
    stranger.write(user("alice"))
    assert failure(stranger, plan).message == "this login has no permission for that: table sys_user"


def test_a_plan_does_not_even_make_the_ledgers_tables(project: Project) -> None:
    project.write(user("alice"))
    before = content(project)
    plan(project)
    assert content(project) == before
    assert {"sys_user", "sys_api_key"} <= set(before)
    assert not any(name.startswith("provision_") for name in before)


@pytest.mark.parametrize("statement", ["DELETE FROM sys_user", "CREATE TABLE mine (id integer)"])
def test_the_database_itself_refuses_a_write_while_planning(project: Project, statement: str) -> None:
    target = asyncio.run(open_site(request(project))).target

    async def write() -> None:
        async with reading(target) as session:
            await session.execute(text(statement))

    with pytest.raises(DatabaseError, match=r"is read-only for this login|file cannot be written to"):
        asyncio.run(write())
    assert "mine" not in content(project)
