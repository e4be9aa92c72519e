"""What the tests stand on: a clean environment, and fresh databases of each kind."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.mysql import MySQLServer, given_mysql, is_given
from tests.postgres import Server, running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Keep a developer's shell out of the tests, and above all the developer's database.

    It happens here and not in a fixture because modules that read the environment are imported before any fixture.
    """
    for name in list(os.environ):
        if name.startswith(("DATABASE_", "PROVISION_", "PG", "MYSQL_")) and not name.startswith("PROVISION_TEST_"):
            del os.environ[name]
    with suppress(ModuleNotFoundError):  # tests_backends/ has none
        from hypothesis import HealthCheck, settings

        # How long an example takes tells of the machine and of what else it does, and not of the program.
        chosen = settings.get_profile(settings.get_current_profile_name())
        settings.register_profile("ours", chosen, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        settings.load_profile("ours")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A real PostgreSQL, started when the first test asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: Server) -> Iterator[str]:
    """The name of a fresh, empty PostgreSQL database."""
    name = postgres_server.create_database()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def postgres_url(postgres_server: Server, postgres_database: str) -> str:
    """The URL of a fresh, empty PostgreSQL database, for its superuser."""
    return postgres_server.url(postgres_database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database whose file is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MySQLServer]:
    """The MariaDB or MySQL that PROVISION_TEST_MYSQL_URL names."""
    if not is_given():
        pytest.skip("PROVISION_TEST_MYSQL_URL names no server")
    with given_mysql() as server:
        yield server


@pytest.fixture
def mysql_database(mysql_server: MySQLServer) -> Iterator[str]:
    """The name of a fresh, empty database on it."""
    name = mysql_server.create_database()
    yield name
    mysql_server.drop_database(name)


@pytest.fixture
def mysql_url(mysql_server: MySQLServer, mysql_database: str) -> str:
    """The URL of a fresh, empty database on it, for its administrator."""
    return mysql_server.url(mysql_database)


@pytest.fixture(params=["sqlite", "postgresql", *(["mysql"] if is_given() else [])])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database: each test that asks for it runs once on each kind of database."""
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "mysql": "mysql_url"}
    url: str = request.getfixturevalue(fixtures[request.param])
    return url


@pytest.fixture
def powerless() -> Iterator[list[str]]:
    """What to start a program with so that folders' modes hold for it, as they do not for root."""
    if os.geteuid():
        yield []
        return
    if subprocess.run(["setpriv", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("root may write anywhere, and setpriv is not installed")
    yield ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
