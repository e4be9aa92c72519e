"""Each way to end has its number, and what went wrong is said on stderr."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Run
from tests.project import Project, user


def test_plan_ends_with_0_and_with_2_only_when_asked(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    assert provision("plan").code == 0
    assert provision("plan", "--detailed-exitcode").code == 2
    assert provision("diff", "--detailed-exitcode").code == 2
    assert provision("apply").code == 0
    assert provision("plan", "--detailed-exitcode").code == 0


def test_pending_removals_alone_are_no_change(project: Project, provision: Run) -> None:
    project.write(user("alice") + user("bob"))
    provision("apply")
    project.write(user("alice"))
    assert provision("plan", "--detailed-exitcode").code == 0
    assert provision("plan", "--detailed-exitcode", "--prune").code == 2


def test_a_dry_run_of_apply_is_a_plan(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    outcome = provision("apply", "--dry-run")
    assert outcome.code == 0
    assert outcome.stdout == provision("plan").stdout
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_manifests_with_problems_end_with_1(project: Project, provision: Run) -> None:
    project.write(user("alice", "emial: a@example.com"))
    for command in ("validate", "plan", "apply"):
        outcome = provision(command)
        assert outcome.code == 1
        assert outcome.stdout == ""
        assert outcome.stderr == (
            "manifests/all.yaml:8:3: spec.emial: unknown key. Hint: did you mean email?\n\n1 problem found.\n"
        )


def test_a_database_that_cannot_be_reached_ends_with_3(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice"))
    monkeypatch.setenv("DATABASE_URL", "sqlite:///missing.db")
    for command in ("plan", "apply", "migrate"):
        outcome = provision(command)
        assert (outcome.code, outcome.stdout) == (3, "")
        assert outcome.stderr == "Error: there is no database file missing.db. Hint: check the database URL\n"


def test_a_lock_that_is_not_obtained_ends_with_3(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    connection = sqlite3.connect(str(make_url(project.url).database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    outcome = provision("apply", "--lock-timeout", "50ms")
    connection.close()
    assert outcome.code == 3
    assert outcome.stderr == (
        "Error: another run, or the application, holds a lock that this one needs (SQLite does not tell who it is). "
        "Hint: wait for it to end, or wait longer: --lock-timeout 5m\n"
    )


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_database_that_moves_on_ends_with_4(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    project.write(user("alice"))
    provision("apply")
    project.write(user("alice", "email: a@example.com", "password: {from: {env: PASSWORD}, version: '1'}"))
    monkeypatch.setenv("PASSWORD", "opensesame")

    # Hashing comes after the plan is shown and before the lock is taken: there somebody else writes.
    def hash_and_interfere(*arguments: object) -> object:
        with sqlite3.connect(str(make_url(project.url).database)) as connection:
            connection.execute("UPDATE sys_user SET email = 'other@example.com'")
        connection.close()
        return make_secrets(*arguments)  # type: ignore[arg-type]  # passed through

    from provision.reconcile import carry_out
    from provision.secrets.compute import make_secrets

    monkeypatch.setattr(carry_out, "make_secrets", hash_and_interfere)
    outcome = provision("apply", "--format", format_)
    assert outcome.code == 4
    assert outcome.stderr == (
        "Error: something changed since this was planned, nothing was written: User/alice: email. "
        "Hint: plan again: the new plan shows what is different\n"
    )
    assert project.sql("SELECT email FROM sys_user") == [("other@example.com",)]


def test_a_refusal_ends_with_5_after_the_plan_was_shown(project: Project, provision: Run) -> None:
    project.write(user("root", "is_superuser: true"))
    provision("apply")
    project.write(user("root"))
    assert provision("plan").code == 0
    outcome = provision("apply")
    assert outcome.code == 5
    assert "~ User/root" in outcome.stdout
    assert "Refused: no enabled superuser would be left (User: 1 now, 0 afterwards)." in outcome.stdout
    assert outcome.stderr == "Error: 1 guard refused this plan, nothing was written\n"
    assert provision("apply", "--allow-no-superuser").code == 0


def test_a_protected_resource_alone_is_refused_and_not_called_a_match(project: Project, provision: Run) -> None:
    project.write(user("alice") + user("bob", metadata=["lifecycle: {prevent_removal: true}"]))
    provision("apply")
    project.write(user("alice"))
    outcome = provision("apply", "--prune")
    assert outcome.code == 5
    assert "No changes" not in outcome.stdout
    assert "Refused: User/bob was applied with prevent_removal: true (manifests/all.yaml:9)." in outcome.stdout
    assert "No changes" not in provision("plan", "--prune").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--prone"], "No such option '--prone'"),
        (["apply", "--dryrun"], "No such option '--dryrun'"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["drift"], "No such command 'drift'"),
        (["apply", "--max-removals", "many"], "give a number such as 12, or a share such as 40%"),
        (["apply", "--max-removals", "-1"], "give a number such as 12, or a share such as 40%"),
        (["apply", "--max-removals", "101%"], "a share is at most 100%"),
        (["apply", "--lock-timeout", "5"], "write a duration as 30s, 5m, 1h30m or 90d"),
        (["apply", "--lock-timeout", "soon"], "write a duration as 30s, 5m, 1h30m or 90d"),
        (["plan", "-l", "team"], "write a label as key=value"),
        (["plan", "--format", "yaml"], "'yaml' is not one of 'text', 'json', 'markdown', 'html'"),
        (["validate", "--lock-timeout", "5s"], "No such option '--lock-timeout'"),
        (["validate", "--prune"], "No such option '--prune'"),
        (["--log-level", "loud", "plan"], "'loud' is not one of"),
        (["schema", "--output", "a", "--check", "b"], "--output writes and --check only looks"),
        (["hash-password", "--rounds", "3"], "3 is not in the range 4<=x<=20"),
        (["hash-password", "--codec", "scrypt", "--rounds", "21"], "21 is not in the range 10<=x<=20"),
        (["hash-password", "--codec", "sha256"], "'sha256' is not one of 'bcrypt', 'argon2', 'scrypt', "),
    ],
    ids=" ".join,
)
def test_a_usage_error_ends_with_64_and_nothing_is_written(
    project: Project, provision: Run, arguments: list[str], message: str
) -> None:
    project.write(user("alice"))
    outcome = provision(*arguments)
    assert outcome.code == 64
    assert outcome.stdout == ""
    assert message in outcome.stderr
    assert outcome.stderr.startswith("Error: ")
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_no_command_at_all_shows_the_help_and_is_a_usage_error(provision: Run) -> None:
    outcome = provision()
    assert outcome.code == 64
    assert "Usage: provision" in outcome.stderr


def test_a_defect_ends_with_1_without_a_traceback_and_without_the_message(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ValueError("hunter2")

    from provision.reconcile import run

    project.write(user("alice"))
    monkeypatch.setattr(run, "resolve", broken)
    outcome = provision("plan")
    assert outcome.code == 1
    assert outcome.stderr.startswith("Error: unexpected ValueError at test_exit_codes.py:")
    assert "report it" in outcome.stderr
    assert "hunter2" not in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_an_interrupt_ends_with_130(project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    from provision.reconcile import run

    project.write(user("alice"))
    monkeypatch.setattr(run, "resolve", interrupted)
    outcome = provision("apply")
    assert outcome.code == 130
    assert outcome.stderr.strip().startswith("Error: interrupted. Hint: ")


def test_the_process_itself_ends_with_these_numbers(project: Project) -> None:
    project.write(user("alice"))
    assert project.run("plan", "--detailed-exitcode").code == 2
    assert project.run("plan", "--nonsense").code == 64
    assert project.run("apply", environ={"DATABASE_URL": "sqlite:///missing.db"}).code == 3
    assert project.run("apply").code == 0
    project.write("")
    assert project.run("apply", "--prune").code == 1
