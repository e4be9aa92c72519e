"""Generated keys from the command line: rotated, printed on a terminal alone, and looked at ahead of time."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from hashlib import sha256

import pytest

from tests.cli.conftest import Run
from tests.project import Project, api_key, user

KEY = "key: {generate: {prefix: acme}}"
DELIVER = "deliver_to: [{file: {path: ../out/ci.env, format: env, name: TOKEN}}]"
ROTATE = "rotate: {every: 90d, overlap: 7d}"
ADDRESS = "ApiKey/bot/ci"


def on_a_terminal(project: Project, *arguments: str, answer: bytes = b"") -> tuple[int, str]:
    """The exit code, and what a person sees who runs the program on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "provision", *arguments],
        cwd=project.folder,
        env=project.environment() | {"NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answer)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    return process.wait(), seen.decode().replace("\r\n", "\n")


def hashes(project: Project) -> list[str]:
    return [row[0] for row in project.sql("SELECT key_hash FROM sys_api_key ORDER BY generation")]


def test_rotate_makes_a_successor_and_says_how_long_the_former_key_is_valid(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER, ROTATE))
    assert provision("apply").code == 0
    outcome = provision("rotate", ADDRESS)
    assert outcome.code == 0
    assert "~ ApiKey/bot/ci will be rotated" in outcome.stdout
    assert "delivered to file ../out/ci.env TOKEN" in outcome.stdout
    assert "generation 1 stays valid until" in outcome.stdout
    assert outcome.stdout.endswith("Apply complete: 0 added, 1 changed, 0 removed.\n")
    assert project.sql("SELECT count(*) FROM sys_api_key WHERE is_active") == [(2,)]


def test_revoke_old_now_leaves_one_key(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER))
    provision("apply")
    assert provision("rotate", ADDRESS).code == 1
    outcome = provision("rotate", ADDRESS, "--revoke-old-now", "--format", "json")
    assert outcome.code == 0
    [change] = json.loads(outcome.stdout)["changes"]
    assert change["retires"] == [{"generation": 1, "reason": "revoked at once, as asked"}]
    assert project.sql("SELECT generation FROM sys_api_key WHERE is_active") == [(2,)]
    assert provision("rotate", ADDRESS, "--overlap", "1h").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rotate",), "Missing argument 'ADDRESS...'"),
        (("rotate", "ci"), "an address looks like User/alice or ApiKey/deploy-bot/ci"),
        (("rotate", ADDRESS, "--overlap", "1h", "--revoke-old-now"), "give one of the two"),
        (("rotate", ADDRESS, "--overlap", "1 month"), "write a duration as"),
        (("rotate", ADDRESS, "--print-secrets"), "--print-secrets writes to a terminal"),
        (("apply", "--print-secrets"), "--print-secrets writes to a terminal"),
        (("apply", "--as-of", "+30d"), "No such option"),
        (("plan", "--as-of", "tomorrow"), "write a day as 2027-03-01"),
        (("plan", "--fail-if-expiring", "14"), "write a duration as"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    project: Project, provision: Run, arguments: tuple[str, ...], message: str
) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER))
    outcome = provision(*arguments)
    assert outcome.code == 64
    assert message in outcome.stderr
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_a_key_with_nowhere_to_go_is_refused_with_the_ways_out(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    outcome = provision("apply")
    assert outcome.code == 5
    assert "the key of ApiKey/bot/ci would be generated, and has nowhere to go" in outcome.stdout
    assert "deliver_to" in outcome.stdout
    assert "--print-secrets" in outcome.stdout
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


def test_a_key_is_printed_once_on_a_terminal_after_the_commit(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    code, seen = on_a_terminal(project, "apply", "--print-secrets", "--yes")
    assert code == 0
    [key] = re.findall("acme_[0-9A-Za-z]{36}", seen)
    assert hashes(project) == [sha256(key.encode()).hexdigest()]
    assert seen.index("Plan: 2 to add") < seen.index(key)
    code, seen = on_a_terminal(project, "apply", "--print-secrets", "--yes")
    assert (code, re.findall("acme_[0-9A-Za-z]{36}", seen)) == (0, [])
    assert "No changes." in seen


def test_what_has_a_place_to_go_is_not_printed(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER))
    code, seen = on_a_terminal(project, "apply", "--print-secrets", "--yes")
    assert code == 0
    assert "acme_" not in seen


def test_a_person_is_asked_before_a_rotation(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER, ROTATE))
    on_a_terminal(project, "apply", "--yes")
    before = hashes(project)
    code, seen = on_a_terminal(project, "rotate", ADDRESS, answer=b"n\n")
    assert "Apply this plan?" in seen
    assert (code, hashes(project)) == (130, before)


def test_plan_tells_what_will_be_due_and_what_will_have_expired(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER, "expires_in: 30d"))
    provision("apply")
    assert provision("plan", "--fail-if-expiring", "14d").code == 0
    outcome = provision("plan", "--fail-if-expiring", "14d", "--as-of", "+20d")
    assert outcome.code == 5
    assert re.search(r"Expiring: ApiKey/bot/ci expires at 20[0-9T:-]+Z \(manifests/all\.yaml:\d+\)", outcome.stdout)
    answer = json.loads(provision("plan", "--fail-if-expiring", "40d", "--format", "json").stdout)
    assert [item["address"] for item in answer["expiring"]] == [ADDRESS]

    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER, ROTATE))
    provision("apply")
    assert "No changes." in provision("plan", "--as-of", "+89d").stdout
    outcome = provision("plan", "--as-of", "2099-01-01", "--detailed-exitcode")
    assert outcome.code == 2
    assert "as of 2099-01-01T00:00:00Z" in outcome.stdout
    assert "will be rotated" in outcome.stdout


def test_a_sink_that_is_not_there_is_said_before_anything_is_written(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, "deliver_to: [{command: [vault, put]}]"))
    outcome = provision("plan")
    assert outcome.code == 0
    assert (
        "Apply would be refused: manifests/all.yaml:16:16: spec.deliver_to[0]: the command vault is not allowed"
        in outcome.stdout
    )
    assert provision("apply").code == 5
    assert project.sql("SELECT count(*) FROM sys_user") == [(0,)]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_delivery_that_fails_is_told_beside_what_was_written(
    project: Project, provision: Run, format_: str
) -> None:
    settings = project.folder / "provision.toml"
    settings.write_text(settings.read_text() + '[secrets]\ncommands = ["false"]\n')
    project.write(user("bot") + api_key("bot", "ci", KEY, 'deliver_to: [{command: ["false"]}]'))
    outcome = provision("apply", "--format", format_)
    assert outcome.code == 1
    assert "the database is written, but ApiKey/bot/ci is not delivered" in outcome.stderr
    if format_ == "json":
        answer = json.loads(outcome.stdout)
        assert (answer["applied"], answer["summary"]["add"]) == (True, 2)
        assert "is not delivered" in answer["warnings"][0]
    else:
        assert outcome.stdout.endswith("Apply complete: 2 added, 0 changed, 0 removed.\n")
    assert project.sql("SELECT count(*) FROM sys_api_key") == [(1,)]


def test_two_keys_for_one_place_are_an_error_whether_or_not_they_are_due(project: Project, provision: Run) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER))
    provision("apply")
    project.write(user("bot") + api_key("bot", "ci", KEY, DELIVER) + api_key("bot", "cd", KEY, DELIVER))
    outcome = provision("plan")
    assert outcome.code == 1
    assert "is delivered to twice, first at" in outcome.stderr


@pytest.mark.parametrize("path", ["../../key", "/etc/key", "a/../../../key"])
def test_a_place_outside_the_roots_is_an_error_without_a_database(
    project: Project, provision: Run, path: str
) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY, f"deliver_to: [{{file: {{path: {path}}}}}]"))
    outcome = provision("validate")
    assert outcome.code == 1
    assert "spec.deliver_to[0]: " in outcome.stderr
    assert "is outside the folders that secrets may be delivered to" in outcome.stderr
