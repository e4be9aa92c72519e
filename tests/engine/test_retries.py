"""What fails for a reason that passes is tried again, as a whole, a few times; what does not pass is not."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from provision.database import retry
from provision.errors import DatabaseError, OutcomeUnknownError, UnreachableError
from tests.at_commit import at_commit as run_at_commit
from tests.engine.runs import apply, content, plan
from tests.faults.proxy import Cut, proxy_to
from tests.postgres import Server
from tests.project import Project, api_key, make_project, user

DEADLOCK = "a deadlock with the application was resolved against this run"
CHANGED = "the application changed the same rows at the same time"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses alone are shorter."""
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.02)


@pytest.fixture
def project(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """On PostgreSQL, whose triggers can fail in any way and as often as asked."""
    made = make_project(tmp_path / "project", postgres_url)
    monkeypatch.chdir(made.folder)
    return made


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "provision.database.retry"]


def failing(project: Project, times: int, state: str, *, at_commit: bool = False) -> None:
    """From now on, so many times, the first insert of a user (or its commit) fails; a sequence is not rolled back."""
    project.sql("CREATE SEQUENCE failures")
    fails = f"RAISE EXCEPTION 'hunter2' USING ERRCODE = '{state}'"
    body = f"IF nextval('failures') <= {times} THEN {fails}; END IF; RETURN NEW;"
    if at_commit:
        run_at_commit(project, body)
        return
    project.sql(f"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    project.sql("CREATE TRIGGER fail BEFORE INSERT ON sys_user FOR EACH ROW EXECUTE FUNCTION fail()")


def attempts(project: Project) -> int:
    return int(project.sql("SELECT last_value FROM failures")[0][0])


@pytest.mark.parametrize("at_commit", [False, True])
@pytest.mark.parametrize(("state", "message"), [("40001", CHANGED), ("40P01", DEADLOCK)])
def test_a_transaction_that_was_resolved_against_this_run_is_tried_again(
    project: Project, caplog: pytest.LogCaptureFixture, state: str, message: str, at_commit: bool
) -> None:
    failing(project, 2, state, at_commit=at_commit)
    project.write(user("alice", "email: alice@example.com"))
    apply(project)
    assert attempts(project) == 3
    assert project.sql("SELECT username FROM sys_user") == [("alice",)]
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]
    assert [line.partition(";")[0] for line in told(caplog)] == [message, message]
    assert "(attempt 2 of 6)" in told(caplog)[0]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert "hunter2" not in caplog.text
    assert plan(project).plan.is_empty


def test_trying_again_has_an_end(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    failing(project, 100, "40001")
    project.write(user("alice"))
    before = content(project)
    with pytest.raises(DatabaseError, match=CHANGED) as caught:
        apply(project)
    assert attempts(project) == retry.ATTEMPTS
    assert len(told(caplog)) == retry.ATTEMPTS - 1
    assert caught.value.exit_code == 1
    assert content(project) == before


@pytest.mark.parametrize("state", ["23514", "57014", "53100", "55P03", "25006", "42501", "XX000"])
def test_what_does_not_pass_is_not_tried_again(
    project: Project, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    failing(project, 100, state)
    project.write(user("alice"))
    before = content(project)
    with pytest.raises(DatabaseError):
        apply(project)
    assert attempts(project) == 1
    assert told(caplog) == []
    assert content(project) == before


def test_the_pauses_become_longer_and_end_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def attempt() -> None:
        error = DatabaseError("again")
        error.transient = True
        raise error

    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(asyncio, "sleep", pause)
    with pytest.raises(DatabaseError) as caught:
        asyncio.run(retry.with_retries(attempt))
    assert [0.2 * 2**number <= pause <= 0.2 * 2**number + 0.2 for number, pause in enumerate(pauses)] == [True] * 5
    assert not caught.value.transient
    monkeypatch.setattr(retry, "TIME_LIMIT", 0)
    pauses.clear()
    with pytest.raises(DatabaseError):
        asyncio.run(retry.with_retries(attempt))
    assert pauses == []


KEY = ("deliver_to: [{file: {path: secrets/ci.env, format: env, name: TOKEN}}]", "key: {generate: {prefix: acme}}")


def test_what_a_failed_attempt_staged_is_gone_when_the_next_one_has_delivered(project: Project) -> None:
    failing(project, 1, "40001", at_commit=True)
    project.write(user("alice") + api_key("alice", "ci", *KEY))
    apply(project)
    assert attempts(project) == 2
    folder = project.folder / "manifests" / "secrets"
    assert [path.name for path in folder.iterdir()] == ["ci.env"]
    secret = (folder / "ci.env").read_text().strip().removeprefix("TOKEN=").strip("'\"")
    assert project.sql(
        "SELECT key_hash = encode(sha256(convert_to(:it, 'UTF8')), 'hex') FROM sys_api_key", it=secret
    ) == [(True,)]


@contextmanager
def opening_later(project: Project, seconds: float) -> Iterator[Project]:
    """The project behind a port on which nobody listens yet."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = threading.Event()

    def serve() -> None:
        time.sleep(seconds)
        with proxy_to(project.url, port=port):
            done.wait(30)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        query = {"ssl": "disable"}
        url = make_url(project.url).set(host="127.0.0.1", port=port)._replace(query=query)  # type: ignore[arg-type]  # a plain dict serves
        yield replace(project, url=url.render_as_string(hide_password=False))
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("run", [plan, apply])
def test_a_server_that_is_just_starting_is_waited_for(
    project: Project,
    caplog: pytest.LogCaptureFixture,
    run: Callable[[Project], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.1)
    project.write(user("alice"))
    with opening_later(project, 0.5) as later:
        run(later)
    assert told(caplog)
    assert all(
        line.startswith("the database cannot be reached (Connection refused); trying again") for line in told(caplog)
    )


def test_nobody_who_listens_is_given_up_on_after_so_many_attempts_and_no_more(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    project.write(user("alice"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        caplog.clear()
        with pytest.raises(UnreachableError, match="Connection refused"):
            apply(replace(project, url=f"postgresql://me:hunter2@{host}:{port}/app"))
        assert len(told(caplog)) == retry.ATTEMPTS - 1
        assert "hunter2" not in caplog.text


def test_a_server_without_a_free_connection_is_asked_again(
    project: Project, caplog: pytest.LogCaptureFixture, postgres_server: Server
) -> None:
    """A limit of the database is not the superuser's, so the project's login is another."""
    role = postgres_server.create_role("owner")
    database = str(make_url(project.url).database)
    for statement in (
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"ALTER ROLE {role} CONNECTION LIMIT 0",
    ):
        project.sql(statement)
    limited = replace(project, url=postgres_server.url(database, user=role))
    limited.write(user("alice"))
    threading.Timer(0.1, project.sql, [f"ALTER ROLE {role} CONNECTION LIMIT 5"]).start()
    apply(limited)
    assert told(caplog)[0].startswith("the server has too many connections; trying again")


def test_a_commit_whose_answer_is_lost_is_never_repeated(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.write(user("alice"))
    with proxy_to(project.url, Cut.AFTER_COMMIT) as proxy:
        apply(replace(project, url=proxy.url))
    assert sum(b"INSERT INTO provision_run" in bytes(sent) for sent in proxy.sent) == 1
    assert project.sql("SELECT count(*) FROM provision_run") == [(1,)]
    with proxy_to(project.url, Cut.BEFORE_COMMIT) as proxy:
        project.write(user("alice") + user("bob"))
        with pytest.raises(UnreachableError, match="before the changes were committed"):
            apply(replace(project, url=proxy.url))
    with proxy_to(project.url, Cut.AFTER_COMMIT, lets_in_again=False) as proxy, pytest.raises(OutcomeUnknownError):
        apply(replace(project, url=proxy.url))
    assert told(caplog) == []
