"""The script as its users start it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy import make_url, text

from backend.core.database_url import parse_url
from backend.database.db import create_tables, make_engine

if TYPE_CHECKING:
    from tests.backend.project import Project

SCRIPT = ("python", "-W", "error", "backend/tests/create_test_user.py")
ALICE = ("--username", "alice", "--password", "open sesame")
UPGRADE = ("alembic", "-c", "backend/alembic.ini", "upgrade", "head")


def row(project: Project, username: str) -> dict[str, object]:
    """The stored user, read past all code of ours."""
    with closing(sqlite3.connect(project.folder / "provision.db")) as connection:
        connection.row_factory = sqlite3.Row
        return dict(connection.execute("SELECT * FROM sys_user WHERE username = ?", [username]).fetchone())


@pytest.mark.parametrize("script", [SCRIPT, ("python", "-m", "backend.tests.create_test_user")])
def test_a_user_is_created_on_the_embedded_default(project: Project, script: tuple[str, ...]) -> None:
    result = project.run(*script, *ALICE, "--email", "alice@example.com", "--nickname", "Alice")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Created user 'alice' with id 1.\n"
    user = row(project, "alice")
    assert (user["email"], user["nickname"], user["salt"], user["status"]) == ("alice@example.com", "Alice", None, 1)
    assert (user["is_superuser"], user["is_staff"]) == (1, 1)
    assert PasswordHash((BcryptHasher(),)).verify("open sesame", str(user["password"]))


def test_the_script_finds_its_modules_from_any_folder(project: Project) -> None:
    elsewhere = project.folder / "elsewhere"
    elsewhere.mkdir()
    script = str(project.folder / SCRIPT[-1])
    alone = 'cd elsewhere && unset PYTHONPATH && exec "$@"'
    result = project.run("sh", "-c", alone, "sh", "python", script, *ALICE)
    assert result.returncode == 0, result.stderr
    assert row(project, "alice")["nickname"] == "alice"


def test_privileges_can_be_left_out(project: Project) -> None:
    assert project.run(*SCRIPT, *ALICE, "--no-superuser", "--no-staff").returncode == 0
    user = row(project, "alice")
    assert (user["is_superuser"], user["is_staff"], user["email"]) == (0, 0, None)


def test_the_password_may_come_from_the_environment(project: Project) -> None:
    result = project.run(*SCRIPT, "--username", "alice", TEST_USER_PASSWORD="from outside")
    assert result.returncode == 0, result.stderr
    assert PasswordHash((BcryptHasher(),)).verify("from outside", str(row(project, "alice")["password"]))


def test_a_taken_username_or_address_is_refused(project: Project) -> None:
    first = project.run(*SCRIPT, *ALICE, "--email", "alice@example.com")
    assert first.returncode == 0, first.stderr
    before = row(project, "alice")
    again = project.run(*SCRIPT, *ALICE)
    assert (again.returncode, again.stderr) == (1, "error: the username 'alice' is taken\n")
    other = project.run(*SCRIPT, "--username", "bob", "--password", "x", "--email", "alice@example.com")
    assert (other.returncode, other.stderr) == (1, "error: the e-mail address 'alice@example.com' is taken\n")
    assert row(project, "alice") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--username", "alice", "--password", ""), "the password is blank"),
        (("--username", "alice", "--password", "é" * 37), "the password has 74 bytes; bcrypt takes 72 at the most"),
        (("--username", " ", "--password", "x"), "the username is blank"),
        (("--username", "a" * 65, "--password", "x"), "the username has 65 characters; 64 is the most"),
        (("--username", "\udcff", "--password", "x"), "the username holds a character that cannot be stored"),
        (("--username", "alice", "--password", "\udcff"), "the password holds a character that cannot be stored"),
        ((*ALICE, "--email", "a" * 257), "the email has 257 characters; 256 is the most"),
        ((*ALICE, "--nickname", ""), "the nickname is blank"),
    ],
)
def test_what_cannot_be_stored_is_refused_before_the_database_is_touched(
    project: Project, arguments: tuple[str, ...], message: str
) -> None:
    result = project.run(*SCRIPT, *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"error: {message}\n")
    assert not (project.folder / "provision.db").exists()


@pytest.mark.parametrize("arguments", [(), ("--username", "alice"), (*ALICE, "--superuser")])
def test_wrong_usage_ends_with_two(project: Project, arguments: tuple[str, ...]) -> None:
    result = project.run(*SCRIPT, *arguments)
    assert result.returncode == 2
    assert "usage: create_test_user.py" in result.stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://u:canary@localhost:1/app", "cannot reach the postgresql database app at localhost:1: "),
        ("sqlite:////nowhere/app.db", "SQLite file /nowhere/app.db: unable to open database file"),
        ("app", "DATABASE_URL has no scheme"),
    ],
)
def test_an_unusable_database_is_one_line_and_no_traceback(project: Project, url: str, message: str) -> None:
    result = project.run(*SCRIPT, *ALICE, DATABASE_URL=url)
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1
    assert "canary" not in result.stderr


def test_missing_tables_name_the_command_that_makes_them(project: Project, database_url: str) -> None:
    result = project.run(*SCRIPT, *ALICE, DATABASE_URL=database_url)
    assert result.returncode == 1
    assert result.stderr.endswith("run: alembic -c backend/alembic.ini upgrade head\n")
    assert result.stderr.count("\n") == 1


def test_the_named_command_makes_the_script_work(project: Project, database_url: str) -> None:
    assert project.run(*UPGRADE, DATABASE_URL=database_url).returncode == 0
    assert project.run(*SCRIPT, *ALICE, DATABASE_URL=database_url).returncode == 0
    again = project.run(*SCRIPT, *ALICE, DATABASE_URL=database_url)
    assert again.stderr == "error: the username 'alice' is taken\n"


def test_a_database_that_is_not_there_is_said_in_one_line(project: Project, postgres_url: str) -> None:
    gone = make_url(postgres_url).set(database="no_such").render_as_string(hide_password=False)
    result = project.run(*SCRIPT, *ALICE, DATABASE_URL=gone)
    assert result.returncode == 1
    assert "does not exist" in result.stderr
    assert result.stderr.count("\n") == 1


async def test_losing_the_race_for_a_username_is_one_line_and_no_traceback(
    project: Project, postgres_url: str
) -> None:
    engine = make_engine(parse_url(postgres_url))
    await create_tables(engine)
    async with engine.connect() as first, engine.connect() as watcher:
        await first.execute(
            text(
                "INSERT INTO sys_user (uuid, username, nickname, status, is_superuser, is_staff, is_multi_login, "
                "join_time, created_time) VALUES ('1', 'alice', 'a', 1, false, false, false, now(), now())"
            )
        )
        second = asyncio.create_task(asyncio.to_thread(project.run, *SCRIPT, *ALICE, DATABASE_URL=postgres_url))
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        async with asyncio.timeout(30):
            while not await watcher.scalar(waiting):
                await asyncio.sleep(0.05)
        await first.commit()
        result = await second
    await engine.dispose()
    assert result.returncode == 1
    assert result.stderr == "error: somebody created the same user at this very moment\n"
