"""stdout holds the report and nothing else, in one piece; everything else is on stderr."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.project import Outcome, Project, api_key, user

KEY = f"key: {{hash: {'a' * 64}}}"
ROOT = user("root", "is_superuser: true")


def document(outcome: Outcome) -> dict[str, Any]:
    """The one object on stdout, with the keys that the contract names."""
    found: dict[str, Any] = json.loads(outcome.stdout)
    assert {"format_version", "summary", "changes", "problems"} <= found.keys()
    assert found["format_version"] == "1"
    assert found["summary"].keys() == {"add", "change", "remove", "unchanged"}
    return found


def test_a_plan_as_json_has_the_contracts_keys(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "opensesame")
    project.write(user("alice", "email: alice@example.com", "password: {from: {env: PASSWORD}}"))
    outcome = provision("plan", "--format", "json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = document(outcome)
    assert found["summary"] == {"add": 1, "change": 0, "remove": 0, "unchanged": 0}
    [change] = found["changes"]
    assert (change["action"], change["address"], change["source"]) == (
        "create",
        "User/alice",
        "manifests/all.yaml:2",
    )
    fields = {item["name"]: item for item in change["fields"]}
    email = fields["email"]
    assert (email["before"], email["after"], email["sensitive"]) == (None, "alice@example.com", False)
    password = fields["password"]
    assert (password["before"], password["after"], password["sensitive"]) == (None, None, True)
    assert (found["problems"], found["applied"]) == ([], False)


def test_an_apply_as_json_is_one_object_that_says_it_was_applied(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    outcome = provision("apply", "--format", "json")
    assert (outcome.code, outcome.stderr, document(outcome)["applied"]) == (0, "", True)
    again = document(provision("apply", "--format", "json"))
    assert (again["changes"], again["summary"]["unchanged"]) == ([], 1)


def test_pending_removals_stand_apart_in_json(project: Project, provision: Run) -> None:
    project.write(user("alice") + user("bob"))
    provision("apply")
    project.write(user("alice"))
    found = document(provision("plan", "--format", "json"))
    assert found["changes"] == []
    assert [(item["action"], item["address"]) for item in found["pending"]] == [("disable", "User/bob")]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_problems_as_json_say_where_and_what_to_do(project: Project, provision: Run, command: str) -> None:
    project.write(user("alice", "emial: a@example.com"))
    outcome = provision(command, "--format", "json")
    assert outcome.code == 1
    assert document(outcome)["problems"] == [
        {
            "file": "manifests/all.yaml",
            "line": 8,
            "column": 3,
            "path": "spec.emial",
            "message": "unknown key",
            "hint": "did you mean email?",
        }
    ]
    assert "manifests/all.yaml:8:3" in outcome.stderr


def test_a_refusal_as_json_is_one_object_with_the_plan(project: Project, provision: Run) -> None:
    project.write(ROOT)
    provision("apply")
    project.write(user("root"))
    outcome = provision("apply", "--format", "json")
    assert outcome.code == 5
    found = document(outcome)
    assert found["applied"] is False
    assert [item["guard"] for item in found["refusals"]] == ["administrators"]
    assert found["summary"]["change"] == 1


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("format_", ["json", "markdown", "html"])
def test_an_unreachable_database_is_reported_in_the_format_too(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch, command: str, format_: str
) -> None:
    project.write(user("alice"))
    monkeypatch.setenv("DATABASE_URL", "sqlite:///missing.db")
    outcome = provision(command, "--format", format_)
    assert outcome.code == 3
    assert "there is no database file missing.db" in outcome.stdout
    assert "there is no database file missing.db" in outcome.stderr
    if format_ == "json":
        assert [item["message"] for item in document(outcome)["problems"]] == ["there is no database file missing.db"]


@pytest.mark.parametrize(
    ("format_", "start"), [("markdown", "### Plan: 1 to add, 0 to change, 0 to remove."), ("html", "<!DOCTYPE html>")]
)
def test_the_other_formats_are_whole_documents(project: Project, provision: Run, format_: str, start: str) -> None:
    project.write(user("alice"))
    planned = provision("plan", "--format", format_)
    assert planned.code == 0
    assert planned.stdout.lower().startswith(start.lower())
    assert "User/alice" in planned.stdout
    applied = provision("apply", "--format", format_)
    assert "Apply complete: 1 added, 0 changed, 0 removed." in applied.stdout
    assert applied.stdout.lower().count(start.lower()[:4]) == 1


def test_an_apply_for_people_shows_the_plan_once_and_then_the_outcome(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    lines = provision("apply").stdout.splitlines()
    assert [line for line in lines if "User/alice" in line] == [
        "  + User/alice  (manifests/all.yaml:2)   # declared, and not in the database"
    ]
    fingerprint = lines.pop(-2)
    assert re.fullmatch("Fingerprint: sha256:[0-9a-f]{64}", fingerprint)
    assert lines[-2:] == [
        "Plan: 1 to add, 0 to change, 0 to remove.",
        "Apply complete: 1 added, 0 changed, 0 removed.",
    ]


def test_the_words_of_a_mixed_plan(project: Project, provision: Run) -> None:
    project.write(ROOT + user("bob", "email: b@example.com") + user("carol") + api_key("carol", "ci", KEY))
    provision("apply")
    project.sql("UPDATE sys_user SET is_staff = true WHERE username = 'root'")
    project.write(ROOT + user("bert", "email: bert@example.com", metadata=["previously: [bob]"]) + user("dave"))
    shown = provision("plan", "--prune", "--max-removals", "2").stdout.splitlines()
    assert shown.pop().startswith("Fingerprint: sha256:")
    assert shown[2:] == [
        "  ~ User/bert will be renamed from User/bob  (manifests/all.yaml:10)",
        '      ~ nickname = "Bob" -> "Bert"   # changed in the manifest',
        '      ~ email    = "b@example.com" -> "bert@example.com"   # changed in the manifest',
        "  + User/dave  (manifests/all.yaml:19)   # declared, and not in the database",
        '      + nickname     = "Dave"',
        "      + is_superuser = false",
        "      + is_staff     = false",
        '      + status       = "active"',
        "  ~ User/root  (manifests/all.yaml:2)   # changed in the database",
        "      ~ is_staff = true -> false   # not declared, held at its safe value",
        "  - ApiKey/carol/ci will be disabled  (manifests/all.yaml:25)   # no longer in the manifests",
        "      - is_active  = true -> false",
        "      - revoked_at = null -> (now)",
        "  - User/carol will be disabled  (manifests/all.yaml:18)   # no longer in the manifests",
        '      - status = "active" -> "disabled"',
        "",
        "Plan: 1 to add, 2 to change, 2 to remove.",
    ]


def test_logs_are_on_stderr_and_never_the_drivers(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    outcome = provision("--log-level", "debug", "plan", "--format", "json")
    document(outcome)
    assert "sqlalchemy" not in outcome.stderr
    assert logging.getLogger("sqlalchemy").getEffectiveLevel() >= logging.WARNING


def test_control_characters_of_the_data_never_reach_the_terminal(project: Project, provision: Run) -> None:
    project.write(user("alice"))
    provision("apply")
    project.sql("UPDATE sys_user SET nickname = :evil", evil="\x1b[2J\x9b31m\u202ereversed")
    for format_ in ("text", "json", "markdown", "html"):
        shown = provision("plan", "--format", format_).stdout
        assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
        assert "reversed" in shown


def test_colour_is_written_only_when_it_is_wanted(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice"))
    assert "\x1b" not in provision("plan").stdout
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in provision("plan").stdout
    assert "\x1b" not in provision("plan", "--no-color").stdout


def test_github_shows_problems_beside_the_code(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice", "emial: x"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    outcome = provision("validate")
    assert "::error file=manifests/all.yaml,line=8,col=3" in outcome.stderr
    assert "::error" not in outcome.stdout


def test_a_reader_who_leaves_early_is_no_error(project: Project) -> None:
    project.write("".join(user(f"u{number:04}") for number in range(1000)))
    command = f"{sys.executable} -m provision plan | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Project acme on ")
