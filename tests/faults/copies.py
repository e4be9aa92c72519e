"""Copies of a project with its database, for runs that start from the same place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.engine import make_url

from tests.faults.servers import server_of
from tests.project import Project


@contextmanager
def copies_of(project: Project, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Project]]:
    """A way to copy the folder and the database under a name; the copies of the database go at the end."""
    server = server_of(request, project.url)
    original = str(make_url(project.url).database)
    made: list[str] = []

    def copy(name: str) -> Project:
        folder = project.folder.parent / name
        shutil.copytree(project.folder, folder)
        if server is None:
            shutil.copy(original, folder / "copy.db")
            return Project(folder=folder, url=f"sqlite+aiosqlite:///{folder / 'copy.db'}")
        made.append(f"{original}_{len(made)}")
        server.copy_database(original, made[-1])
        return Project(folder=folder, url=server.url(made[-1]))

    try:
        yield copy
    finally:
        for name in made:
            assert server is not None
            server.drop_database(name)
