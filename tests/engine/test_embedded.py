"""With no database named, it is SQLite in provision.db beside provision.toml, made by the first apply."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.project import REPOSITORY, Project, settings_text, user


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose environment names no database."""
    (tmp_path / "provision.toml").write_text(settings_text(), encoding="utf-8")
    project = Project(folder=tmp_path, url="")
    project.write(user("alice"))
    return project


def test_a_plan_makes_no_file_and_an_apply_does(project: Project) -> None:
    file = project.folder / "provision.db"
    planned = project.run("plan")
    assert planned.code == 0, planned.stderr
    assert "Plan: 1 to add, 0 to change, 0 to remove." in planned.stdout
    assert f"Project acme on sqlite:///{file}" in planned.stdout
    assert not file.exists()

    applied = project.run("apply")
    assert applied.code == 0, applied.stderr
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT username FROM sys_user").fetchall() == [("alice",)]
    connection.close()
    assert "No changes." in project.run("plan").stdout


def test_an_empty_file_left_by_a_stopped_run_is_no_obstacle(project: Project) -> None:
    (project.folder / "provision.db").touch()
    assert "Plan: 1 to add" in project.run("plan").stdout
    assert (project.folder / "provision.db").stat().st_size == 0
    assert project.run("apply").code == 0


def test_a_refused_run_makes_no_file(project: Project) -> None:
    project.write(user("alice", "password: {from: {env: MISSING}}"))
    assert project.run("apply").code == 1
    assert not (project.folder / "provision.db").exists()


def test_migrate_makes_it_too(project: Project) -> None:
    assert project.run("migrate").stdout == "The ledger's tables were created or upgraded.\n"
    assert project.run("migrate").stdout == "The ledger's tables are up to date.\n"
    assert (project.folder / "provision.db").is_file()


def test_it_lies_beside_provision_toml_wherever_the_command_is_started(project: Project) -> None:
    folder = project.folder / "deep" / "inside"
    folder.mkdir(parents=True)
    below = Project(folder=folder, url="")
    assert below.run("apply").code == 0
    assert (project.folder / "provision.db").is_file()
    assert list(folder.iterdir()) == []


def test_the_repository_works_as_it_is_cloned(tmp_path: Path) -> None:
    for name in ("backend", "manifests"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "provision.toml", tmp_path)
    clone = Project(folder=tmp_path, url="")
    assert clone.run("apply").code == 0
    again = clone.run("plan", "--detailed-exitcode")
    assert (again.code, "No changes. The database matches the manifests." in again.stdout) == (0, True)
    assert (tmp_path / "provision.db").is_file()
