"""Whether the database has the tables and columns that the application's classes promise."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import Inspector
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.binding.bound import Bindings, Bound
from provision.errors import Problem
from provision.settings import Settings, settings_problem


async def missing_parts(session: AsyncSession, settings: Settings, bindings: Bindings) -> list[Problem]:
    """What a class maps and the database lacks, each at its line; reflected tables are there."""
    connection = await session.connection()

    def look(connection: Connection) -> list[Problem]:
        inspector = inspect(connection)
        return [problem for bound in bindings.values() if bound.model for problem in _of_class(inspector, bound)]

    def _of_class(inspector: Inspector, bound: Bound) -> Iterator[Problem]:
        table, path = bound.table, ("kinds", bound.kind.name, "model")
        hint = "migrate the application's database, or correct its URL"
        if not inspector.has_table(table.name, table.schema):
            yield settings_problem(settings, path, f"there is no table {table.fullname} in the database", hint)
            return
        found = {column["name"] for column in inspector.get_columns(table.name, table.schema)}
        for name in (column.name for column in table.columns if column.name not in found):
            yield settings_problem(settings, path, f"{table.fullname} has no column {name} in the database", hint)

    return await connection.run_sync(look)
