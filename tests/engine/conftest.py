"""A project on each kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import Project, make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without manifests on a fresh database with the backend's tables: once for each kind of database.

    Its folder is the current one.
    """
    made = make_project(tmp_path / "project", database_url)
    monkeypatch.chdir(made.folder)
    return made
