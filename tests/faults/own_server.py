"""A PostgreSQL that no other test uses, and that may crash."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL

from tests.postgres_wheel import account_of_servers, server_from_wheel


@dataclass(slots=True, kw_only=True)
class OwnServer:
    """Where its programs and its data are."""

    url: URL
    programs: Path
    data: Path

    def crash_and_restart(self) -> None:
        """Stop it without letting anything finish, as `pg_ctl --mode immediate` does, and start it again.

        By a signal, since a program would take longer to begin than a COMMIT takes.
        """
        process = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
        while (self.data / "postmaster.pid").exists():
            time.sleep(0.005)
        log = Path(str(self.url.query["host"])) / "log"
        account_of_servers().run(self.programs / "pg_ctl", "--pgdata", self.data, "--log", log, "--wait", "start")

    def execute(self, statement: str, database: str = "postgres") -> list[asyncpg.Record]:
        """Run one statement as the superuser; in a thread, whose event loop is its own, it may be called anywhere."""
        url = self.url.set(drivername="postgresql", database=database)
        return asyncio.run(_fetch(url.render_as_string(hide_password=False), statement))

    @contextmanager
    def database(self, name: str, template: str = "template0") -> Iterator[str]:
        """The URL of a new database like another one, for as long as the context lasts."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url.set(database=name).render_as_string(hide_password=False)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def database_whose_commits_stay(self, name: str, template: str) -> Iterator[str]:
        """The same; a COMMIT there is recorded, and not answered: it waits for a standby that never comes."""
        with self.database(name, template) as url:
            self.execute(f"ALTER DATABASE {name} SET synchronous_commit = 'on'")
            yield url

    def wait_for(self, event: str) -> None:
        """Return when a COMMIT waits for this event (PostgreSQL's documentation, "Wait Events")."""
        query = f"SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COMMIT%' AND wait_event = '{event}'"
        deadline = time.monotonic() + 60
        while not self.execute(query):
            assert time.monotonic() < deadline, f"no COMMIT waits for {event}"


async def _fetch(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


@contextmanager
def running_own_server() -> Iterator[OwnServer]:
    """A fresh one, whose databases may ask for a standby that never comes."""
    with server_from_wheel() as folder:
        query = {"host": str(folder), "port": "5432"}
        url = URL.create("postgresql+asyncpg", username="postgres", database="postgres", query=query)
        server = OwnServer(url=url, programs=Path(), data=Path())
        ((data,),) = server.execute("SHOW data_directory")
        # The first word of this file is the program that was started.
        program = (Path(data) / "postmaster.opts").read_text().split(' "')[0]
        server.programs, server.data = Path(program).parent, Path(data)
        for name, value in (
            ("wal_level", "replica"),
            ("max_wal_senders", "1"),
            ("synchronous_standby_names", "nobody"),
            ("synchronous_commit", "local"),
        ):
            server.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        server.crash_and_restart()
        yield server
