"""A lost connection, or a Ctrl-C: a clear message, the right exit code, and before or after in the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults.proxy import Cut, proxy_to
from tests.faults.servers import server_of
from tests.faults.states import read_state
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, make_project, user

MANIFEST = user("alice", "email: alice@example.com", "is_superuser: true") + user("bob", "api_keys: []")
LOST = "Error: the connection to the database was lost, nothing was written. Hint: run again\n"
LOST_ON_POSTGRESQL = LOST.removesuffix("\n") + (
    "; if it is lost each time, see idle_in_transaction_session_timeout and transaction_timeout\n"
)
LOST_AT_COMMIT = (
    "Error: the connection was lost before the changes were committed, nothing was written. Hint: run again\n"
)
UNKNOWN = (
    "Error: the connection was lost while the changes were being committed. "
    "Hint: run `provision plan`: it says whether they are there\n"
)


@pytest.fixture(params=["postgres_url", "mysql_url"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project on each kind of server."""
    project = make_project(tmp_path, request.getfixturevalue(request.param))
    project.write(MANIFEST)
    return project


on_postgresql = pytest.mark.parametrize("project", ["postgres_url"], indirect=True)


def admin_url(project: Project) -> str:
    url = make_url(project.url)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


@pytest.fixture
def moments(project: Project, request: pytest.FixtureRequest) -> list[str]:
    """The moments of this apply, counted on a copy.

    On MySQL the ledger is there before: one that a struck run made would stay, and the next one had fewer moments.
    """
    if project.url.startswith("mysql"):
        assert project.run("migrate").code == 0
    original = str(make_url(project.url).database)
    name = f"{original}_copy"
    server = server_of(request, project.url)
    assert server is not None
    server.copy_database(original, name)
    try:
        outcome, moments = run_struck(replace(project, url=server.url(name)), "apply")
    finally:
        server.drop_database(name)
    assert outcome.code == 0, outcome.stderr
    return moments


def test_a_connection_that_the_server_ends_is_code_3_and_nothing_is_written(
    project: Project, moments: list[str]
) -> None:
    before = read_state(project)
    for number in (*range(1, len(moments) - 2, 5), len(moments) - 3, len(moments) - 2):
        strike = Strike(moment=number, action="terminate backends", argument=admin_url(project))
        outcome, lived = run_struck(project, "apply", strike=strike)
        assert outcome.code == 3, lived[-1]
        lost = LOST_ON_POSTGRESQL if project.url.startswith("postgresql") else LOST
        assert outcome.stderr == (lost if number < len(moments) - 3 else LOST_AT_COMMIT), moments[number]
        assert read_state(project) == before, lived[-1]
    assert run_struck(project, "apply", "--lock-timeout", "2s")[0].code == 0


def test_a_connection_that_ends_after_the_commit_changes_nothing(project: Project, moments: list[str]) -> None:
    strike = Strike(moment=moments.index(COMMITTED), action="terminate backends", argument=admin_url(project))
    outcome, _ = run_struck(project, "apply", strike=strike)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Apply complete: 2 added" in outcome.stdout


def test_an_interrupted_apply_writes_nothing_and_one_that_is_committing_is_finished(
    project: Project, moments: list[str]
) -> None:
    before = read_state(project)
    for number in range(1, len(moments) - 3, 7):
        outcome, lived = run_struck(project, "apply", strike=Strike(moment=number, action="interrupt"))
        assert outcome.code == 130, lived[-1]
        assert outcome.stderr.lstrip().startswith("Error: interrupted")  # click ends the line of "^C" first
        assert "Traceback" not in outcome.stderr
        assert read_state(project) == before, lived[-1]
    strike = Strike(moment=moments.index(COMMIT), action="interrupt")
    outcome, _ = run_struck(project, "apply", strike=strike)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Apply complete: 2 added" in outcome.stdout
    assert len(project.sql("SELECT 1 FROM sys_user")) == 2


def slow_commit(project: Project) -> None:
    """From now on a commit that made users takes a second and a half."""
    project.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(1.5 / (SELECT count(*) FROM sys_user)); RETURN NULL; END $$"
    )
    project.sql(
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON sys_user DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION wait()"
    )


def quick_commit(project: Project) -> None:
    """It takes as long as it takes."""


@pytest.mark.parametrize(
    ("project", "prepare"),
    [("postgres_url", quick_commit), ("postgres_url", slow_commit), ("mysql_url", quick_commit)],
    indirect=["project"],
)
@pytest.mark.parametrize("cut", [Cut.WHILE_COMMITTING, Cut.AFTER_COMMIT])
def test_a_commit_whose_answer_is_lost_is_found_to_have_happened(
    project: Project, cut: Cut, prepare: Callable[[Project], None]
) -> None:
    prepare(project)
    with proxy_to(project.url, cut) as proxy:
        outcome = replace(project, url=proxy.url).run("apply")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "Apply complete: 2 added, 0 changed, 0 removed." in outcome.stdout
    assert "No changes." in project.run("plan").stdout
    assert len(project.sql("SELECT 1 FROM provision_run")) == 1


@pytest.mark.parametrize("later", [False, True])
def test_a_commit_that_never_got_through_is_found_not_to_have_happened(project: Project, *, later: bool) -> None:
    if later:
        project.write(user("carol"), "first.yaml")
        assert project.run("apply", "manifests/first.yaml").code == 0
    before = read_state(project)
    with proxy_to(project.url, Cut.BEFORE_COMMIT) as proxy:
        outcome = replace(project, url=proxy.url).run("apply")
    assert (outcome.code, outcome.stderr) == (3, LOST_AT_COMMIT)
    assert read_state(project) == before


def test_a_commit_is_of_unknown_outcome_only_when_the_database_stays_away(project: Project) -> None:
    with proxy_to(project.url, Cut.AFTER_COMMIT, lets_in_again=False) as proxy:
        outcome = replace(project, url=proxy.url).run("apply")
    assert (outcome.code, outcome.stderr) == (6, UNKNOWN)


def test_a_lost_commit_of_migrate_is_settled_too(project: Project) -> None:
    with proxy_to(project.url, Cut.BEFORE_COMMIT) as proxy:
        outcome = replace(project, url=proxy.url).run("migrate")
    assert (outcome.code, outcome.stderr) == (3, LOST_AT_COMMIT)
    with proxy_to(project.url, Cut.AFTER_COMMIT) as proxy:
        outcome = replace(project, url=proxy.url).run("migrate")
    assert (outcome.code, outcome.stdout) == (0, "The ledger's tables were created or upgraded.\n")


@on_postgresql
def test_a_run_that_is_killed_in_the_middle_of_a_statement_lets_go_of_the_lock_at_once(
    project: Project, moments: list[str]
) -> None:
    project.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$"
    )
    project.sql("CREATE TRIGGER wait BEFORE INSERT ON sys_user FOR EACH ROW EXECUTE FUNCTION wait()")
    insert = moments.index("before INSERT INTO sys_user (uuid,")
    outcome, _ = run_struck(project, "apply", strike=Strike(moment=insert, delay=0.3))
    assert outcome.code == -9
    began = time.monotonic()
    assert project.run("migrate", "--lock-timeout", "5s").code == 0
    assert time.monotonic() - began < 4


@on_postgresql
def test_nothing_of_a_run_stays_behind_in_a_connection_that_a_pooler_keeps(project: Project) -> None:
    """PgBouncer hands the same connection to the next client: names must not meet again, settings end with us."""
    names: list[bytes] = []
    for command in ("apply", "plan", "apply"):
        with proxy_to(project.url) as proxy:
            assert replace(project, url=proxy.url).run(command).code == 0
        for sent in proxy.sent:
            names += filter(None, parsed_names(bytes(sent)))  # one without a name never outlives the next
    assert len(names) > 20
    assert len(set(names)) == len(names)
    assert all(name.startswith(b"provision_") for name in names)


def parsed_names(sent: bytes) -> list[bytes]:
    """The names of the statements that a client prepared: in the messages after the first, those of type P."""
    names = []
    place = int.from_bytes(sent[:4])
    while place < len(sent):
        length = int.from_bytes(sent[place + 1 : place + 5])
        if sent[place : place + 1] == b"P":
            names.append(sent[place + 5 :].partition(b"\x00")[0])
        place += 1 + length
    return names
