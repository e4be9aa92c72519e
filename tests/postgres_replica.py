"""A PostgreSQL of its own that can be made a replica: one in recovery, whose primary is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres_wheel import Account, initialised_server

# A replica reads only what was written with at least this.
SETTINGS = "wal_level = replica\nhot_standby = on\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A stopped or running server; its data folder, its socket's folder, its programs, and whom it runs as."""

    data: Path
    folder: Path
    programs: Path
    account: Account

    def url(self, database: str) -> str:
        """The URL of a database, for the superuser."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.folder}&port=5432"

    def make_primary(self) -> None:
        """Start, with an empty database `app`."""
        self._control("start")
        self.account.run(self.programs / "createdb", "-h", self.folder, "-U", "postgres", "app")

    def make_replica(self) -> None:
        """Start anew, in recovery."""
        self._control("stop")
        (self.data / "standby.signal").touch()
        self._control("start")

    def _control(self, what: str) -> None:
        log = self.folder / "log"
        self.account.run(
            self.programs / "pg_ctl", "--pgdata", self.data, "--log", log, "--mode", "fast", "--wait", what, log=log
        )


@contextmanager
def replica_from_wheel() -> Iterator[Replica]:
    """Yield it, not yet started; it is stopped afterwards."""
    with initialised_server() as (programs, account, data, folder):
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        yield Replica(data=data, folder=folder, programs=programs, account=account)
