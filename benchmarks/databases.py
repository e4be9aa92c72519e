"""Databases for the measurements: with empty tables, or as a first apply leaves them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.process import ours
from tests.postgres import Server
from tests.project import Project, create_backend_tables


@contextmanager
def empty(server: Server, project: Project) -> Iterator[Project]:
    """The project with a database of its own: the application's tables, empty, and no ledger."""
    name = server.create_database()
    try:
        url = server.url(name)
        asyncio.run(create_backend_tables(url))
        yield replace(project, url=url)
    finally:
        server.drop_database(name)


@contextmanager
def applied(server: Server, project: Project, manifests: Path) -> Iterator[Project]:
    """The project with a database in which these manifests are applied, and which is at rest."""
    with empty(server, project) as filled:
        ours(filled, "apply", manifests)
        # What autovacuum would do at some moment of its own choice.
        server.execute("VACUUM ANALYZE", database=filled.url.rsplit("/", 1)[1].split("?")[0])
        yield filled
