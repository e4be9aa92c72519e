"""The tables of a project's kinds: classes are imported when asked for, tables are read from the database."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.binding.bind import bind
from provision.database.binding.bound import Bindings
from provision.database.binding.origin import Origin, facts_of, origin_of_class, origin_of_table
from provision.database.binding.reflection import Tables, missing_table, reflect, table_names, views
from provision.database.imports import prepare_backend
from provision.errors import InvalidInputError
from provision.kinds.column import TableFacts
from provision.kinds.kind import Kinds
from provision.settings import Settings


class Catalogue:
    """What is known of the tables; without `tables`, those that no class describes are unknown."""

    def __init__(self, settings: Settings, tables: Tables | None = None) -> None:
        self._settings = settings
        self._tables = tables
        self._origins: dict[str, Origin] = {}

    def describe(self, kind: str) -> TableFacts | None:
        """The columns of a kind; None where only the database could tell, and was not asked."""
        binding = self._settings.kinds[kind]
        if binding.table and self._tables is None:
            return None
        return facts_of(self.origin(kind), binding)

    def origin(self, kind: str) -> Origin:
        """The table of a kind, found once."""
        if kind not in self._origins:
            self._origins[kind] = self._find(kind)
        return self._origins[kind]

    def bind(self, kinds: Kinds) -> Bindings:
        """Every kind at its table; raises InvalidInputError with the lines of provision.toml that do not fit."""
        return bind(kinds, self._settings, {name: self.origin(name) for name in kinds}, self._tables or {})

    def unknown_tables(self) -> set[str]:
        """The tables that only the database can describe."""
        unknown: set[str] = set()
        for kind, binding in self._settings.kinds.items():
            # A kind's own classes know its associations; those of other kinds are no help to it.
            known = self.origin(kind).table.metadata.tables.keys() if binding.model else set()
            unknown |= table_names([binding]) - known
        return unknown

    def _find(self, kind: str) -> Origin:
        binding = self._settings.kinds[kind]
        if binding.model:
            prepare_backend(self._settings)
            return origin_of_class(self._settings, kind, binding.model)
        return origin_of_table((self._tables or {})[binding.table or ""])


async def read_catalogue(session: AsyncSession, settings: Settings, names: Collection[str], where: str) -> Catalogue:
    """The catalogue with these tables; raises InvalidInputError for what is not there, or is a view."""
    connection = await session.connection()
    tables = await connection.run_sync(reflect, names)
    missing = set(names) - tables.keys()
    are_views = await connection.run_sync(views, missing) if missing else set()
    problems = [
        missing_table(
            settings, ("kinds", kind, "table"), binding.table, is_view=binding.table in are_views, where=where
        )
        for kind, binding in settings.kinds.items()
        if binding.table in missing and binding.table
    ]
    if problems:
        raise InvalidInputError(problems)
    return Catalogue(settings, tables)
