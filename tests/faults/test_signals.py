"""SIGINT and SIGTERM: rolled back before the commit and said so; from the commit on, what happened is reported."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.at_commit import at_commit
from tests.faults.states import read_state
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, api_key, make_project, user

MANIFEST = user("alice", "email: alice@example.com", "is_superuser: true") + user("bob", "api_keys: []")
SAID = {
    "SIGINT": (130, "Error: interrupted, nothing was written. Hint: provision plan shows where things stand\n"),
    "SIGTERM": (143, "Error: terminated, nothing was written. Hint: provision plan shows where things stand\n"),
}


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    """A project on each kind of database, its ledger there already."""
    made = make_project(tmp_path, database_url)
    made.write(user("first"), "first.yaml")
    assert made.run("apply").code == 0
    made.write(MANIFEST)
    return made


def on_postgresql(tmp_path: Path, url: str) -> Project:
    made = make_project(tmp_path, url)
    made.write(MANIFEST)
    return made


@pytest.mark.parametrize("name", SAID)
def test_before_the_commit_it_is_rolled_back_and_said_so(project: Project, name: str) -> None:
    before = read_state(project)
    _, moments = run_struck(project, "plan")
    for number in (1, len(moments) // 2, len(moments) + 3, len(moments) + 9):
        strike = Strike(moment=number, action="signal", argument=name)
        outcome, lived = run_struck(project, "apply", strike=strike)
        assert COMMITTED not in lived
        assert (outcome.code, outcome.stderr) == SAID[name], lived[-1]
        assert read_state(project) == before
    assert run_struck(project, "apply", "--lock-timeout", "2s")[0].code == 0


def test_a_run_that_is_ended_prints_one_document_for_machines(project: Project) -> None:
    for moment in (3, 8):
        strike = Strike(moment=moment, action="signal", argument="SIGTERM")
        outcome, _ = run_struck(project, "apply", "--format", "json", strike=strike)
        assert outcome.code == 143
        [problem] = json.loads(outcome.stdout)["problems"]
        assert problem["message"] == "terminated, nothing was written"


@pytest.mark.parametrize("names", ["SIGINT", "SIGTERM", "SIGINT SIGINT", "SIGTERM SIGINT SIGTERM"])
@pytest.mark.parametrize("moment", [COMMIT, COMMITTED])
def test_from_the_commit_on_what_happened_is_reported(project: Project, names: str, moment: str) -> None:
    outcome, _ = run_struck(project, "apply", strike=Strike(moment=moment, action="signal", argument=names))
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Apply complete: 2 added" in outcome.stdout
    assert len(project.sql("SELECT 1 FROM sys_user")) == 3


def test_several_signals_while_a_slow_commit_is_answered_do_not_lose_the_answer(
    tmp_path: Path, postgres_url: str
) -> None:
    project = on_postgresql(tmp_path, postgres_url)
    at_commit(project, "PERFORM pg_sleep(2); RETURN NEW;")
    strike = Strike(moment=COMMIT, action="signal", argument="SIGTERM +0.2 SIGINT +0.2 SIGTERM", delay=0.2)
    outcome, _ = run_struck(project, "apply", strike=strike)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Apply complete: 2 added" in outcome.stdout
    assert len(project.sql("SELECT 1 FROM sys_user")) == 2


def test_a_statement_that_takes_long_is_left_at_once(tmp_path: Path, postgres_url: str) -> None:
    project = on_postgresql(tmp_path, postgres_url)
    project.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NEW; END $$"
    )
    project.sql("CREATE TRIGGER wait BEFORE INSERT ON sys_user FOR EACH ROW EXECUTE FUNCTION wait()")
    strike = Strike(moment="before INSERT INTO sys_user (uuid,", action="signal", argument="SIGTERM", delay=0.3)
    outcome, lived = run_struck(project, "apply", strike=strike)
    assert lived[-1] == "before INSERT INTO sys_user (uuid,"
    assert (outcome.code, outcome.stderr) == SAID["SIGTERM"]
    assert project.sql("SELECT 1 FROM sys_user") == []


def test_hashing_is_left_at_once_too(project: Project) -> None:
    text = (project.folder / "provision.toml").read_text().replace("rounds = 4", "rounds = 12")
    (project.folder / "provision.toml").write_text(text)
    names = [f"u{number:03}" for number in range(300)]
    project.environ.update({f"P{name}".upper(): f"correct horse {name}" for name in names})
    project.write("".join(user(name, f"password: {{from: {{env: P{name.upper()}}}}}") for name in names))
    process = started(project, "apply")
    time.sleep(4)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert time.monotonic() - began < 8
    assert (process.returncode, stderr) == SAID["SIGTERM"]
    assert len(project.sql("SELECT 1 FROM sys_user")) == 1


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "provision", *arguments],
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_delivery_that_is_ended_is_told_beside_what_was_written(project: Project) -> None:
    terms = (
        "deliver_to: [{file: {path: secrets/ci.env, format: env, name: TOKEN}}]",
        "key: {generate: {prefix: acme}}",
    )
    project.write(MANIFEST + api_key("alice", "ci", *terms))
    _, lived = run_struck(project, "apply")
    again = lived.index(COMMITTED) + 2
    project.sql("DELETE FROM sys_api_key")
    project.sql("DELETE FROM sys_user")
    project.sql("DELETE FROM provision_resource")
    strike = Strike(moment=again, action="signal", argument="SIGTERM")
    outcome, lived = run_struck(project, "apply", strike=strike)
    assert COMMITTED in lived
    assert outcome.code == 1
    assert "the changes were written; their secrets are staged, and wait for delivery: interrupted" in outcome.stderr
    assert len(project.sql("SELECT 1 FROM sys_api_key")) == 1
    assert run_struck(project, "apply")[0].code == 0
