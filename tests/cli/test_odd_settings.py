"""What stands in a provision.toml by mistake, or in bad faith, is a problem in words, with a line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run
from tests.project import REPOSITORY, Project, settings_text, user

TOML = settings_text()
STATUS = "fields.status = { values = { active = 1, disabled = 0 }"
NUL = '"a\\u0000b"'
NO_PATH = "is not a possible path. Hint: take the NUL character out of it"
NO_TABLE = "must be a table. Hint: write it as [tool.provision]"

ODD = {
    "more digits than Python reads": (
        f"{TOML}[guards]\nmin_superusers = {'9' * 5000}\n",
        "provision.toml holds a number with too many digits\n",
    ),
    "a NUL in the backend's folder": (
        TOML.replace(f'"{REPOSITORY.as_posix()}"', NUL),
        f"provision.toml:3:1: backend.path: {NO_PATH}",
    ),
    "a NUL in a folder of manifests": (
        f"manifests = [{NUL}]\n{TOML}",
        f"provision.toml:1:1: manifests.0: {NO_PATH}",
    ),
    "a NUL in a folder of secrets": (f"{TOML}[secrets]\nroots = [{NUL}]\n", f"secrets.roots.0: {NO_PATH}"),
    "a NUL in a folder of policies": (f"{TOML}[policies]\npaths = [{NUL}]\n", f"policies.paths.0: {NO_PATH}"),
    "a list for a word": (
        TOML.replace(STATUS, f"{STATUS}, default = [1]").replace(
            "[kinds.Role]\n", '[kinds.Role]\nprivileges = ["status"]\n'
        ),
        "kinds.Role.privileges: status has no safe value. Hint: add it: fields.status.default = …",
    ),
    "a key that is ours to set": (
        f'source = "x"\n{TOML}',
        "provision.toml:1:1: source: unknown key. Hint: remove it",
    ),
}
PYPROJECTS = {
    "a value for tool": ("tool = 1\n", f"pyproject.toml:1:1: tool: {NO_TABLE}"),
    "a value for the table": ("[tool]\nprovision = 1\n", f"pyproject.toml:2:1: tool.provision: {NO_TABLE}"),
    "several tables": ('[[tool.provision]]\nproject = "x"\n', f"pyproject.toml:1:1: tool.provision: {NO_TABLE}"),
    "a key that is ours to set": (
        '[tool.provision]\nsource = "x"\n',
        "pyproject.toml:2:1: source: unknown key",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_provision_toml_is_a_problem_in_words(project: Project, provision: Run, name: str) -> None:
    text, said = ODD[name]
    project.write(user("alice"))
    (project.folder / "provision.toml").write_text(text, encoding="utf-8")
    for command in ("validate", "plan"):
        outcome = provision(command)
        assert (outcome.code, outcome.stdout) == (1, "")
        assert said in outcome.stderr


@pytest.mark.parametrize("name", PYPROJECTS)
def test_an_odd_pyproject_toml_is_a_problem_in_words(project: Project, provision: Run, name: str) -> None:
    text, said = PYPROJECTS[name]
    (project.folder / "pyproject.toml").write_text(text, encoding="utf-8")
    outcome = provision("validate", "--config", "pyproject.toml")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert said in outcome.stderr


def test_a_pyproject_toml_whose_tool_is_no_table_is_passed_over(project: Project, provision: Run) -> None:
    (project.folder / "pyproject.toml").write_text("tool = 1  # [tool.provision]\n", encoding="utf-8")
    (project.folder / "provision.toml").unlink()
    outcome = provision("validate")
    assert outcome.code == 1
    assert outcome.stderr.startswith("no provision.toml in ")


def test_a_database_file_of_an_impossible_name_is_not_there(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(user("alice"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{'x' * 5000}")
    outcome = provision("plan")
    assert (outcome.code, outcome.stdout) == (3, "")
    assert outcome.stderr.startswith("Error: there is no database file xxx")


@pytest.mark.parametrize("code", ["", "0", "'postgresql://me:hunter2@host/db'"])
@pytest.mark.parametrize("table", ["[backend]\npath = '.'\nload", "[database]\nurl_from"])
def test_an_application_that_exits_is_an_error_and_not_success(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch, table: str, code: str
) -> None:
    project.write(user("alice"))
    (project.folder / "quitting.py").write_text(f"import sys\ndef load():\n    sys.exit({code})\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(project.folder))
    monkeypatch.delenv("DATABASE_URL")
    head, kinds = TOML.split("[backend]", 1)
    kinds = kinds.split("[kinds.User]", 1)[1]
    (project.folder / "provision.toml").write_text(
        f'{head}{table} = "quitting:load"\n[kinds.User]{kinds}', encoding="utf-8"
    )
    outcome = provision("apply")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert "quitting:load cannot be used: it raised SystemExit" in outcome.stderr
    assert "hunter2" not in outcome.stderr


def test_a_model_that_exits_is_an_error_and_not_success(
    project: Project, provision: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quitting(*_arguments: object) -> None:
        raise SystemExit

    from provision.reconcile import run

    project.write(user("alice"))
    monkeypatch.setattr(run, "resolve", quitting)
    outcome = provision("apply")
    assert outcome.code == 1
    assert outcome.stderr.startswith("Error: unexpected SystemExit at test_odd_settings.py:")
