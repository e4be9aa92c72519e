"""Projects whose kinds are bound to tables that nobody wrote a class for."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import make_url

from tests.project import Project

# What each database calls a number that it counts up by itself.
COUNTED = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
}


def database_of(url: str) -> str:
    """The kind of the URL's database: `sqlite`, `postgresql`, or `mysql` for MariaDB as well."""
    name = make_url(url).get_backend_name()
    return "mysql" if name == "mariadb" else name


def portable(ddl: str, url: str) -> str:
    """The same for the URL's database: `id INTEGER PRIMARY KEY` is counted, and a moment is kept exactly."""
    database = database_of(url)
    ddl = re.sub(r"(?i)\bid integer primary key(?! references)", f"id {COUNTED[database]}", ddl)
    # MySQL's TIMESTAMP ends in 2038 and changes by itself, and without a precision there are whole seconds alone.
    return re.sub(r"(?i)\btimestamp\b", "DATETIME(6)", ddl) if database == "mysql" else ddl


def table_project(folder: Path, url: str, ddl: str, kinds: str) -> Project:
    """A project with these tables (statements that end with a semicolon, see `portable`) and these bindings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "provision.toml").write_text(f'project = "tables"\n{kinds}', encoding="utf-8")
    project = Project(folder=folder, url=url)
    for statement in filter(None, map(str.strip, portable(ddl, url).split(";"))):
        project.sql(statement)
    return project


def manifest(kind: str, name: str, spec: str = "{}", metadata: str = "") -> str:
    """One document on one line each for metadata and spec, in flow style."""
    extra = f", {metadata}" if metadata else ""
    return f"---\napiVersion: provision/v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\nspec: {spec}\n"
