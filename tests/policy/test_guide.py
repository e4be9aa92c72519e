"""The guide to policies and the example tell the truth: every rule in them loads, and does what is said of it."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator

from provision.core.plan import Action
from provision.errors import Problem
from provision.manifest.yaml_reader import read_documents
from provision.policy.names import CHANGE, FUNCTIONS, RESOURCE
from provision.policy.tokens import COMPREHENSIONS
from provision.report.view import PlanView
from tests.engine.runs import plan, shown
from tests.project import REPOSITORY, Project, api_key, make_project, user

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (REPOSITORY / "docs" / "guides" / "policies.md").read_text(encoding="utf-8")
EXAMPLE = REPOSITORY / "examples" / "policies"
THREE, CHANGES, OVERRIDES = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
SCHEMA: dict[str, Any] = json.loads((REPOSITORY / "schemas" / "policy.schema.json").read_text(encoding="utf-8"))
KEY = 'key: {hash: "' + "0" * 64 + '"}'


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on SQLite, whose folder is the current one."""
    made = make_project(tmp_path / "project", sqlite_url)
    monkeypatch.chdir(made.folder)
    (made.folder / "policies").mkdir()
    return made


def judged(project: Project, policy: str, manifests: str, **options: Any) -> PlanView:
    (project.folder / "policies" / "people.yaml").write_text(policy, encoding="utf-8")
    project.write(manifests, "people.yaml")
    return plan(project, **options)


@pytest.mark.parametrize(
    ("manifests", "told"),
    [
        (user("root", "is_superuser: true").removeprefix("---\n"), "superusers need an owner label"),
        (user("bot") + api_key("bot", "ci", KEY, "expires_at: 2099-01-01T00:00:00Z"), "keys live at most 90 days"),
        (user("bot") + api_key("bot", "ci", KEY), "keys live at most 90 days"),
        (user("bob", "email: bob@example.org"), "Warning: User/bob (manifests/people.yaml:2): e-mail must end in"),
    ],
)
def test_the_three_rules_of_the_guide_find_what_they_say(project: Project, manifests: str, told: str) -> None:
    view = judged(project, THREE, manifests)
    assert told in shown(view)
    assert bool(view.refusals) is not bool(view.warnings)


def test_the_three_rules_of_the_guide_let_pass_what_keeps_them(project: Project) -> None:
    good = user("root", "is_superuser: true", "email: r@example.com", metadata=["labels: {owner: amy}"]) + user("bot")
    view = judged(project, THREE, good + api_key("bot", "ci", KEY, "expires_at: 2020-01-01T00:00:00Z"))
    assert (view.refusals, view.warnings) == ((), ())


def test_the_guide_quotes_what_a_plan_says(project: Project) -> None:
    [quoted] = re.findall(r"^```text\n(.*?)\n```", GUIDE, re.MULTILINE | re.DOTALL)
    assert quoted in shown(judged(project, THREE, user("root", "is_superuser: true").removeprefix("---\n")))


def test_the_other_rules_and_the_override_of_the_guide_load(project: Project) -> None:
    generated = "key: {generate: {prefix: acme}}"
    file = "deliver_to: [{file: {path: secrets/k.env, format: env, name: K}}]"
    view = judged(project, CHANGES, user("bot") + api_key("bot", "ci", generated, file))
    assert [refusal.rule for refusal in view.refusals] == ["changes/generated-keys-rotate"]
    assert not judged(project, OVERRIDES, user("bot")).refusals


@pytest.mark.parametrize(
    "policy", [THREE, CHANGES, OVERRIDES, *[file.read_text() for file in EXAMPLE.glob("policies/*")]]
)
def test_an_editor_takes_what_the_program_takes(policy: str) -> None:
    for document in read_documents(policy.encode(), file="policy.yaml"):
        assert not isinstance(document, Problem)
        Draft7Validator(SCHEMA).validate(document.data)


def test_the_guide_names_every_variable_function_and_action() -> None:
    words = set(re.findall(r"\w+", GUIDE))
    methods = {name for name in FUNCTIONS if name.startswith("get")}
    assert not (RESOURCE | CHANGE | FUNCTIONS | COMPREHENSIONS | set(Action)) - methods - {"existsOne"} - words


def test_the_example_runs_and_refuses_a_superuser_without_an_owner(project: Project) -> None:
    shutil.copytree(EXAMPLE, project.folder, dirs_exist_ok=True)
    settings = project.folder / "provision.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('path = "../.."', f'path = "{REPOSITORY.as_posix()}"'), encoding="utf-8")
    for command in (["validate"], ["plan"], ["apply"], ["plan", "--detailed-exitcode"]):
        done = project.run(*command)
        assert (done.code, done.stderr) == (0, "")
    manifest = project.folder / "manifests" / "people.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("  labels: {owner: amy}\n", ""), encoding="utf-8")
    done = project.run("apply")
    assert done.code == 5
    assert "superusers need an owner label (policy people/superusers-need-an-owner)" in done.stdout
