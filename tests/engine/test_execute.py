"""`plan --execute` runs the statements and rolls them back: it tells what the database says, and leaves nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from provision.database.writing import record
from provision.errors import DatabaseError, ExitCode, LockNotObtainedError, UnreachableError
from provision.reconcile import carry_out
from provision.report.view import PlanView, Stage
from tests.engine.refusing import refusal
from tests.engine.runs import apply, content, execute, plan, shown
from tests.engine.tables import database_of, manifest, table_project
from tests.mysql import MySQLServer
from tests.postgres import Server
from tests.project import Project, api_key, make_project, settings_text, user

DONE = "Executed and rolled back: every statement succeeded."
DELETE = ["lifecycle: {on_remove: delete}"]
KEY = ("key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../secrets/ci.env, format: env, name: TOKEN}}]")


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*")}


@pytest.fixture
def settled(project: Project) -> Project:
    """A project with rows and a ledger, whose manifests ask for every kind of change now."""
    project.write(user("alice") + user("bob", "email: b@example.com") + user("old", metadata=DELETE) + user("former"))
    apply(project)
    project.write(
        user("alice", "email: a@example.com", "password: {generate: {}, deliver_to: [{file: {path: ../secrets/a}}]}")
        + user("bob", "email: null")
        + user("carol", "email: b@example.com")
        + user("latter", metadata=["previously: [former]"])
        + api_key("alice", "ci", *KEY)
    )
    return project


def test_a_trial_leaves_no_row_and_no_file_behind(settled: Project) -> None:
    (settled.folder / "secrets").mkdir(mode=0o700)
    rows, before = content(settled), files(settled.folder)
    view = execute(settled, prune=True)
    assert view.stage is Stage.EXECUTED
    said = shown(view).splitlines()
    assert said[-3:] == ["Plan: 2 to add, 3 to change, 1 to remove.", f"Fingerprint: {view.fingerprint}", DONE]
    assert content(settled) == rows
    assert files(settled.folder) == before
    assert plan(settled, prune=True).plan.fingerprint() == view.plan.fingerprint()


def test_what_was_tried_is_what_apply_writes(settled: Project) -> None:
    (settled.folder / "secrets").mkdir(mode=0o700)
    tried = execute(settled, prune=True)
    assert apply(settled, prune=True).plan.fingerprint() == tried.plan.fingerprint()
    after = content(settled)
    unchanged = execute(settled, prune=True)
    assert (unchanged.stage, unchanged.plan.is_empty) == (Stage.PLANNED, True)
    assert content(settled) == after


def test_the_statements_are_really_sent(settled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would prove nothing: the ledger is written last, and sees every row."""
    seen: list[set[str]] = []
    write = record.write_ledger

    async def spied(session: Any, *arguments: Any) -> Any:
        written = await write(session, *arguments)
        connection = await session.connection()
        names = await connection.exec_driver_sql("SELECT username FROM sys_user")
        seen.append({name for (name,) in names})
        return written

    monkeypatch.setattr(carry_out, "write_ledger", spied)
    execute(settled, prune=True)
    assert seen == [{"alice", "bob", "carol", "latter"}]


def test_the_ledger_is_not_made_either(project: Project, database_url: str) -> None:
    project.write(user("alice"))
    before = content(project)
    if database_of(database_url) == "mysql":
        with pytest.raises(DatabaseError, match="cannot take back a CREATE TABLE") as caught:
            execute(project)
        assert (caught.value.exit_code, caught.value.hint) == (ExitCode.ERROR, "run provision migrate first")
    else:
        assert execute(project).stage is Stage.EXECUTED
    assert content(project) == before
    assert content(project).keys().isdisjoint({"provision_run", "provision_version"})


def test_the_embedded_database_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "provision.toml").write_text(settings_text(), encoding="utf-8")
    project = Project(folder=tmp_path, url="")
    project.write(user("alice"))
    before = files(tmp_path)
    done = project.run("plan", "--execute")
    assert (done.code, done.stderr) == (0, "")
    assert DONE in done.stdout
    assert files(tmp_path) == before
    assert project.run("apply").code == 0
    content_before = (tmp_path / "provision.db").read_bytes()
    project.write(user("alice") + user("bob"))
    assert DONE in project.run("plan", "--execute").stdout
    assert (tmp_path / "provision.db").read_bytes() == content_before
    assert files(tmp_path) == before | {"provision.db"}


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "missing.db"
    (tmp_path / "provision.toml").write_text(settings_text(), encoding="utf-8")
    project = Project(folder=tmp_path, url=f"sqlite:///{file}")
    project.write(user("alice"))
    with pytest.raises(UnreachableError, match="there is no database file"):
        execute(project)
    assert not file.exists()


def test_the_options_and_the_formats(settled: Project) -> None:
    settled.write(user("alice", "email: a@example.com"))
    done = settled.run("plan", "--execute", "--detailed-exitcode", "--format", "json")
    assert done.code == ExitCode.CHANGES_PENDING
    assert '"executed": true' in done.stdout
    assert '"applied": false' in done.stdout
    assert '"executed": false' in settled.run("plan", "--format", "json").stdout
    assert DONE in settled.run("diff", "--execute", "--format", "markdown").stdout
    assert DONE not in settled.run("plan").stdout


def test_what_a_guard_would_refuse_is_tried_all_the_same(project: Project) -> None:
    project.write(user("root", "is_superuser: true"))
    apply(project)
    project.write(user("root", "is_superuser: false"))
    view = execute(project)
    assert view.stage is Stage.EXECUTED
    assert "Apply would be refused" in shown(view)


def test_it_waits_for_the_lock_of_another_run(settled: Project, sqlite_url: str) -> None:
    if database_of(settled.url) != "sqlite":
        pytest.skip("the other databases' locks are the same function's")
    with sqlite3.connect(str(make_url(sqlite_url).database), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockNotObtainedError):
            execute(settled, lock_seconds=0.2)
    other.close()


def test_a_login_that_may_only_read_is_told_so(
    settled: Project, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = database_of(settled.url)
    if database == "sqlite":
        pytest.skip("root may write any file")
    name = str(make_url(settled.url).database)
    if database == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        login = server.create_role("reader", password="pass")
        server.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}", database=name)
        url = server.url(name, user=login, password="pass")
    else:
        mysql: MySQLServer = request.getfixturevalue("mysql_server")
        login = mysql.create_user(password="pass")
        mysql.execute(f"GRANT SELECT ON {name}.* TO {login}@'%%'")
        url = mysql.url(name, user=login, password="pass")
    with pytest.raises(DatabaseError) as caught:
        execute(replace(settled, url=url), prune=True)
    assert caught.value.message.startswith("this login has no permission for that")


def test_tables_that_know_no_transactions_are_refused(tmp_path: Path, mysql_url: str) -> None:
    project = make_project(tmp_path / "project", mysql_url)
    project.write(user("alice"))
    assert project.run("migrate").code == 0
    project.sql(
        "CREATE TABLE forever (id integer PRIMARY KEY AUTO_INCREMENT, name varchar(50) UNIQUE) ENGINE = MyISAM"
    )
    settings = project.folder / "provision.toml"
    settings.write_text(
        settings.read_text() + '\n[kinds.Thing]\ntable = "forever"\nkey = ["name"]\non_remove.default = "delete"\n'
    )
    before = content(project)
    with pytest.raises(DatabaseError, match="no transaction takes back what is written to forever"):
        execute(project)
    assert content(project) == before


COUNTRY = "CREATE TABLE country (id integer PRIMARY KEY, code varchar(80) NOT NULL UNIQUE);"
PERSON = "CREATE TABLE person (id integer PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, country integer, "
KNOWN = "CONSTRAINT fk_country FOREIGN KEY (country) REFERENCES country (id), "
LATE = " DEFERRABLE INITIALLY DEFERRED)"
MARKET = "CREATE TABLE market (id integer PRIMARY KEY);"
DEFERRED = {
    "reference": (
        f"{COUNTRY}{MARKET}{PERSON}{KNOWN}CONSTRAINT fk_market FOREIGN KEY (country) REFERENCES market (id){LATE}",
        "other rows refer to a row that would be deleted, or a reference leads nowhere",
    ),
    "unique": (
        f"{COUNTRY}{MARKET}{PERSON}{KNOWN}CONSTRAINT uq_country UNIQUE (country){LATE}",
        "a value that must be unique is taken by another row",
    ),
}
KINDS = """\
[kinds.Person]
table = "person"
key = ["name"]
on_remove.default = "delete"
references.country = { kind = "Country", column = "country" }
[kinds.Country]
table = "country"
key = ["code"]
lookup = true
"""


@pytest.mark.parametrize("run", [apply, execute])
@pytest.mark.parametrize("case", DEFERRED)
def test_a_deferred_constraint_is_told_with_its_document(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, case: str, run: Callable[..., PlanView]
) -> None:
    database = database_of(database_url)
    if database == "mysql" or (database == "sqlite" and case == "unique"):
        pytest.skip("it defers no such constraint")
    tables, message = DEFERRED[case]
    project = table_project(tmp_path / "project", database_url, tables, KINDS)
    monkeypatch.chdir(project.folder)
    project.sql("INSERT INTO country (code) VALUES ('a'), ('b')")
    if case == "unique":
        project.sql("INSERT INTO person (name, country) VALUES ('stranger', 2)")
    else:
        project.sql("INSERT INTO market DEFAULT VALUES")
    project.write(
        "".join(manifest("Person", name, f"{{country: {code}}}") for name, code in {"p1": "a", "p2": "b"}.items())
    )
    before = content(project)
    [problem] = refusal(run, project).problems
    assert problem.message.startswith(f"Person/p2: {message}")
    assert problem.path == "spec.country"
    assert content(project) == before
