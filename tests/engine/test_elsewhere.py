"""A program that has the engine as a library need not be in the project's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.runs import apply, on_sqlite
from tests.project import Project, api_key, user

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@on_sqlite
def test_sources_and_sinks_are_found_from_any_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "manifests").mkdir()
    (project.folder / "manifests" / "password").write_text("open sesame\n")
    project.write(
        user("bot", "password: {from: {file: password}}")
        + api_key("bot", "ci", "key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/key}}]")
    )
    monkeypatch.chdir(tmp_path)
    apply(project)
    assert (project.folder / "out" / "key").read_text().startswith("acme_")
    assert apply(project).plan.is_empty
