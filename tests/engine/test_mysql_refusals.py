"""What a MariaDB or MySQL refuses is said in words that a stranger understands, without its passwords and values."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.dialects.mysql.base import MySQLDialect

from provision.database.dialects import mysql
from provision.database.dialects.mysql import MySQL
from provision.errors import DatabaseError, ExitCode
from tests.engine.runs import apply, content, plan
from tests.engine.test_unreachable import RUNS, failure, project_on
from tests.mysql import MySQLServer
from tests.project import Project, make_project, user


@pytest.fixture
def on_mysql(tmp_path: Path, mysql_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on MySQL alone."""
    made = make_project(tmp_path / "project", mysql_url)
    monkeypatch.chdir(made.folder)
    return made


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_nothing_listens_there(tmp_path: Path, scheme: str, run: object) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    error = failure(project_on(tmp_path, f"{scheme}://me:hunter2@127.0.0.1:{port}/app"), run)
    assert error.exit_code == ExitCode.UNREACHABLE
    assert error.message == "the database cannot be reached"
    assert error.hint == "is it running, and is the URL right?"
    assert "hunter2" not in f"{error!r} {error.message} {error.hint} {error.__cause__!r}"


def test_a_host_that_nobody_knows(tmp_path: Path) -> None:
    error = failure(project_on(tmp_path, "mysql://me:hunter2@no-such-host.invalid/app"), plan)
    assert error.exit_code == ExitCode.UNREACHABLE


@contextmanager
def mute_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql, "CONNECT_TIMEOUT_SECONDS", 0.3)
    with mute_server() as port:
        error = failure(project_on(tmp_path, f"mysql://me:hunter2@127.0.0.1:{port}/app"), plan)
    assert (error.exit_code, error.message) == (
        ExitCode.UNREACHABLE,
        "the database cannot be reached (TimeoutError)",
    )


@contextmanager
def curt_server() -> Iterator[int]:
    """The port of a server that hangs up on everybody."""

    def hang_up() -> None:
        client, _ = listening.accept()
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=hang_up, daemon=True).start()
        yield listening.getsockname()[1]


def test_a_server_that_hangs_up_is_not_reached(tmp_path: Path) -> None:
    with curt_server() as port:
        error = failure(project_on(tmp_path, f"mysql://me:hunter2@127.0.0.1:{port}/app"), plan)
    assert error.exit_code == ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [
        ("10.5.29-MariaDB-1:10.5.29+maria~ubu2004-log", False),
        ("5.5.5-10.5.29-MariaDB", False),
        ("10.6.0-MariaDB", True),
        ("10.11.19-MariaDB-0+deb12u1", True),
        ("11.8.2-MariaDB", True),
        ("5.7.44-log", False),
        ("8.0.3", False),
        ("8.0.4", True),
        ("8.4.6", True),
        ("9.4.0", True),
    ],
)
def test_a_server_that_is_too_old_is_refused(version: str, is_enough: bool) -> None:
    server = MySQLDialect()
    server._parse_server_version(version)
    if is_enough:
        MySQL().require_version(server)
    else:
        with pytest.raises(DatabaseError, match=r"MariaDB 10\.6 or MySQL 8\.0\.4 or newer is needed"):
            MySQL().require_version(server)


@pytest.mark.parametrize("run", RUNS)
def test_a_database_that_the_server_does_not_have(tmp_path: Path, mysql_server: MySQLServer, run: object) -> None:
    error = failure(project_on(tmp_path, mysql_server.url("no_such_database")), run)
    assert (error.exit_code, error.message) == (ExitCode.UNREACHABLE, "there is no database of that name")


@pytest.mark.parametrize("password", ["hunter2", "żółw hunter2", "@hunter2/"])
def test_a_wrong_password(tmp_path: Path, mysql_server: MySQLServer, mysql_database: str, password: str) -> None:
    login = mysql_server.create_user(password="right")
    url = mysql_server.url(mysql_database, user=login, password=password)
    error = failure(project_on(tmp_path, url), plan)
    assert (error.exit_code, error.message) == (ExitCode.UNREACHABLE, "the database refused the login")
    assert "hunter2" not in f"{error!r} {error.message} {error.hint} {error.__cause__!r}"


def test_a_password_may_have_any_characters(tmp_path: Path, mysql_server: MySQLServer, mysql_database: str) -> None:
    owner = make_project(tmp_path, mysql_server.url(mysql_database))
    login = mysql_server.create_user(password="żółw@/🦊")
    mysql_server.execute(f"GRANT SELECT ON {mysql_database}.* TO {login}@'%%'")
    mine = replace(owner, url=mysql_server.url(mysql_database, user=login, password="żółw@/🦊"))
    mine.write(user("alice"))
    assert len(plan(mine).plan.changes) == 1


def test_a_database_that_the_login_may_not_use(
    tmp_path: Path, mysql_server: MySQLServer, mysql_database: str
) -> None:
    login = mysql_server.create_user(password="pass")
    url = mysql_server.url(mysql_database, user=login, password="pass")
    error = failure(project_on(tmp_path, url), plan)
    assert (error.exit_code, error.message) == (ExitCode.UNREACHABLE, "this login may not use that database")


@pytest.mark.parametrize("option", ["nonsense=1", "ssl=yes", "connect_timeout=soon"])
def test_an_option_of_the_url_that_the_driver_does_not_take(on_mysql: Project, option: str) -> None:
    on_mysql.write(user("alice"))
    error = failure(replace(on_mysql, url=f"{on_mysql.url}?{option}"), plan)
    assert (error.exit_code, error.message) == (
        ExitCode.UNREACHABLE,
        "the database URL has an option that the driver does not know",
    )


def test_a_login_that_may_only_read_can_plan_and_not_apply(on_mysql: Project, mysql_server: MySQLServer) -> None:
    name = str(make_url(on_mysql.url).database)
    login = mysql_server.create_user(password="pass")
    mysql_server.execute(f"GRANT SELECT ON {name}.* TO {login}@'%%'")
    reader = replace(on_mysql, url=mysql_server.url(name, user=login, password="pass"))
    reader.write(user("alice"))
    before = content(on_mysql)
    assert len(plan(reader).plan.changes) == 1
    error = failure(reader, apply)
    assert (error.exit_code, error.message) == (
        ExitCode.ERROR,
        "this login has no permission for that: table provision_version",
    )
    assert content(on_mysql) == before
    apply(on_mysql)
    reader.write(user("alice") + user("bob"))
    error = failure(reader, apply)
    assert error.message == "this login has no permission for that: table sys_user"


REFUSALS = {
    "taken": ("", "email: hunter2@example.com", "a value that must be unique is taken by another row: "),
    "too long": (
        "ALTER TABLE sys_user MODIFY nickname varchar(3) NOT NULL",
        "nickname: hunter2 is too long",
        "a text is longer than its column: nickname",
    ),
    "another character set": (
        "ALTER TABLE sys_user MODIFY avatar varchar(512) CHARACTER SET latin1",
        "avatar: https://example.com/hunter2/🦊",
        "a value does not fit its column: ",
    ),
    "a check": (
        "ALTER TABLE sys_user ADD CONSTRAINT no_hunters CHECK (phone <> '+1 555 0000')",
        "phone: '+1 555 0000'",
        "a check of the database refuses a value: no_hunters",
    ),
    "no value": (
        "ALTER TABLE sys_user ADD COLUMN hunter2 integer NOT NULL",
        "phone: '12345'",
        "a column that must not be empty has no value: hunter2",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_value_is_not_quoted(on_mysql: Project, case: str) -> None:
    statement, line, message = REFUSALS[case]
    on_mysql.write(user("one", "email: hunter2@example.com"))
    apply(on_mysql)
    on_mysql.sql("DELETE FROM provision_resource")
    if statement:
        on_mysql.sql(statement)
    manifest = user("alice", line)
    on_mysql.write(manifest.replace("  nickname: Alice\n", "") if line.startswith("nickname") else manifest)
    before = content(on_mysql)
    error = failure(on_mysql, apply)
    assert error.exit_code == ExitCode.ERROR
    assert error.message.startswith(f"User/alice: {message}")
    if case != "no value":
        assert "hunter" not in error.message.replace("no_hunters", "")
    assert content(on_mysql) == before


def test_values_are_kept_whole_where_the_server_would_cut_them(on_mysql: Project, mysql_server: MySQLServer) -> None:
    """A server whose default is not strict cuts a text silently; our sessions are strict."""
    [(mode,)] = mysql_server.execute("SELECT @@GLOBAL.sql_mode")
    on_mysql.sql("ALTER TABLE sys_user MODIFY nickname varchar(3) NOT NULL")
    on_mysql.write(user("alice"))
    url = f"{on_mysql.url}?init_command=SET+sql_mode=''"
    error = failure(replace(on_mysql, url=url), apply)
    assert error.message == "User/alice: a text is longer than its column: nickname"
    assert mysql_server.execute("SELECT @@GLOBAL.sql_mode") == [(mode,)]


def test_what_the_server_warns_of_is_not_printed(on_mysql: Project) -> None:
    on_mysql.write(user("alice"))
    outcome = on_mysql.run("apply")
    assert (outcome.code, outcome.stderr) == (0, "")


def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "asyncmy"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ModuleNotFoundError('asyncmy')\n", encoding="utf-8")
    project = project_on(tmp_path, "mysql://me:hunter2@localhost/app")
    path = f"{missing.parent}:{project.environment()['PYTHONPATH']}"
    outcome = project.run("plan", environ={"PYTHONPATH": path})
    assert outcome.code == 1
    assert outcome.stderr == (
        "Error: MySQL and MariaDB are reached through asyncmy, which is not installed. "
        "Hint: pip install 'provision-db[mysql]'\n"
    )
