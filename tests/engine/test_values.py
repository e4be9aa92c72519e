"""A declared value is in the database as the application would have written it, and is no drift afterwards."""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import asyncmy
import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from provision.errors import InvalidInputError
from tests.engine.refused_cases import REFUSED
from tests.engine.runs import actions, apply, content, plan
from tests.engine.tables import database_of, manifest
from tests.engine.value_cases import CASES, Case
from tests.project import Project

_numbers = count()
# Not what SQLite has: a zone in the text would be lost.
MODULE = """\
from sqlalchemy import *
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, mapped_column

class Base(DeclarativeBase):
    pass

class Thing(Base):
    __tablename__ = "thing"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(64), nullable=False, unique=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project folder, the current one."""
    made = tmp_path / "project"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setattr(sys, "path", [str(made), *sys.path])
    yield made
    for name in [name for name in sys.modules if name.startswith("valued_application_")]:
        del sys.modules[name]


def site(folder: Path, url: str, cases: list[Case], *, mapped: bool) -> Project:
    """A table with a column for each case, bound by its class or by its name."""
    module = f"valued_application_{next(_numbers)}"
    columns = "".join(f"    {case.name} = mapped_column({case.type}, nullable=True)\n" for case in cases)
    (folder / f"{module}.py").write_text(MODULE + columns, encoding="utf-8")
    importlib.invalidate_caches()
    asyncio.run(_create(url, module))
    fields = "".join(f"fields.{case.name} = {case.bound}\n" for case in cases if case.bound)
    where = f'model = "{module}:Thing"' if mapped else 'table = "thing"'
    text = f'project = "values"\n[kinds.Thing]\n{where}\nkey = ["name"]\non_remove.default = "delete"\n{fields}'
    (folder / "provision.toml").write_text(text, encoding="utf-8")
    return Project(folder=folder, url=url)


async def _create(url: str, module: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(importlib.import_module(module).Base.metadata.create_all)
    finally:
        await engine.dispose()


def held(url: str, name: str) -> str | None:
    """What a column holds, as the plain driver tells it."""
    if url.startswith("sqlite"):
        with sqlite3.connect(str(make_url(url).database)) as connection:
            (text,) = connection.execute(f"SELECT quote({name}) FROM thing").fetchone()
        connection.close()
        return str(text)
    return asyncio.run(_held_by_mysql(url, name) if database_of(url) == "mysql" else _held(url, name))


async def _held_by_mysql(url: str, name: str) -> str | None:
    given = make_url(url)
    connection = await asyncmy.connect(
        host=given.host,
        port=given.port or 3306,
        user=given.username,
        password=given.password or "",
        database=given.database,
    )
    try:
        async with connection.cursor() as cursor:
            await cursor.execute(f"SELECT {name}, CAST({name} AS CHAR) FROM thing")
            value, text = await cursor.fetchone()
            return f"\\x{value.hex()}" if isinstance(value, bytes) else text
    finally:
        connection.close()


async def _held(url: str, name: str) -> str | None:
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(False))
    try:
        await connection.execute("SET TIME ZONE 'UTC'")
        text: str | None = await connection.fetchval(f"SELECT {name}::text FROM thing")
        return text
    finally:
        await connection.close()


def cases_for(url: str, cases: list[Case]) -> list[Case]:
    """The cases of a database."""
    return [case for case in cases if case.is_for(database_of(url))]


@pytest.mark.parametrize("mapped", [False, True], ids=["reflected", "mapped"])
def test_every_value_is_stored_as_it_should_be_and_is_no_drift(folder: Path, database_url: str, mapped: bool) -> None:
    cases = cases_for(database_url, CASES)
    project = site(folder, database_url, cases, mapped=mapped)
    project.write(manifest("Thing", "one", "{" + ", ".join(f"{case.name}: {case.written}" for case in cases) + "}"))
    assert actions(apply(project)) == ["create Thing/one"]
    after = plan(project)
    assert [(item.name, item.before, item.after) for change in after.plan.changes for item in change.fields] == []
    found = {case.name: held(database_url, case.name) for case in cases}
    assert found == {case.name: case.held_by(database_of(database_url)) for case in cases}


@pytest.mark.parametrize("mapped", [False, True], ids=["reflected", "mapped"])
def test_every_value_that_its_column_would_change_or_refuse_is_refused_with_its_place(
    folder: Path, database_url: str, mapped: bool
) -> None:
    cases = cases_for(database_url, REFUSED)
    project = site(folder, database_url, cases, mapped=mapped)
    documents = [manifest("Thing", case.name, f"{{{case.name}: {case.written}}}") for case in cases]
    project.write("".join(documents))
    before = content(project)
    with pytest.raises(InvalidInputError) as caught:
        apply(project)
    found = {problem.path: f"{problem.position}: {problem.message}" for problem in caught.value.problems}
    # The class says numeric, MySQL's table decimal.
    named = ("numeric", "decimal" if database_of(database_url) == "mysql" and not mapped else "numeric")
    lines = range(5, 5 * len(cases) + 1, 5)
    expected = {
        f"spec.{case.name}": f"manifests/all.yaml:{line}:{10 + len(case.name)}: {case.postgresql}".replace(*named)
        for case, line in zip(cases, lines, strict=True)
    }
    print(
        *[pair for pair in found.items() if not pair[1].startswith(expected[pair[0]])],
        *(expected.keys() - found.keys()),
        sep="\n",
    )
    assert [pair for pair in found.items() if not pair[1].startswith(expected[pair[0]])] == []
    assert found.keys() == expected.keys()
    assert content(project) == before
    assert project.run("apply").code == 1
