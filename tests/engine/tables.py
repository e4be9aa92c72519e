"""Projects whose kinds are bound to tables that nobody wrote a class for."""

from __future__ import annotations

from pathlib import Path

from tests.project import Project


def table_project(folder: Path, url: str, ddl: str, kinds: str) -> Project:
    """A project with these tables (statements that end with a semicolon) and these bindings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "provision.toml").write_text(f'project = "tables"\n{kinds}', encoding="utf-8")
    project = Project(folder=folder, url=url)
    for statement in filter(None, map(str.strip, ddl.split(";"))):
        project.sql(statement)
    return project


def manifest(kind: str, name: str, spec: str = "{}", metadata: str = "") -> str:
    """One document on one line each for metadata and spec, in flow style."""
    extra = f", {metadata}" if metadata else ""
    return f"---\napiVersion: provision/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\nspec: {spec}\n"
