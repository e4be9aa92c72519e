"""The server is stopped at once, as in a crash, around COMMIT, and comes back: the run finds out what happened."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import URL

from tests.faults.boundaries import message_proxy
from tests.faults.mixed import APPLY, SUMMARY, prepare, read_written
from tests.faults.said import says_nothing_was_written, without_retries
from tests.faults.sample import IS_EXHAUSTIVE
from tests.faults.strike import run_struck
from tests.postgres_wheel import Account, server_from_wheel
from tests.project import Project, make_project

MOMENTS = 20 if IS_EXHAUSTIVE else 6
# In seconds after COMMIT came by; a negative one is before the server gets it.
LONGEST_DELAY = 0.03
UNDELIVERED = "Error: the changes were written; their secrets are staged"


@dataclass(slots=True, kw_only=True)
class OwnServer:
    """A server that may be stopped: where its programs and its data are, and who owns them."""

    url: URL
    programs: Path
    data: Path
    restarted: threading.Event = field(default_factory=threading.Event)

    def crash_and_restart(self, delay: float) -> None:
        """Stop it without letting anything finish, and start it again."""
        time.sleep(delay)
        owner = self.data.stat()
        account = Account(uid=owner.st_uid, gid=owner.st_gid) if os.geteuid() == 0 else Account()
        control = (self.programs / "pg_ctl", "--pgdata", self.data)
        account.run(*control, "--mode", "immediate", "--wait", "stop")
        account.run(*control, "--log", Path(str(self.url.query["host"])) / "log", "--wait", "start")
        self.restarted.set()


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """A server that no other test uses."""
    with server_from_wheel() as folder:
        query = {"host": str(folder), "port": "5432"}
        url = URL.create("postgresql+asyncpg", username="postgres", database="postgres", query=query)
        ((data,),) = _execute(url, "SHOW data_directory")
        # The first word of this file is the program that was started.
        program = (Path(data) / "postmaster.opts").read_text().split(' "')[0]
        yield OwnServer(url=url, programs=Path(program).parent, data=Path(data))


def _execute(url: URL, statement: str) -> list[asyncpg.Record]:
    async def execute() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    return asyncio.run(execute())


@contextmanager
def _database(server: OwnServer, name: str, template: str = "template0") -> Iterator[str]:
    _execute(server.url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    _execute(server.url, f"DROP DATABASE {name} WITH (FORCE)")


def _delays() -> list[float]:
    """Before COMMIT gets through, at once after it, and at random moments while it runs and its answer travels."""
    chance = random.Random(20)
    return [-1, 0, *(chance.uniform(0, LONGEST_DELAY) for _ in range(MOMENTS - 2))]


def test_a_run_whose_server_crashes_around_its_commit_says_what_became_of_it(
    own_server: OwnServer, tmp_path: Path
) -> None:
    found: list[str] = []
    with _database(own_server, "original") as url:
        project = make_project(tmp_path / "original", url)
        prepare(project)
        before = read_written(project)
        with _database(own_server, "whole", "original") as copy:
            whole = replace(project, url=copy)
            assert run_struck(whole, *APPLY)[0].code == 0
            after = read_written(whole)
        for number, delay in enumerate(_delays()):
            (project.folder / "out" / "ci.key").unlink(missing_ok=True)
            with _database(own_server, f"copy_{number}", "original") as copy:
                found.append(
                    _crash(own_server, replace(project, url=copy), delay, {before: "before", after: "after"})
                )
    print(Counter(found))
    assert [what for what in found if what not in {"before, code 3", "after, code 0", "after, code 1"}] == []
    assert found[0] == "before, code 3"
    assert any(what.startswith("after") for what in found)


def _crash(server: OwnServer, project: Project, delay: float, states: dict[str, str]) -> str:
    """Which state the database is in and the exit code, when what was said is true; or else what was said."""
    server.restarted.clear()
    stop = threading.Thread(target=server.crash_and_restart, args=[max(delay, 0)])

    def on_commit() -> None:
        stop.start()
        if delay < 0:
            assert server.restarted.wait(60)

    with message_proxy(project.url, on_commit=on_commit) as proxy:
        outcome, _ = run_struck(replace(project, url=proxy.url), *APPLY)
    assert server.restarted.wait(60)
    stop.join()
    state = states.get(read_written(project), "between")
    true = {
        ("before", 3): says_nothing_was_written(outcome.stderr),
        ("after", 0): SUMMARY in outcome.stdout and not without_retries(outcome.stderr),
        # The delivery has commits of its own, which the crash may meet.
        ("after", 1): "".join(without_retries(outcome.stderr)).startswith(UNDELIVERED),
    }
    is_true = true.get((state, outcome.code), False)
    return f"{state}, code {outcome.code}" if is_true else f"{state}, code {outcome.code}: {outcome.stderr}"
