"""Copies of a project with its database, for runs that start from the same place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import pytest
from sqlalchemy.engine import make_url

from tests.faults.servers import AnyServer, server_of
from tests.project import Project

Copy = Callable[[str], AbstractContextManager[Project]]


def copy_of(project: Project, request: pytest.FixtureRequest) -> Copy:
    """A way to copy the folder and the database under a name, from any thread; a copy goes with its context."""
    return partial(_copied, project, server_of(request, project.url))


@contextmanager
def copies_of(project: Project, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Project]]:
    """The same for copies that stay until the test ends."""
    copy = copy_of(project, request)
    with ExitStack() as copies:
        yield lambda name: copies.enter_context(copy(name))


@contextmanager
def _copied(project: Project, server: AnyServer | None, name: str) -> Iterator[Project]:
    folder = project.folder.parent / name
    shutil.copytree(project.folder, folder)
    original = str(make_url(project.url).database)
    database = f"{original}_{name.replace('-', '_')}"
    try:
        if server is None:
            shutil.copy(original, folder / "copy.db")
            yield Project(folder=folder, url=f"sqlite+aiosqlite:///{folder / 'copy.db'}")
        else:
            server.copy_database(original, database)
            yield Project(folder=folder, url=server.url(database))
    finally:
        if server is not None:
            server.drop_database(database)
        shutil.rmtree(folder)
