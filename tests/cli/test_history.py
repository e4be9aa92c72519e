"""`provision history` and the commands below it, as people meet them."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Run
from tests.project import Project, api_key, user

HASH = "$2b$04$abcdefghijklmnopqrstuuWTNRnyWgqUPEnZ0GeR3s3nqcGxj9aFe"


@pytest.fixture
def two_runs(project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project with a past: the ids of its runs, the newest first."""
    monkeypatch.setenv("PROVISION_ACTOR", "carol")
    key = api_key("alice", "ci", f"key: {{hash: {'c' * 64}}}")
    project.write(user("alice", f"password: {{hash: '{HASH}'}}") + key)
    assert provision("apply").code == 0
    project.write(user("alicia", metadata=["previously: [alice]"]) + key.replace("alice", "alicia"))
    assert provision("apply").code == 0
    return [str(run) for (run,) in project.sql("SELECT id FROM provision_run ORDER BY seq DESC")]


def test_runs_are_listed_with_the_newest_first(two_runs: list[str], provision: Run) -> None:
    outcome = provision("history")
    assert (outcome.code, outcome.stderr) == (0, "")
    title, *lines = outcome.stdout.splitlines()
    assert title.split() == ["RUN", "WHEN", "WHO", "COMMAND", "CHANGES", "COMMIT", "OUTCOME"]
    assert [line.split()[0] for line in lines] == [run[:8] for run in two_runs]
    assert re.fullmatch(r"\w{8}  [\d-]{10}T[\d:]{8}Z  carol  apply    \+2 ~0 -0  -       applied", lines[1])


def test_a_run_is_shown_in_the_words_of_its_plan(two_runs: list[str], provision: Run) -> None:
    first = provision("history", "show", two_runs[1][:6])
    assert first.code == 0
    for line in (
        f"Run      {two_runs[1]}, number 1",
        "Who      carol",
        "Outcome  applied: 2 added, 0 changed, 0 removed",
        "  + User/alice  (manifests/all.yaml:2)",
        '      + nickname     = "Alice"',
        "      + password     = (sensitive)",
        "      + key = (sensitive)",
    ):
        assert line in first.stdout.splitlines()
    last = provision("history", "show", two_runs[0])
    assert "  ~ User/alicia was renamed from User/alice  (manifests/all.yaml:2)" in last.stdout
    assert '      ~ nickname = "Alice" -> "Alicia"' in last.stdout


def test_in_json_a_secret_says_that_it_was_written_and_no_more(two_runs: list[str], provision: Run) -> None:
    outcome = provision("history", "show", two_runs[1], "--format", "json")
    document = json.loads(outcome.stdout)
    assert document["run"]["id"] == two_runs[1]
    fields = [field for change in document["changes"] for field in change["fields"] if "before" not in field]
    assert fields == [{"name": "password", "sensitive": True}, {"name": "key", "sensitive": True}]
    runs = json.loads(provision("history", "--format", "json", "--limit", "1").stdout)["runs"]
    assert [(run["id"], run["outcome"]) for run in runs] == [(two_runs[0], "applied")]


def test_no_output_of_the_history_holds_a_digest_of_a_secret(
    two_runs: list[str], project: Project, provision: Run
) -> None:
    stored = project.sql("SELECT fields FROM provision_change")
    digests = re.findall(r'"sha256:([0-9a-f]{16})"', str(stored))
    assert len(digests) == 2
    for arguments in (("show", two_runs[1]), ("show", two_runs[1], "--format", "json"), ("verify",), ()):
        assert not any(digest in provision("history", *arguments).stdout for digest in digests)


def test_what_the_database_holds_cannot_steer_a_terminal_or_a_log(
    two_runs: list[str], project: Project, provision: Run
) -> None:
    evil = "\x1b[31m::error::x##[endgroup]"
    project.sql("UPDATE provision_run SET actor = :it, branch = :it, command = :it, job_url = :it", it=evil)
    project.sql("UPDATE provision_change SET address = :it, action = :it, source = :it", it=evil)
    fields = json.dumps([{"name": evil, "before": evil, "after": evil}, {"retired": evil, "reason": evil}])
    project.sql("UPDATE provision_change SET fields = :it", it=fields)
    for arguments in ((), ("show", two_runs[0]), ("verify",)):
        for format_ in ("text", "json"):
            shown = provision("history", *arguments, "--format", format_).stdout
            assert "\x1b" not in shown
            assert "##[" not in shown
            assert not re.search(r"^\s*::", shown, re.MULTILINE)


def test_a_chain_that_holds_ends_with_0_and_names_its_head(two_runs: list[str], provision: Run) -> None:
    outcome = provision("history", "verify")
    assert outcome.code == 0
    assert "The chain of acme holds: 2 runs, 3 changes.\nHead: number 2, sha256:" in outcome.stdout
    document = json.loads(provision("history", "verify", "--format", "json").stdout)
    assert (document["holds"], document["head"]["id"], document["findings"]) == (True, two_runs[0], [])
    assert provision("history", "verify", "--expect", document["head"]["hash"]).code == 0


def test_the_head_is_what_the_report_of_apply_said(two_runs: list[str], project: Project, provision: Run) -> None:
    project.write(user("bob"), "more.yaml")
    run = json.loads(provision("apply", "--format", "json").stdout)["run"]
    head = json.loads(provision("history", "verify", "--format", "json").stdout)["head"]
    assert run == head
    assert json.loads(provision("apply", "--format", "json").stdout)["run"] is None


def test_a_chain_that_does_not_hold_ends_with_1_and_names_the_run(
    two_runs: list[str], project: Project, provision: Run
) -> None:
    project.sql("UPDATE provision_run SET actor = 'mallory' WHERE seq = 1")
    outcome = provision("history", "verify")
    assert outcome.code == 1
    assert f"Broken: run {two_runs[1]} (number 1): the run, or one of its changes, was edited" in outcome.stdout
    assert "The chain of acme does not hold" in outcome.stdout
    document = json.loads(provision("history", "verify", "--format", "json").stdout)
    assert (document["holds"], document["findings"][0]["run"]) == (False, two_runs[1])


def test_a_head_that_no_run_has_ends_with_1(two_runs: list[str], provision: Run) -> None:
    outcome = provision("history", "verify", "--expect", f"sha256:{'0' * 64}")
    assert outcome.code == 1
    assert f"Broken: no run has the hash sha256:{'0' * 64}" in outcome.stdout


def test_pruning_says_what_it_deletes_and_what_stays(two_runs: list[str], provision: Run) -> None:
    kept = provision("history", "prune", "--older-than", "400d")
    assert (kept.code, kept.stdout[:16]) == (0, "Nothing to prune")
    outcome = provision("history", "prune", "--older-than", "0s", "--yes")
    assert outcome.code == 0
    assert "1 run and 3 changes." in outcome.stdout
    assert "Kept without changes, since resources refer to them: 1 run." in outcome.stdout
    assert "They are deleted." in outcome.stdout
    assert "Its changes are not kept any more." in provision("history", "show", two_runs[0]).stdout
    assert provision("history", "verify").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("history", "--since", "yesterday"), 64),
        (("history", "--until", "+3d"), 64),
        (("history", "--limit", "0"), 64),
        (("history", "show"), 64),
        (("history", "show", "nothing"), 1),
        (("history", "verify", "--expect", "sha256:12"), 64),
        (("history", "prune"), 64),
        (("history", "erase"), 64),
    ],
)
def test_what_is_asked_for_wrongly_is_an_error(project: Project, provision: Run, arguments: str, code: int) -> None:
    outcome = provision(*arguments)
    assert outcome.code == code
    assert outcome.stderr


def test_without_a_past_there_is_nothing_to_show(project: Project, provision: Run) -> None:
    assert provision("history").stdout == "No runs.\n"
    assert provision("history", "verify").stdout.startswith("There is no chain yet")
    assert provision("history", "prune", "--older-than", "1d").stdout.startswith("Nothing to prune")
