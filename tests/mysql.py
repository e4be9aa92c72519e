"""A real MariaDB or MySQL for the tests: the server that PROVISION_TEST_MYSQL_URL names; none is started."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

GIVEN_SERVER = "PROVISION_TEST_MYSQL_URL"


class MySQLNotUsableError(Exception):
    """The server that was named cannot be used for the tests."""


def is_given() -> bool:
    """Whether there is a server to run the tests on as well."""
    return bool(os.environ.get(GIVEN_SERVER))


@dataclass(frozen=True, slots=True, kw_only=True)
class MySQLServer:
    """A running server, and the mark of all names made by this run; `admin_url` may create databases and logins."""

    admin_url: URL
    mark: str

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """The asyncmy URL of a database, for the administrator or for another `user` with a `password`."""
        url = self.admin_url.set(database=database)
        if user is not None:
            url = url._replace(username=user, password=password)
        return url.render_as_string(hide_password=False)

    def execute(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements one after the other, and return the rows of the last; also where a loop is running."""
        url = self.admin_url.set(database=database) if database else self.admin_url._replace(database=None)
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, _execute(url, statements)).result()

    def create_database(self) -> str:
        """Create an empty database with a name of its own, and return the name."""
        name = f"{self.mark}_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return name

    def copy_database(self, original: str, name: str) -> None:
        """Make a database like another, rows included."""
        tables = [row[0] for row in self.execute("SHOW TABLES", database=original)]
        made = [self.execute(f"SHOW CREATE TABLE {table}", database=original)[0][1] for table in tables]
        filled = [f"INSERT INTO {table} SELECT * FROM {original}.{table}" for table in tables]
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.execute(
            "SET SESSION foreign_key_checks = 0", *(f"{it}".replace("%", "%%") for it in made), *filled, database=name
        )

    def wait_until_left(self, name: str) -> None:
        """Return when nobody is connected to a database any more: what a killed client left undone is rolled back."""
        query = f"SELECT count(*) FROM information_schema.processlist WHERE db = '{name}'"
        for _ in range(200):
            if self.execute(query) == [(0,)]:
                return
            time.sleep(0.05)
        raise MySQLNotUsableError(f"somebody stays connected to {name}")

    def drop_database(self, name: str) -> None:
        """End what still works in a database, and drop it."""
        for (number,) in self.execute(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"):
            self._end(number)
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def create_user(self, *, password: str) -> str:
        """Create a login without any rights, and return its name; it goes when the server is left."""
        name = f"p_{self.mark[-8:]}_{secrets.token_hex(4)}"
        self.execute(f"CREATE USER {name}@'%%' IDENTIFIED BY '{password}'")
        return name

    def remove_all(self) -> None:
        """Drop the databases and logins of this run, also those that an interrupted test left behind."""
        names = "SELECT schema_name FROM information_schema.schemata"
        for (name,) in self.execute(f"{names} WHERE schema_name LIKE '{self.mark}%%'"):
            self.drop_database(name)
        for (name,) in self.execute(f"SELECT user FROM mysql.user WHERE user LIKE 'p_{self.mark[-8:]}_%%'"):
            self.execute(f"DROP USER {name}@'%%'")

    def _end(self, number: int) -> None:
        try:
            self.execute(f"KILL {number}")
        except DBAPIError as error:
            if error.orig is None or error.orig.args[0] != 1094:  # it has ended by itself
                raise


def speak_standard_sql(engine: AsyncEngine) -> AsyncEngine:
    """Let MySQL read `||` and "names" as the other databases do, in what the tests themselves say."""
    if engine.dialect.name in ("mysql", "mariadb"):

        @event.listens_for(engine.sync_engine, "connect")
        def _connected(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES,PIPES_AS_CONCAT')")
            cursor.close()

    return engine


@contextmanager
def given_mysql() -> Iterator[MySQLServer]:
    """Yield the server for this run of the tests; what the run made on it is gone afterwards."""
    given = make_url(os.environ[GIVEN_SERVER])
    if given.get_backend_name() not in ("mysql", "mariadb"):
        raise MySQLNotUsableError(f"{GIVEN_SERVER} must be a mysql:// or mariadb:// URL")
    url = given.set(drivername=f"{given.get_backend_name()}+asyncmy")
    server = MySQLServer(admin_url=url, mark=f"provision_test_{secrets.token_hex(4)}")
    try:
        yield server
    finally:
        server.remove_all()


async def _execute(url: URL, statements: tuple[str, ...]) -> list[tuple[Any, ...]]:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                result = await connection.exec_driver_sql(statement)
                rows = [tuple(row) for row in result] if result.returns_rows else []
            return rows
    finally:
        await engine.dispose()
