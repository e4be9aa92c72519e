"""A real PostgreSQL for the tests: the server that PROVISION_TEST_POSTGRES_URL names, or else one of our own."""

from __future__ import annotations

import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tests.postgres_wheel import PostgresNotStartedError, server_from_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN_SERVER = "PROVISION_TEST_POSTGRES_URL"
UNUSABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running PostgreSQL, and the mark that all names made by this run carry, so that two runs can share it.

    `admin_url` may create databases and roles; `checks_passwords` says whether a wrong password is refused, for
    the roles made with `create_role("locked")` at least; `strategy` is how CREATE DATABASE copies its template.
    """

    admin_url: URL
    checks_passwords: bool
    mark: str
    strategy: str = ""

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Return the asyncpg URL of a database, for the superuser or for another `user` with a `password`."""
        url = self.admin_url.set(database=database)
        if user is not None:
            # `set(password=None)` means "leave it", so the superuser's would go along.
            url = url._replace(username=user, password=password)
        return url.render_as_string(hide_password=False)

    def execute(self, *statements: str, database: str | None = None) -> list[asyncpg.Record]:
        """Run each statement by itself, as the superuser, and return the rows of the last one.

        It runs in a thread with a loop of its own, so that it may be called where a loop is running.
        """
        url = self.admin_url.set(drivername="postgresql", database=database or self.admin_url.database)
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, _execute(url, statements)).result()

    def create_database(self) -> str:
        """Create an empty database (UTF-8, C locale) with a name of its own, and return the name."""
        name = f"{self.mark}_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' {self.strategy}")
        return name

    def copy_database(self, original: str, name: str) -> None:
        """Make a database like another, rows included."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {original} {self.strategy}")

    def wait_until_left(self, name: str) -> None:
        """Nothing: what a killed client leaves undone, nobody sees."""

    def drop_database(self, name: str) -> None:
        """Drop a database, and cut the connections to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def create_role(self, purpose: str, *, password: str | None = None) -> str:
        """Create a role that may log in and nothing else, and return its name, `<purpose>_<mark>_…`.

        It goes when the server is left: by then no database of ours is there in which it could have rights.
        """
        name = f"{purpose}_{self.mark}_{secrets.token_hex(4)}"
        secret = "" if password is None else " PASSWORD '" + password.replace("'", "''") + "'"
        self.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE{secret}")
        return name


@contextmanager
def running_postgres() -> Iterator[Server]:
    """Yield the server for this run of the tests; what the run made on it is gone afterwards.

    Raises PostgresNotStartedError with the server's own words when there is none to be had.
    """
    mark = f"provision_test_{secrets.token_hex(4)}"
    if given := os.environ.get(GIVEN_SERVER):
        server = _given_server(given, mark)
        try:
            yield server
        finally:
            _remove_marked(server)
    else:
        with server_from_wheel() as folder:
            # The port is said, so that a PGPORT in the environment has no say.
            query = {"host": str(folder), "port": "5432"}
            url = URL.create("postgresql+asyncpg", username="postgres", database="postgres", query=query)
            # Copying files is the faster way where nothing waits for a disk: 15 ms instead of 40.
            yield Server(admin_url=url, checks_passwords=True, mark=mark, strategy="STRATEGY file_copy")


def _given_server(given: str, mark: str) -> Server:
    try:
        url = make_url(given)
    except ArgumentError:
        raise PostgresNotStartedError(f"{GIVEN_SERVER} is not a URL") from None
    if url.get_backend_name() != "postgresql":
        raise PostgresNotStartedError(f"{GIVEN_SERVER} must be a postgresql:// URL")
    url = url.set(drivername="postgresql+asyncpg", database=url.database or "postgres")
    server = Server(admin_url=url, checks_passwords=False, mark=mark)
    try:
        server.execute("SELECT 1")
    except UNUSABLE as error:
        where = url.render_as_string(hide_password=True)
        raise PostgresNotStartedError(f"{GIVEN_SERVER} ({where}) cannot be used: {error}") from error
    return replace(server, checks_passwords=_refuses_wrong_password(server))


def _refuses_wrong_password(server: Server) -> bool:
    wrong = server.admin_url.set(password=secrets.token_hex(16))
    try:
        replace(server, admin_url=wrong).execute("SELECT 1")
    except UNUSABLE:
        return True
    return False


def _remove_marked(server: Server) -> None:
    """Drop the databases and roles of this run, also those that an interrupted test left behind."""
    for (name,) in server.execute(f"SELECT datname FROM pg_database WHERE datname LIKE '{server.mark}%'"):
        server.drop_database(name)
    for (name,) in server.execute(f"SELECT rolname FROM pg_roles WHERE rolname LIKE '%{server.mark}%'"):
        server.execute(f"DROP ROLE {name}")


async def _execute(url: URL, statements: tuple[str, ...]) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url.render_as_string(hide_password=False), timeout=10)
    try:
        rows: list[asyncpg.Record] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()
