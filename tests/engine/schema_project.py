"""A project on a random schema: its tables, its manifests, and what its tables hold, read without our own code."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import note
from sqlalchemy import Connection, MetaData, inspect, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.engine.schema_code import module_text, settings_text
from tests.engine.schema_states import Item, State
from tests.engine.schemas import Kind, Schema
from tests.project import Project

_numbers = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A schema in a database; `metadata` describes its tables as the application would."""

    project: Project
    schema: Schema
    metadata: MetaData

    def run(self, work: Callable[[Connection], Any]) -> Any:
        """Work in a transaction of its own, with SQLite's references enforced."""
        return asyncio.run(self._run(work))

    async def _run(self, work: Callable[[Connection], Any]) -> Any:
        engine = create_async_engine(self.project.url, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    await connection.execute(text("PRAGMA foreign_keys = ON"))
                    await connection.commit()
                async with connection.begin():
                    return await connection.run_sync(work)
        finally:
            await engine.dispose()

    def declare(self, state: State) -> None:
        """Write the manifests of a state."""
        documents = [json.dumps(_manifest(item), ensure_ascii=False) for item in state]
        self.project.write("\n---\n".join(documents) + "\n")

    def found(self) -> dict[str, dict[Any, dict[str, Any]]]:
        """Every row of the application's tables, by the text of its primary key."""
        tables: dict[str, dict[Any, dict[str, Any]]] = self.run(self._read)
        return tables

    def _read(self, connection: Connection) -> dict[str, dict[Any, dict[str, Any]]]:
        tables: dict[str, dict[Any, dict[str, Any]]] = {}
        for name, table in self.metadata.tables.items():
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
            keys = [column.name for column in table.primary_key.columns]
            tables[name] = {tuple(row[key] for key in keys): row for row in rows}
        return tables


def settle(project: Project, schema: Schema) -> Site:
    """The schema's tables in the project's database, instead of what was there, and the settings that bind them."""
    module = f"random_application_{next(_numbers)}"
    note(module_text(schema))
    note(settings_text(schema, module, project.url))
    (project.folder / f"{module}.py").write_text(module_text(schema), encoding="utf-8")
    (project.folder / "provision.toml").write_text(settings_text(schema, module, project.url), encoding="utf-8")
    if str(project.folder) not in sys.path:
        sys.path.insert(0, str(project.folder))
    importlib.invalidate_caches()
    metadata: MetaData = importlib.import_module(module).Base.metadata
    site = Site(project=project, schema=schema, metadata=metadata)

    def create(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        if connection.dialect.name in ("mysql", "mariadb"):
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
            for name in inspect(connection).get_table_names():
                connection.execute(text(f"DROP TABLE {name}"))
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 1"))
        metadata.create_all(connection)

    if project.url.startswith("sqlite"):
        file = project.folder.parent / "test.db"
        file.unlink(missing_ok=True)
    site.run(create)
    return site


def reference_text(key: Iterable[str]) -> str:
    """How a manifest names a row: by its name, or by the parts of its key with slashes between them."""
    parts = list(key)
    return parts[0] if len(parts) == 1 else "/".join(p.replace("%", "%25").replace("/", "%2F") for p in parts)


def _manifest(item: Item) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": item.name, "lifecycle": {"on_remove": item.on_remove}}
    if item.previously:
        metadata["previously"] = [item.previously]
    spec = {name: _written(value) for name, value in item.fields.items()}
    if item.owner:
        spec["owner"] = reference_text(item.owner.key)
    if item.realm:
        spec["realm"] = item.realm
    return {"apiVersion": "provision/v1", "kind": item.kind.name, "metadata": metadata, "spec": spec}


def _written(value: Any) -> Any:
    if isinstance(value, Item):
        return reference_text(value.key)
    if isinstance(value, list):
        return [reference_text(item.key) for item in value]
    return value


def key_of(kind: Kind, row: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]], schema: Schema) -> Any:
    """The natural key of a row, its owners' first."""
    if kind.owner:
        target = schema.kinds[kind.owner.kind]
        owner = tables[target.table][(row[kind.owner.column],)]
        return (*key_of(target, owner, tables, schema), row["name"])
    return (row["realm"], row["name"]) if "realm" in kind.key else (row["name"],)
