"""What was planned is what is applied, or nothing is: plans made in one folder and applied in another."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.runs import content, on_sqlite
from tests.engine.saved import KEY, another_checkout, carry, private
from tests.project import Outcome, Project, api_key, user

PASSWORD = "opensesame-4711"
MANIFEST = (
    user("alice", "email: alice@example.com", "password: {from: {env: ALICE_PASSWORD}, update: always}")
    + user("bob", "email: bob@example.com")
    + api_key("bob", "ci", "key: {hash: '" + "ab" * 32 + "'}")
)


@pytest.fixture
def first(project: Project) -> Project:
    """The folder where the plan is made, with changes of several kinds ahead."""
    made = replace(project, environ={"ALICE_PASSWORD": PASSWORD})
    made.write(user("alice", "email: old@example.com") + user("carol") + user("dave"))
    assert made.run("apply").code == 0
    made.write(MANIFEST + user("caroline", metadata=["previously: [carol]"]))
    return made


@pytest.fixture
def second(first: Project, tmp_path: Path) -> Project:
    """Another checkout of the same commit, for the same database."""
    return another_checkout(first, tmp_path)


def saved(project: Project, *options: str, environ: dict[str, str] | None = None) -> dict[str, Any]:
    done = project.run("plan", "-o", "plan.json", *options, environ=environ)
    assert done.code == 0, done.stderr
    document: dict[str, Any] = json.loads((project.folder / "plan.json").read_text(encoding="ascii"))
    return document


def refused(done: Outcome, code: int, *words: str) -> None:
    assert done.code == code, done
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr + done.stdout


def test_a_plan_made_in_one_folder_is_applied_in_another(first: Project, second: Project) -> None:
    plan = saved(first, "--prune")
    carry(plan, second)
    before = content(second)
    shown = second.run("plan", "--prune")
    assert f"Fingerprint: {plan['fingerprint']}\n" in shown.stdout
    assert content(second) == before
    done = second.run("apply", "plan.json")
    assert done.code == 0, done.stderr
    assert "Apply complete: 2 added, 2 changed, 1 removed." in done.stdout
    assert "No changes." in second.run("plan", "--prune").stdout


def test_the_fingerprint_that_was_approved_is_enough(first: Project, second: Project) -> None:
    fingerprint = re.findall("^Fingerprint: (.*)$", first.run("plan").stdout, re.MULTILINE)[0]
    assert second.run("apply", "--expect", fingerprint).code == 0
    refused(second.run("apply", "--expect", fingerprint), 4, "fingerprint is sha256:")


@pytest.mark.parametrize("approved", ["plan.json", "fingerprint"])
def test_a_row_changed_in_between_is_refused_and_the_field_named(
    first: Project, second: Project, approved: str
) -> None:
    plan = saved(first)
    carry(plan, second)
    second.sql("UPDATE sys_user SET email = 'hand@example.com' WHERE username = 'alice'")
    before = content(second)
    arguments = ["plan.json"] if approved == "plan.json" else ["--expect", plan["fingerprint"]]
    done = second.run("apply", *arguments)
    refused(done, 4, "nothing was written", *(["User/alice: email"] if approved == "plan.json" else []))
    assert "hand@example.com" not in done.stderr
    assert content(second) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE sys_user SET nickname = 'D' WHERE username = 'dave'", "User/dave: nickname"),
        ("UPDATE sys_user SET status = 0 WHERE username = 'dave'", "User/dave: status"),
        ("DELETE FROM sys_user WHERE username = 'dave'", "User/dave is gone"),
        ("UPDATE sys_user SET id = id + 100 WHERE username = 'carol'", "User/caroline is another row now"),
        ("UPDATE sys_user SET username = 'bob' WHERE username = 'carol'", "User/bob is there now"),
        ("DELETE FROM provision_resource WHERE address = 'User/alice'", "User/alice: update was planned"),
    ],
)
def test_every_row_that_the_plan_was_made_from_counts(
    first: Project, second: Project, statement: str, said: str
) -> None:
    carry(saved(first, "--prune"), second)
    second.sql(statement)
    before = content(second)
    refused(second.run("apply", "plan.json"), 4, said)
    assert content(second) == before


def test_what_the_plan_does_not_depend_on_may_move(first: Project, second: Project) -> None:
    carry(saved(first), second)
    second.sql("UPDATE sys_user SET phone = '1', last_login_time = '2026-01-01 00:00:00', avatar = 'x'")
    assert second.run("apply", "plan.json").code == 0


def test_it_is_refused_under_the_lock_as_well(first: Project) -> None:
    from provision.reconcile.request import Approval
    from provision.reconcile.saved.document import read_plan
    from provision.secrets.seal import Seal
    from tests.engine.runs import apply, meanwhile

    saved(first)
    plan = read_plan(first.folder / "plan.json", Seal())
    statement = "UPDATE sys_user SET email = 'hand@example.com' WHERE username = 'alice'"
    with pytest.raises(Exception, match=r"User/alice: email"):
        apply(
            first,
            approve=meanwhile(lambda: first.sql(statement)),
            approval=Approval(fingerprint=plan.fingerprint, document=plan),
        )


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("manifests/all.yaml", MANIFEST, "manifests/all.yaml changed"),
        ("manifests/more.yaml", user("eve"), "manifests/more.yaml is new"),
        ("manifests/all.yaml", None, "manifests/all.yaml is gone"),
        ("provision.toml", "", "provision.toml changed"),
    ],
)
@on_sqlite
def test_other_manifests_are_refused(first: Project, second: Project, file: str, text: str | None, said: str) -> None:
    second.write(user("zoe"), "zoe.yaml")
    first.write(user("zoe"), "zoe.yaml")
    carry(saved(first), second)
    place = second.folder / file
    if text is None:
        place.unlink()
    else:
        place.write_text(text or place.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    before = content(second)
    refused(second.run("apply", "plan.json"), 4, said)
    assert content(second) == before


@on_sqlite
def test_another_password_is_another_plan(first: Project, second: Project) -> None:
    assert first.run("apply").code == 0
    carry(saved(first), second)
    done = second.run("apply", "plan.json", environ={"ALICE_PASSWORD": "another-password"})
    refused(done, 4, "User/alice: nothing was planned, and now it is update")
    assert "another-password" not in done.stderr


@on_sqlite
def test_a_plan_for_another_project_or_database_is_refused(first: Project, second: Project, tmp_path: Path) -> None:
    plan = saved(first)
    carry(plan, second)
    other = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    refused(second.run("apply", "plan.json", environ={"DATABASE_URL": other}), 1, "for the database sqlite:///")
    settings = second.folder / "provision.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"acme"', '"umbrella"'), encoding="utf-8")
    refused(second.run("apply", "plan.json"), 1, "for the project acme, and this is umbrella")


@on_sqlite
def test_what_was_changed_by_hand_is_refused(first: Project) -> None:
    plan = saved(first)
    changes: list[dict[str, Any]] = [
        {"options": {**plan["options"], "prune": True}},
        {"target": "postgresql://elsewhere/acme"},
        {"fingerprint": "sha256:" + "0" * 64},
        {"rows": plan["rows"][1:]},
        {"changes": plan["changes"][:-1]},
        {"seal": "sha256:" + "0" * 64},
        {"comment": "looks good"},
    ]
    before = content(first)
    for change in changes:
        carry({**plan, **change}, first)
        refused(first.run("apply", "plan.json"), 1, "was changed after it was made")
    for format_ in ("provision.plan/v2", "provision.plan/v1.1"):
        carry({**plan, "format": format_}, first)
        refused(first.run("apply", "plan.json"), 1, "a format that this program does not know", "upgrade provision")
    assert content(first) == before


@on_sqlite
@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "{", "[" * 100_000, "\x00", "1" * 5000),
        *('{"format": 1}', '{"format": "terraform"}', '{"format": "provision.plan/v1"}'),
        '{"format": "provision.plan/v1", "seal": NaN}',
    ],
)
def test_what_is_no_plan_is_refused(first: Project, text: str) -> None:
    (first.folder / "plan.json").write_text(text, encoding="utf-8")
    refused(first.run("apply", "plan.json"), 1, "plan.json")
    refused(first.run("apply", "missing.json"), 1, "missing.json cannot be read: no such file")


@on_sqlite
def test_options_that_would_make_another_plan_are_refused(first: Project) -> None:
    saved(first)
    for options in (
        ["--prune"],
        ["--target", "User/*"],
        ["--dry-run"],
        ["-l", "a=b"],
    ):
        refused(first.run("apply", "plan.json", *options), 64, "A saved plan is applied as it was made")
    refused(first.run("apply", "plan.json", "manifests"), 64, "Name one saved plan")
    for name in ("plan.txt", ".json"):
        refused(first.run("plan", "-o", name), 64, "its name has to end in .json")
    refused(first.run("plan", "-o", "plan.json", "--as-of", "+30d"), 64, "another moment")
    refused(first.run("apply", "--expect", "sha256:12"), 64, "64 hexadecimal digits")


@on_sqlite
def test_a_file_is_held_to_the_fingerprint_that_was_approved(first: Project, second: Project) -> None:
    approved, other = saved(first, "--prune"), saved(first)
    carry(other, second)
    before = content(second)
    done = second.run("apply", "plan.json", "--expect", approved["fingerprint"])
    refused(done, 4, "plan.json is not the plan that was approved", other["fingerprint"])
    assert content(second) == before
    carry(approved, second)
    assert second.run("apply", "plan.json", "--expect", approved["fingerprint"]).code == 0
    assert "No changes." in second.run("plan", "--prune").stdout


@on_sqlite
def test_the_options_of_the_plan_come_along(first: Project, second: Project) -> None:
    carry(saved(first, "--target", "User/bob", "manifests/all.yaml"), second)
    done = second.run("apply", "plan.json")
    assert "Apply complete: 1 added, 0 changed, 0 removed." in done.stdout, done
    assert second.sql("SELECT username FROM sys_user WHERE username = 'bob'") == [("bob",)]


@on_sqlite
def test_a_key_seals_the_plan_and_is_needed_then(first: Project, second: Project) -> None:
    keyed = saved(first, environ=KEY)
    assert keyed["seal"].startswith("hmac-sha256:")
    carry(keyed, second)
    refused(second.run("apply", "plan.json"), 1, "was sealed with a key, and there is none here")
    other = {"PROVISION_FINGERPRINT_KEY": "f" * 32}
    refused(second.run("apply", "plan.json", environ=other), 1, "or sealed with another key")
    carry(saved(first), second)
    refused(second.run("apply", "plan.json", environ=KEY), 1, "was made without the key")
    carry(keyed, second)
    assert second.run("apply", "plan.json", environ=KEY).code == 0


def test_private_values_are_in_no_report_and_in_plans_as_keyed_digests(first: Project, second: Project) -> None:
    private(first)
    private(second)
    for format_ in ("text", "json", "markdown", "html"):
        done = first.run("plan", "--format", format_)
        assert done.code == 0
        assert "(private)" in done.stdout or format_ == "json"
        assert "@example.com" not in done.stdout
    assert "Fingerprint" not in first.run("plan").stdout
    refused(first.run("plan", "-o", "plan.json"), 1, "private values by keyed digests", "openssl rand")
    plan = saved(first, environ=KEY)
    assert "@example.com" not in json.dumps(plan)
    (change,) = (item for item in plan["changes"] if item["address"] == "User/alice")
    before, after = change["digests"]["email"]
    assert re.fullmatch("[0-9a-f]{16}", before)
    assert before != after
    carry(plan, second)
    second.sql("UPDATE sys_user SET email = 'hand@example.com' WHERE username = 'alice'")
    refused(second.run("apply", "plan.json", environ=KEY), 4, "User/alice: email")
    second.sql("UPDATE sys_user SET email = 'old@example.com' WHERE username = 'alice'")
    assert second.run("apply", "plan.json", environ=KEY).code == 0


def test_a_saved_plan_holds_no_secret(first: Project) -> None:
    assert first.run("apply").code == 0
    first.sql(
        "UPDATE sys_user SET password = '$2b$04$abcdefghijklmnopqrstuuSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS' WHERE id > 0"
    )
    for environ in ({}, KEY):
        text = json.dumps(saved(first, environ=environ))
        assert PASSWORD not in text
        assert "$2b$" not in text
        assert "SSSS" not in text
        assert ("ab" * 32) not in text
        assert KEY["PROVISION_FINGERPRINT_KEY"] not in text


@on_sqlite
def test_a_plan_that_cannot_be_written_is_an_error_and_leaves_nothing(first: Project) -> None:
    refused(first.run("plan", "-o", "no/such/folder/plan.json"), 1, "cannot be written")
    (first.folder / "taken.json").mkdir()
    refused(first.run("plan", "-o", "taken.json"), 1, "cannot be written")
    assert not [file.name for file in first.folder.iterdir() if "json" in file.name and file.is_file()]


@on_sqlite
def test_odd_values_are_saved_and_recognised(first: Project, second: Project) -> None:
    odd = user("odd", 'nickname: "é ☃ ##[x] "').replace("  nickname: Odd\n", "")
    for project in (first, second):
        project.write(odd, "odd.yaml")
    assert first.run("apply").code == 0
    first.sql("UPDATE sys_user SET nickname = :evil WHERE username = 'odd'", evil="\x1b[31m ::error::")
    carry(saved(first), second)
    assert second.run("apply", "plan.json").code == 0
