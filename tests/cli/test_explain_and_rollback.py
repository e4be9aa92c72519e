"""`explain` and `rollback` from the command line."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.cli.test_rotate import on_a_terminal
from tests.project import Project, user


def last_run(project: Project) -> str:
    return str(project.sql("SELECT id FROM provision_run ORDER BY seq")[-1][0])


@pytest.fixture
def changed(project: Project, provision: Run) -> Project:
    """Alice has been made, and then called Lissy."""
    project.write(user("alice"))
    assert provision("apply").code == 0
    project.write(user("alice").replace("Alice", "Lissy"))
    assert provision("apply").code == 0
    return project


def test_explain_says_what_a_field_holds_and_who_wrote_it(changed: Project, provision: Run) -> None:
    changed.sql("UPDATE sys_user SET nickname = '::error::' || char(27) || '[31m'")
    outcome = provision("explain", "User/alice")
    assert outcome.code == 0
    assert '  nickname = "::error::\\u001b[31m"\n      managed by git: manifests/all.yaml:7\n' in outcome.stdout
    assert '      drifts: applied "Lissy", found' in outcome.stdout
    assert "\x1b" not in outcome.stdout
    found = json.loads(provision("explain", "User/alice", "--format", "json").stdout)
    assert found["format_version"] == "1"
    assert found["resources"][0]["address"] == "User/alice"


def test_explain_of_what_is_unknown_ends_with_1_in_every_format(changed: Project, provision: Run) -> None:
    outcome = provision("explain", "User/alise")
    assert outcome.code == 1
    assert "did you mean User/alice?" in outcome.stderr
    outcome = provision("explain", "User/alise", "--format", "json")
    assert outcome.code == 1
    assert json.loads(outcome.stdout)["problems"][0]["hint"] == "did you mean User/alice?"
    assert provision("explain", "alice").code == 64


def test_a_private_field_is_not_shown(changed: Project, provision: Run) -> None:
    file = changed.folder / "provision.toml"
    text = file.read_text()
    file.write_text(text.replace("[kinds.User]\n", "[kinds.User]\nfields.nickname = {private = true}\n", 1))
    changed.sql("UPDATE sys_user SET nickname = 'By hand'")
    for format_ in ("text", "json"):
        outcome = provision("explain", "User/alice", "--format", format_)
        assert outcome.code == 0
        assert "By hand" not in outcome.stdout
        assert "Lissy" not in outcome.stdout
    assert "drifts: applied (private), found (private)" in provision("explain", "User/alice").stdout


def test_rollback_only_plans_and_ends_as_plan_does(changed: Project, provision: Run) -> None:
    run = last_run(changed)
    outcome = provision("rollback", run[:8])
    assert outcome.code == 0
    assert "Plan: 0 to add, 1 to change, 0 to remove." in outcome.stdout
    assert provision("rollback", run, "--detailed-exitcode").code == 2
    assert changed.sql("SELECT nickname FROM sys_user") == [("Lissy",)]
    assert json.loads(provision("rollback", run, "--format", "json").stdout)["rollback"] == run


def test_rollback_with_apply_writes_and_is_in_the_history_as_a_rollback(changed: Project, provision: Run) -> None:
    run = last_run(changed)
    outcome = provision("rollback", run, "--apply")
    assert outcome.code == 0
    assert "Apply complete: 0 added, 1 changed, 0 removed." in outcome.stdout
    assert changed.sql("SELECT nickname FROM sys_user") == [("Alice",)]
    assert changed.sql("SELECT command FROM provision_run ORDER BY seq") == [("apply",), ("apply",), ("rollback",)]
    assert provision("history", "verify").code == 0


def test_a_rollback_is_saved_and_applied_as_any_plan_is(changed: Project, provision: Run) -> None:
    run = last_run(changed)
    outcome = provision("rollback", run[:8], "-o", "plan.json")
    assert outcome.stdout.endswith("Saved to plan.json. To apply it: provision apply plan.json\n")
    assert provision("apply", "plan.json", "--max-removals", "1").code == 64
    outcome = provision("apply", "plan.json")
    assert outcome.code == 0
    assert f"rolling back run {run}\n" in outcome.stdout
    assert changed.sql("SELECT nickname FROM sys_user") == [("Alice",)]
    outcome = provision("apply", "plan.json")
    assert outcome.code == 4
    assert "nothing was written: User/alice: nickname" in outcome.stderr


def test_rollback_with_apply_holds_to_the_fingerprint_that_is_expected(changed: Project, provision: Run) -> None:
    run = last_run(changed)
    fingerprint = json.loads(provision("rollback", run, "--format", "json").stdout)["fingerprint"]
    assert provision("rollback", run, "--apply", "--expect", f"sha256:{'0' * 64}").code == 4
    assert provision("apply", "--expect", fingerprint).code == 4
    assert changed.sql("SELECT nickname FROM sys_user") == [("Lissy",)]
    assert provision("rollback", run, "--apply", "--expect", fingerprint).code == 0
    assert changed.sql("SELECT nickname FROM sys_user") == [("Alice",)]


def test_rollback_with_apply_asks_on_a_terminal(changed: Project) -> None:
    code, seen = on_a_terminal(changed, "rollback", last_run(changed), "--apply", answer=b"n\n")
    assert code != 0
    assert "Apply this plan?" in seen
    assert changed.sql("SELECT nickname FROM sys_user") == [("Lissy",)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rollback",), "Missing argument 'RUN'"),
        (("rollback", "1234", "--yes"), "--yes is about what --apply writes"),
        (("rollback", "1234", "--expect", f"sha256:{'0' * 64}"), "--expect is about what --apply writes"),
        (("rollback", "1234", "--apply", "--detailed-exitcode"), "leave out --apply"),
        (("rollback", "1234", "--apply", "-o", "plan.json"), "leave out --apply"),
        (("rollback", "1234", "-o", "plan.txt"), "its name has to end in .json"),
        (("explain",), "Missing argument 'ADDRESS...'"),
    ],
)
def test_options_that_make_no_sense_are_refused(provision: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = provision(*arguments)
    assert outcome.code == 64
    assert message in outcome.stderr


def test_an_unknown_run_is_an_error(changed: Project, provision: Run) -> None:
    outcome = provision("rollback", "nosuch", "--apply")
    assert outcome.code == 1
    assert "no run's id begins with nosuch. Hint: provision history lists the runs" in outcome.stderr
