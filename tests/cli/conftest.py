"""A project whose folder is the current one, and the command line in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provision.cli.entry import run
from tests.project import Outcome, Project, make_project

Run = Callable[..., Outcome]


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str) -> Project:
    """A project without manifests on a fresh SQLite database with the backend's tables."""
    return make_project(tmp_path / "project", sqlite_url)


@pytest.fixture
def provision(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """`provision(*arguments)` in the project's folder: what it ended with and printed."""
    monkeypatch.chdir(project.folder)
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    # What a developer's machine or a CI system sets would change the output.
    for name in ("GITHUB_ACTIONS", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    handlers, level = logging.root.handlers[:], logging.root.level

    def provision(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Outcome(code=code, stdout=printed.out, stderr=printed.err)

    yield provision
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
