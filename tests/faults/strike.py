"""Runs the program in a process of its own and strikes it at the n-th moment of its work with the database.

A moment is before or after a statement, a BEGIN, or a COMMIT; if asked, a call that opens or changes a file as well.
The processes are forked from one that has imported
everything already, so that a strike takes a fraction of a second instead of two.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from tests.project import Outcome, Project
from tests.secrets.delivery.crashes import watch

PRELOADED = [
    *("tests.faults.strike", "backend", "alembic.command", "pyrage"),
    *("provision.cli.apply", "provision.cli.output", "provision.cli.plan", "provision.cli.progress"),
    *("provision.reconcile.run", "provision.report.text"),
]
COMMIT = "before COMMIT"
COMMITTED = "after COMMIT"
# A test whose other process has died is to end as well.
MOST_SECONDS = 120
# Starting a process reaps the ended ones, and takes the exit code away from the thread that waits for it.
_ONE_AT_A_TIME = threading.Lock()
# The system's own, and not the one that counts.
_write = os.write


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What happens when: the number of a moment (None: never) or the name of the first, and by which function here.

    `delay` is in seconds and lets the work go on meanwhile; `argument` is for the function. `files` counts the calls
    that open or change files among the moments.
    """

    moment: int | str | None = None
    action: str = "kill"
    delay: float = 0
    argument: str = ""
    files: bool = False


def run_struck(project: Project, *arguments: str, strike: Strike | None = None) -> tuple[Outcome, list[str]]:
    """Run the program; returns how it ended, and the names of the moments that it lived through.

    The code of a run that was killed is -9.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    log = project.folder / "strike"
    log.mkdir(exist_ok=True)
    process = context.Process(
        target=_child, args=(project.folder, project.environment(), arguments, strike or Strike(), log)
    )
    with _ONE_AT_A_TIME:
        process.start()
    wait([process.sentinel])
    with _ONE_AT_A_TIME:
        process.join()
    outcome = Outcome(
        code=process.exitcode if process.exitcode is not None else 255,
        stdout=(log / "stdout").read_text(encoding="utf-8"),
        stderr=(log / "stderr").read_text(encoding="utf-8"),
    )
    return outcome, [json.loads(line) for line in (log / "moments").read_text(encoding="utf-8").splitlines()]


def _child(
    folder: Path, environ: dict[str, str], arguments: Sequence[str], strike: Strike, log: Path
) -> None:  # pragma: no cover  in another process
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(log / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    moments = os.open(log / "moments", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    clock = _Clock(strike, moments)
    _listen(clock)
    if strike.files:
        watch(lambda name: clock.tick(_without_marks(name)))

    from provision.cli import main

    main(arguments)


class _Clock:
    """Counts the moments, writes each down before it is lived through, and strikes at the right one."""

    def __init__(self, strike: Strike, log: int) -> None:
        self._strike = strike
        self._log = log
        self._count = 0
        self._has_struck = False

    def tick(self, name: str) -> None:
        _write(self._log, json.dumps(name).encode() + b"\n")
        if self._strike.moment in (self._count, name) and not self._has_struck:
            self._has_struck = True
            act: Callable[[str], None] = ACTIONS[self._strike.action]
            if self._strike.delay:
                threading.Timer(self._strike.delay, act, [self._strike.argument]).start()
            else:
                act(self._strike.argument)
        self._count += 1


def _listen(clock: _Clock) -> None:
    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        clock.tick(f"before {_first_words(statement)}")

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        clock.tick(f"after {_first_words(statement)}")

    def committed(session: Session) -> None:
        if not session.in_nested_transaction():  # a savepoint that is released is told as well
            clock.tick(COMMITTED)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "begin", lambda _connection: clock.tick("BEGIN"))
    event.listen(Engine, "commit", lambda _connection: clock.tick(COMMIT))
    event.listen(Session, "after_commit", committed)


def _first_words(statement: str) -> str:
    """The same for each copy of a database, whose name is not."""
    return " ".join(re.sub(r"`\w+`\.", "", statement).split()[:4])


def _without_marks(name: str) -> str:
    """The same for each run, each database, and each folder."""
    return re.sub(r"[0-9a-f-]{36}\.[0-9a-f]{24}", "RUN", re.sub(r" /\S*", " FOLDER", name))


def _kill(_argument: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _terminate_backends(database: str) -> None:
    """Cut every connection of this program to a database; `argument` is the URL of the server's superuser."""
    import asyncio

    terminate = _terminate_mysql if database.startswith("mysql") else _terminate_postgresql
    thread = threading.Thread(target=asyncio.run, args=[terminate(database)])
    thread.start()
    thread.join()


async def _terminate_mysql(database: str) -> None:
    import asyncio

    import asyncmy
    from sqlalchemy import make_url

    url = make_url(database)
    async with asyncmy.connect(
        host=url.host, port=url.port or 3306, user=url.username, password=url.password or ""
    ) as connection:
        cursor = connection.cursor()
        query = "SELECT id FROM information_schema.processlist WHERE db = %s"
        await cursor.execute(query, [url.database])
        for (number,) in await cursor.fetchall():
            await cursor.execute(f"KILL {number}")
        while await cursor.execute(query, [url.database]):
            await asyncio.sleep(0.02)


async def _terminate_postgresql(database: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


def _signal(names: str) -> None:
    """Send these signals to this process, one after the other; `+0.3` in between waits so many seconds."""
    for name in names.split():
        if name.startswith("+"):
            time.sleep(float(name))
        else:
            os.kill(os.getpid(), signal.Signals[name])


def _interrupt(_argument: str) -> None:
    _signal("SIGINT")


def _meanwhile(statement: str) -> None:
    """Let somebody else run a statement on this program's database, who does not wait for locks.

    A file says then whether it was written.
    """
    from tests.faults.somebody_else import is_written

    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(is_written(os.environ["DATABASE_URL"], statement)))
    thread.start()
    thread.join()
    Path("strike/meanwhile").write_text("written" if answers == [True] else "refused", encoding="utf-8")


def _wait_for_file(path: str) -> None:
    """Say by a file beside it that it is waited for."""
    Path(f"{path}.awaited").touch()
    until(Path(path).exists)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + MOST_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


ACTIONS: dict[str, Callable[[str], None]] = {
    "kill": _kill,
    "interrupt": _interrupt,
    "signal": _signal,
    "terminate backends": _terminate_backends,
    "wait for a file": _wait_for_file,
    "meanwhile": _meanwhile,
}
