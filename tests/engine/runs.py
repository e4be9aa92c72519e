"""Runs of the engine in this process, whose folder is the project's, and what the database holds around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from provision.core.plan import Change
from provision.reconcile import execute as trial
from provision.reconcile import run
from provision.reconcile.request import Request
from provision.report.view import PlanView, reporter
from tests.project import Project

Content = dict[str, list[str]]
# For tables of examples of a rule that no database has a part in: once is enough.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def request(project: Project, *, environ: Mapping[str, str] | None = None, **options: Any) -> Request:
    """The request that the command line would make in the project's folder."""
    return Request(here=project.folder, environ=project.environment() | dict(environ or {}), **options)


def plan(project: Project, **options: Any) -> PlanView:
    """`provision plan`."""
    return asyncio.run(run.plan(request(project, **options)))


def execute(project: Project, **options: Any) -> PlanView:
    """`provision plan --execute`."""
    return asyncio.run(trial.execute(request(project, **options)))


def apply(project: Project, *, approve: Callable[[PlanView], None] | None = None, **options: Any) -> PlanView:
    """`provision apply`; `approve` sees the plan first."""
    return asyncio.run(run.apply(request(project, **options), approve or (lambda _view: None)))


def meanwhile(work: Callable[[], object]) -> Callable[[PlanView], None]:
    """An `approve` during which something else happens, in a thread that may have an event loop of its own."""

    def approve(_view: PlanView) -> None:
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(work).result()

    return approve


def shown(view: PlanView) -> str:
    """The report as people read it."""
    return "\n".join(reporter("text").plan(view, colour=False))


def actions(view: PlanView) -> list[str]:
    """What the plan does, as `create User/alice`."""
    return [brief(change) for change in view.plan.changes]


def brief(change: Change) -> str:
    """One change in two words."""
    return f"{change.action} {change.address}"


def fields(view: PlanView, address: str) -> dict[str, tuple[Any, Any]]:
    """Before and after of the fields that one resource changes."""
    changes = [change for change in view.plan.changes if str(change.address) == address]
    return {item.name: (item.before, item.after) for change in changes for item in change.fields}


def content(project: Project) -> Content:
    """Every row of every table, as text: two of these are equal exactly when nothing was written."""
    return asyncio.run(_content(project.url))


async def _content(url: str) -> Content:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_read)
    finally:
        await engine.dispose()


def _read(connection: Connection) -> Content:
    names = sorted(inspect(connection).get_table_names())
    return {name: sorted(map(repr, map(tuple, connection.execute(text(f"SELECT * FROM {name}"))))) for name in names}
