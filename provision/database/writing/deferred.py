"""Constraints that the database looks at when the transaction ends, looked at before: a commit brings no news."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, inspect, select, table, text, tuple_
from sqlalchemy import column as named_column
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.dialects.dialect import name_of
from provision.database.errors import translated
from provision.database.meanings import REFERENCED
from provision.errors import DatabaseError, Facts

_IMMEDIATE = text("SET CONSTRAINTS ALL IMMEDIATE")
_HAS_DEFERRED = text("SELECT count(*) FROM sqlite_schema WHERE upper(sql) LIKE '%DEFERRED%'")
_DANGLING = text("""
SELECT c."table", c.rowid, f."from" FROM pragma_foreign_key_check AS c
JOIN pragma_foreign_key_list(c."table") AS f ON f.id = c.fkid AND f.seq = 0
""")
Dangling = frozenset[tuple[str, Any, str]]
# An error, and the primary keys of the rows that are to blame, as they are stored.
Late = tuple[DatabaseError, Collection[tuple[Any, ...]]]


async def dangling(session: AsyncSession) -> Dangling:
    """The references of an SQLite database that lead nowhere, if it has deferred ones; nothing of any other."""
    if name_of(session) != "sqlite" or not await session.scalar(_HAS_DEFERRED):
        return frozenset()
    return frozenset((name, row, part) for name, row, part in await session.execute(_DANGLING))


async def late_refusals(session: AsyncSession, tables: Collection[Table], before: Dangling) -> list[Late]:
    """What the commit would fail for, beyond what was dangling before; MariaDB and MySQL defer nothing."""
    if name_of(session) == "postgresql":
        return await _of_postgresql(session, tables)
    late: list[Late] = []
    for name, row, part in sorted(await dangling(session) - before, key=repr):
        facts = Facts(table=name, columns=(part,))
        late.append((REFERENCED.with_details(f": {name}.{part}", facts), [(row,)]))
    return late


async def _of_postgresql(session: AsyncSession, tables: Collection[Table]) -> list[Late]:
    """The first constraint that fails: there the server stops."""
    try:
        with translated():
            async with session.begin_nested():
                await session.execute(_IMMEDIATE)
    except DatabaseError as error:
        if error.facts is None:
            raise
        facts, connection = error.facts, await session.connection()
        about = [item for item in tables if item.name == facts.table]
        rows = await connection.run_sync(_offenders, about[0], facts.constraint) if about else []
        return [(error, rows)]
    return []


def _offenders(connection: Connection, owner: Table, constraint: str) -> list[tuple[Any, ...]]:
    """The primary keys of the rows that break a foreign key, or share what has to be unique."""
    inspector = inspect(connection)
    for key in inspector.get_foreign_keys(owner.name, schema=owner.schema):
        if key["name"] == constraint:
            broken = _leads_nowhere(owner, key)
            return _primary_keys(connection, owner, broken)
    for unique in inspector.get_unique_constraints(owner.name, schema=owner.schema):
        if unique["name"] == constraint:
            columns: list[ColumnElement[Any]] = [named_column(name) for name in unique["column_names"]]
            repeated = select(*columns).select_from(owner).group_by(*columns).having(func.count() > 1)
            return _primary_keys(connection, owner, tuple_(*columns).in_(repeated))
    return []


def _leads_nowhere(owner: Table, key: ReflectedForeignKeyConstraint) -> ColumnElement[bool]:
    names = key["referred_columns"]
    to = table(key["referred_table"], *map(named_column, names), schema=key["referred_schema"]).alias("provision_to")
    columns = [column for name in key["constrained_columns"] for column in owner.c if column.name == name]
    same = (column == to.c[name] for column, name in zip(columns, names, strict=True))
    return and_(*(column.is_not(None) for column in columns), ~exists().where(*same))


def _primary_keys(connection: Connection, owner: Table, which: ColumnElement[bool]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(*owner.primary_key).where(which))]
