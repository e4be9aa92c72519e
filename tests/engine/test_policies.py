"""Policies on real databases: deny stops apply with nothing written, warn is told, nothing passes by accident."""

from __future__ import annotations

import json

import pytest

from provision.errors import ExitCode, InvalidInputError, RefusedError
from provision.report.view import PlanView, Stage
from tests.engine.runs import actions, apply, content, meanwhile, on_sqlite, plan, shown
from tests.policy.writing import policy_text, rule
from tests.project import Project, api_key, user

OWNED = rule(
    "has(resource.labels.owner)",
    "superusers-need-an-owner",
    kinds=["User"],
    when="resource.spec.is_superuser",
    message="superusers need an owner label",
)
SHORT_LIVED = rule(
    'timestamp(resource.spec.expires_at) - now <= duration("2160h")',
    "keys-live-90-days",
    kinds=["ApiKey"],
    message="keys live at most 90 days",
)
OURS = rule('resource.spec.email.endsWith("@example.com")', "ours", kinds=["User"], when="has(resource.spec.email)")
HASH = 'key: {hash: "' + "0" * 64 + '"}'


def judge_by(project: Project, *rules: dict[str, object], name: str = "policies/people.yaml") -> None:
    file = project.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(policy_text(*rules), encoding="utf-8")


def broken(view: PlanView) -> list[str]:
    return [f"{no.rule.partition('/')[2]} {no.address}" for no in view.refusals]


def test_a_denied_plan_is_shown_and_not_applied(project: Project) -> None:
    project.write(user("bob"))
    apply(project)
    judge_by(project, OWNED)
    project.write(user("bob") + user("root", "is_superuser: true"))
    before = content(project)
    view = plan(project)
    assert broken(view) == ["superusers-need-an-owner User/root"]
    assert "Apply would be refused: User/root (manifests/all.yaml:9): superusers need an owner label" in shown(view)
    with pytest.raises(RefusedError) as caught:
        apply(project)
    assert caught.value.exit_code == ExitCode.REFUSED
    assert content(project) == before
    project.write(user("bob") + user("root", "is_superuser: true", metadata=["labels: {owner: amy}"]))
    assert apply(project).stage is Stage.APPLIED
    assert plan(project).plan.is_empty


def test_a_warning_is_told_and_the_plan_applied(project: Project) -> None:
    judge_by(project, OWNED | {"severity": "warn"})
    project.write(user("root", "is_superuser: true"))
    view = apply(project)
    assert view.stage is Stage.APPLIED
    [warning] = view.warnings
    assert warning.startswith("User/root (manifests/all.yaml:2): superusers need an owner label (policy people/")
    assert actions(view) == ["create User/root"]


def test_the_mail_of_a_user_is_judged_as_it_will_be(project: Project) -> None:
    judge_by(project, OURS)
    project.write(user("bob", "email: bob@example.org") + user("eve"))
    assert broken(plan(project)) == ["ours User/bob"]
    project.write(user("bob", "email: bob@example.com") + user("eve"))
    apply(project)
    project.sql("UPDATE sys_user SET email = 'bob@evil.org' WHERE username = 'bob'")
    assert not plan(project).refusals  # the plan itself puts it right
    project.write(user("bob") + user("eve"))
    assert broken(plan(project)) == ["ours User/bob"]


def test_a_key_that_lives_too_long_is_refused_by_whatever_its_end_is_said(project: Project) -> None:
    judge_by(project, SHORT_LIVED)
    file = "deliver_to: [{file: {path: secrets/k.env, format: env, name: K}}]"
    made = "key: {generate: {prefix: acme}}"
    for lines in ([HASH, "expires_at: 2099-01-01T00:00:00Z"], [made, file, "expires_in: 91d"], [HASH]):
        project.write(user("bot") + api_key("bot", "ci", *lines))
        assert broken(plan(project)) == ["keys-live-90-days ApiKey/bot/ci"]
    for lines in ([HASH, "expires_at: 2020-01-01T00:00:00Z"], [made, file, "expires_in: 90d"]):
        project.write(user("bot") + api_key("bot", "ci", *lines))
        assert not plan(project).refusals
    apply(project)
    assert not plan(project).refusals
    assert broken(plan(project, as_of=0.0)) == []


def test_what_the_application_changed_is_judged_although_git_changes_nothing(project: Project) -> None:
    judge_by(project, rule("!has(resource.spec.phone)", "no-phones", kinds=["User"]))
    project.write(user("bob"))
    apply(project)
    project.sql("UPDATE sys_user SET phone = '12345' WHERE username = 'bob'")
    view = plan(project)
    assert view.plan.is_empty
    assert broken(view) == ["no-phones User/bob"]
    with pytest.raises(RefusedError):
        apply(project)


def test_a_violation_that_turns_up_under_the_lock_writes_nothing(project: Project) -> None:
    judge_by(project, rule("!has(resource.spec.phone)", "no-phones", kinds=["User"]))
    project.write(user("bob") + user("eve"))
    apply(project)
    project.write(user("bob") + user("eve", "email: eve@example.com"))
    ring = meanwhile(lambda: project.sql("UPDATE sys_user SET phone = '12345' WHERE username = 'bob'"))
    with pytest.raises(RefusedError):
        apply(project, approve=ring)
    assert project.sql("SELECT email FROM sys_user WHERE username = 'eve'") == [(None,)]


def test_removals_are_judged_as_changes(project: Project) -> None:
    project.write(user("bob") + user("eve"))
    apply(project)
    keeps = rule('!(change.action in ["disable", "delete"]) || resource.name != "bob"', "keep-bob", over="change")
    judge_by(project, keeps)
    project.write(user("eve"))
    assert not plan(project).refusals
    assert broken(plan(project, prune=True)) == ["keep-bob User/bob"]


def test_a_superuser_without_an_owner_may_be_removed(project: Project) -> None:
    project.write(user("root", "is_superuser: true") + user("boss", "is_superuser: true"))
    apply(project)
    judge_by(project, OWNED)
    project.write(user("boss", "is_superuser: true", metadata=["labels: {owner: amy}"]))
    assert broken(plan(project)) == ["superusers-need-an-owner User/root"]
    assert not plan(project, prune=True).refusals


@on_sqlite
def test_where_policies_are_is_a_setting(project: Project) -> None:
    project.write(user("bob"))
    settings = project.folder / "provision.toml"
    text = settings.read_text(encoding="utf-8")
    judge_by(project, rule("false", "never"), name="rules/strict.yaml")
    assert not plan(project).refusals
    settings.write_text(text.replace("[backend]", '[policies]\npaths = ["rules"]\n[backend]'), encoding="utf-8")
    assert broken(plan(project)) == ["never User/bob"]
    settings.write_text(text.replace("[backend]", '[policies]\npaths = ["misspelt"]\n[backend]'), encoding="utf-8")
    with pytest.raises(InvalidInputError) as caught:
        plan(project)
    assert "misspelt: no such file or folder" in str(caught.value.problems[0])
    judge_by(project, rule("false", "never"))
    settings.write_text(text.replace("[backend]", "[policies]\npaths = []\n[backend]"), encoding="utf-8")
    assert not plan(project).refusals


@on_sqlite
def test_problems_of_manifests_and_of_policies_are_told_together(project: Project) -> None:
    project.write(user("bob", "mail: x"))
    judge_by(project, rule("resource.", "half"))
    done = project.run("validate")
    assert done.code == 1
    assert "manifests/all.yaml:8:3: spec.mail: unknown key" in done.stderr
    assert "rules[0].require: column 10: not an expression of CEL" in done.stderr
    assert "2 problems found." in done.stderr


@on_sqlite
def test_json_names_rule_address_and_source_where_there_are_any(project: Project) -> None:
    judge_by(project, OWNED)
    project.write(user("root", "is_superuser: true") + api_key("root", "ci", "key: {generate: {prefix: acme}}"))
    refusals = json.loads(project.run("plan", "--format", "json").stdout)["refusals"]
    by_guard = {refusal["guard"]: refusal for refusal in refusals}
    assert by_guard["delivery"].keys() == {"guard", "message", "hint"}
    about = {name: by_guard["policy"][name] for name in ("rule", "address", "source")}
    assert about == {
        "rule": "people/superusers-need-an-owner",
        "address": "User/root",
        "source": "manifests/all.yaml:2",
    }


@on_sqlite
def test_rules_without_the_library_are_an_error_and_overrides_are_not(project: Project) -> None:
    project.write(user("bob"))
    # Found first by the program, as it is started in this folder.
    (project.folder / "cel.py").write_text("raise ModuleNotFoundError('cel', name='cel')\n", encoding="utf-8")
    judge_by(project, rule("true", "always"))
    done = project.run("validate")
    assert done.code == 1
    assert "policies/people.yaml:7:12: rules need common-expression-language" in done.stderr
    assert "pip install 'provision-db[policy]'" in done.stderr
    assert "Traceback" not in done.stderr
    override = {"guard": "removals", "plan": f"sha256:{'0' * 64}", "reason": "moving"}
    text = policy_text(overrides=[override])
    (project.folder / "policies" / "people.yaml").write_text(text, encoding="utf-8")
    assert project.run("validate").code == 0


@on_sqlite
def test_the_library_is_not_imported_where_there_are_no_rules(project: Project) -> None:
    project.write(user("bob"))
    (project.folder / "cel.py").write_text("raise SystemExit(99)\n", encoding="utf-8")
    for command in (["validate"], ["plan"], ["apply"]):
        assert project.run(*command).code == 0


@on_sqlite
def test_no_rule_can_tell_a_secret(project: Project) -> None:
    """Neither what it sees nor what a report says of it holds the password, its hash, or the fields' values."""
    rules = [
        rule("resource == {}", "whole"),
        rule("string(resource.spec.nickname + 1) == ''", "value"),
        rule("change == {}", "change", over="change"),
        rule("has(resource.spec.password)", "spec"),
        rule("change.fields.password.after != null", "after", over="change"),
    ]
    judge_by(project, *rules)
    project.write(user("root", "password: {from: {env: ROOT_PASSWORD}}"))
    done = project.run("plan", environ={"ROOT_PASSWORD": "canary-Hunter2-canary"})
    assert done.code == 0
    assert done.stdout.count("Apply would be refused") == 5
    assert "canary" not in done.stdout + done.stderr
    assert "$2b$" not in done.stdout + done.stderr
