"""Names of tables, schemas and columns, and values beside them, that would end a statement were they not quoted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, UniqueConstraint, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema, DropSchema

from provision.core.ceiling import Ceiling
from provision.core.guards import Limits
from tests.engine.runs import actions, apply, plan
from tests.engine.tables import database_of
from tests.project import Project

ANYTHING = Limits(max_removals=Ceiling(count=10**6))
ODD = [
    'we"ird',
    "o'clock",
    "100% %s %%",
    "%(x)s",
    ":bind",
    "a:b::c",
    "back\\slash",
    "semi;colon",
    "--dash /* x */",
    "with  space",
    "ünï✓ ẞ",
    '"; DROP TABLE victim; --',
    "a.b",
    "? $1 @p [x] `y` {z}",
    "select",
    "v0",
    "k0",
    "c0",
    "n",
    "wanted",
]
PLACE = 'pl;ace".x'


def quoted(*parts: str) -> str:
    """A table's name in provision.toml, with nothing in it that could be taken for a dot of its own."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def tables(metadata: MetaData, name: str, schema: str | None) -> Table:
    """A table with that name, whose columns are called so as well, and an association likewise."""
    prefix = f"{schema}." if schema else ""
    own = Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        Column(f"{name} name", String(80), nullable=False),
        Column(name, String(80), unique=True),
        Column(f"{name} up", ForeignKey(f"{prefix}{name}.id")),
        Column(f"{name} scope", String(80), nullable=False),
        UniqueConstraint(f"{name} scope", f"{name} name"),
        schema=schema,
    )
    Table(
        f"{name} tie",
        metadata,
        Column(name, Integer, ForeignKey(own.c.id), primary_key=True),
        Column(f"{name} to", Integer, ForeignKey(own.c.id), primary_key=True),
        Column("s", String(80), nullable=False),
        schema=schema,
    )
    return own


def binding(number: int, name: str, schema: str | None) -> str:
    """The kind of such a table; JSON's strings are TOML's too."""
    place = [schema] if schema else []

    def said(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    return f"""\
[kinds.K{number}]
table = {said(quoted(*place, name))}
key = ["name"]
on_remove.default = "delete"
scope = {{ {said(f"{name} scope")} = {said(name)} }}
fields.name = {{ column = {said(f"{name} name")} }}
fields.value = {{ column = {said(name)} }}
references.up = {{ kind = "K{number}", column = {said(f"{name} up")} }}
[kinds.K{number}.references.all]
kind = "K{number}"
through = {said(quoted(*place, f"{name} tie"))}
source = {said(name)}
target = {said(f"{name} to")}
set = {{ s = {said(name)} }}
"""


async def create(url: str, metadata: MetaData, schema: str | None) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if schema:
                await connection.execute(CreateSchema(schema))
            await connection.execute(text("CREATE TABLE victim (id INTEGER)"))
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()


async def drop(url: str, schema: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(DropSchema(schema, if_exists=True))
    finally:
        await engine.dispose()


def documents(names: list[str], values: list[str]) -> str:
    """Two rows of each kind that refer to each other, with these values beside them."""
    found = []
    for number, name in enumerate(names):
        for row, other in ((name, f"{name} 2"), (f"{name} 2", name)):
            spec = {"value": values[number] + row, "up": other, "all": [row, other]}
            found.append(
                {"apiVersion": "provision/v1", "kind": f"K{number}", "metadata": {"name": row}, "spec": spec}
            )
    return "\n---\n".join(json.dumps(item, ensure_ascii=False) for item in found) + "\n"


@pytest.fixture
def schema(database_url: str) -> Iterator[str | None]:
    """Where the tables go: SQLite's schemas are files of their own, and MySQL's are databases beside the others."""
    match database_of(database_url):
        case "sqlite":
            yield None
        case "postgresql":
            yield PLACE
        case _:
            place = f"{make_url(database_url).database}{PLACE}"
            yield place
            asyncio.run(drop(database_url, place))


def test_every_name_is_a_name_and_every_value_a_value(
    tmp_path: Path, database_url: str, schema: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = MetaData()
    # SQLAlchemy reads a MySQL column whose name has a backtick as one whose name has two.
    is_mysql = database_of(database_url) == "mysql"
    odd = [name.replace("`", "") if is_mysql else name for name in ODD]
    made = [tables(metadata, name, schema) for name in odd]
    asyncio.run(create(database_url, metadata, schema))
    kinds = "".join(binding(number, name, schema) for number, name in enumerate(odd))
    (tmp_path / "provision.toml").write_text(f'project = "odd"\n{kinds}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    project = Project(folder=tmp_path, url=database_url)
    for values in (odd, odd[::-1]):
        project.write(documents(odd, values))
        apply(project, limits=ANYTHING)
        assert actions(plan(project, limits=ANYTHING)) == []
    assert asyncio.run(found(database_url, made)) == [(name, name, odd[-1 - n] + name) for n, name in enumerate(odd)]
    project.write('{"apiVersion": "provision/v1", "kind": "K0", "metadata": {"name": "last"}, "spec": {}}')
    apply(project, prune=True, limits=ANYTHING)
    assert asyncio.run(found(database_url, made)) == []
    assert project.sql("SELECT * FROM victim") == []


async def found(url: str, made: list[Table]) -> list[tuple[str, ...]]:
    """Scope, name and value of the first row of each table."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            rows = []
            for table in made:
                name = table.name
                columns = [table.c[f"{name} scope"], table.c[f"{name} name"], table.c[name]]
                result = await connection.execute(
                    table.select().where(columns[1] == name).with_only_columns(*columns)
                )
                rows += [tuple(row) for row in result]
            return rows
    finally:
        await engine.dispose()
