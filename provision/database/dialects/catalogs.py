"""What each database's catalog says of how the columns of a table compare: one query for a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, case, cast, collate, func, literal_column, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import UserDefinedType

from provision.database.dialects.dialect import MYSQL_FAMILY, name_of
from provision.database.dialects.keyset import Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a column compares: `exact` when only the same text is equal, and what makes another text compare so."""

    exact: bool
    fold: Fold


async def comparisons_in(session: AsyncSession, table: Table) -> Mapping[str, Comparison]:
    """The columns of a table whose comparison another text does not have by itself.

    Their names are in lower case where the database does not tell `Name` and `name` apart.
    """
    name = name_of(session)
    if name in MYSQL_FAMILY:
        return await _mysql(session, table)
    return await (_sqlite(session, table) if name == "sqlite" else _postgresql(session, table))


# MySQL and MariaDB -----------------------------------------------------------------------------------------------

_MYSQL = text("""
SELECT column_name, character_set_name, collation_name FROM information_schema.columns
WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :table AND collation_name IS NOT NULL
""")
# These alone do not ignore trailing spaces either (MySQL's and MariaDB's manuals, "pad attribute").
_EXACT = ("_nopad_bin", "_0900_bin")


async def _mysql(session: AsyncSession, table: Table) -> Mapping[str, Comparison]:
    """Every text is folded: columns of two collations are otherwise "an illegal mix", or compared as bytes."""
    found = await session.execute(_MYSQL, {"schema": table.schema, "table": table.name})
    return {
        name.lower(): Comparison(exact=collation.endswith(_EXACT), fold=partial(_collate_mysql, charset, collation))
        for name, charset, collation in found
    }


def _collate_mysql(charset: str, collation: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A text that the column's character set lacks equals nothing; MySQL would put question marks in its place."""
    if charset == "utf8mb4":
        return collate(value, collation)
    converted = _converted(value, charset)
    back = _converted(converted, "utf8mb4")
    return collate(case((collate(back, "utf8mb4_bin") == value, converted)), collation)


def _converted(value: ColumnElement[Any], charset: str) -> ColumnElement[Any]:
    return func.convert(value.op("USING")(literal_column(charset, Text)), type_=Text)


# PostgreSQL ------------------------------------------------------------------------------------------------------

_POSTGRESQL = text("""
SELECT a.attname, COALESCE(NULLIF(base.typname, ''), t.typname), format_type(COALESCE(base.oid, t.oid), -1),
       c.collisdeterministic, quote_ident(n.nspname) || '.' || quote_ident(c.collname)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type base ON base.oid = t.typbasetype
LEFT JOIN pg_collation c ON c.oid = a.attcollation
LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
  AND (COALESCE(base.typname, t.typname) IN ('citext', 'bpchar') OR NOT c.collisdeterministic)
""")


class _Named(UserDefinedType[str]):
    """A type by the name that the database itself gave for it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


async def _postgresql(session: AsyncSession, table: Table) -> Mapping[str, Comparison]:
    """citext, char(n), and the nondeterministic collations that PostgreSQL has since version 12."""
    prepare = session.get_bind().dialect.identifier_preparer
    found = await session.execute(_POSTGRESQL, {"table": prepare.format_table(table)})
    return {
        name: Comparison(exact=False, fold=partial(_collate_postgresql, collation))
        if deterministic is False
        else Comparison(exact=False, fold=partial(_cast_postgresql, type_))
        for name, _, type_, deterministic, collation in found
    }


def _cast_postgresql(type_: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, _Named(type_))


def _collate_postgresql(collation: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value.op("COLLATE", precedence=100)(literal_column(collation))


# SQLite ----------------------------------------------------------------------------------------------------------

# A column's own collation is in no catalog; its unique index has it, and is what refuses a second row.
_SQLITE = text("""
SELECT part.name, part.coll FROM pragma_index_list(:table) AS list, pragma_index_xinfo(list.name) AS part
WHERE list."unique" AND part.key AND part.name IS NOT NULL AND part.coll <> 'BINARY'
""")


async def _sqlite(session: AsyncSession, table: Table) -> Mapping[str, Comparison]:
    found = await session.execute(_SQLITE, {"table": table.name})
    return {
        name.lower(): Comparison(exact=False, fold=partial(_collate_sqlite, collation)) for name, collation in found
    }


def _collate_sqlite(collation: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    return collate(value, collation)
