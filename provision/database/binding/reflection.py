"""Tables as the database itself describes them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    DECIMAL,
    INTEGER,
    NUMERIC,
    REAL,
    Connection,
    Double,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    UniqueConstraint,
)
from sqlalchemy import inspect as inspect_any
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeEngine

from provision.errors import Problem
from provision.settings import KindBinding, Settings, settings_problem

Tables = Mapping[str, Table]
SURE_DIGITS = 15
# A name in double quotes, or anything up to the next dot.
_PART = re.compile(r'(?:^|(?<=\.))(?:"((?:[^"]|"")+)"(?=\.|$)|([^.]*))')


def table_names(bindings: Iterable[KindBinding]) -> set[str]:
    """The tables that only the database can describe, the associations among them included."""
    bindings = list(bindings)
    names = {binding.table for binding in bindings if binding.table}
    return names | {to.through for binding in bindings for to in binding.references.values() if to.through}


def split_name(name: str) -> tuple[str | None, str]:
    """Schema and table of `schema.table`.

    A name with a dot in it stands in double quotes; a double quote inside those is written twice, as in SQL.
    """
    parts = [match[1].replace('""', '"') if match[1] is not None else match[2] for match in _PART.finditer(name)]
    return (".".join(parts[:-1]) or None), parts[-1]


def reflect(connection: Connection, names: Iterable[str]) -> Tables:
    """The tables of these names that are there, each described by a constant number of queries; views are none."""
    by_schema: dict[str | None, dict[str, str]] = {}
    for name in names:
        schema, table = split_name(name)
        by_schema.setdefault(schema, {})[table] = name
    found: dict[str, Table] = {}
    for schema, wanted in by_schema.items():
        if not _is_schema(connection, schema):
            continue
        metadata = MetaData()
        with warnings.catch_warnings():
            # It warns of types and indexes that it does not know; what nobody asks for needs no warning.
            warnings.simplefilter("ignore", SAWarning)
            metadata.reflect(
                connection, schema, only=lambda name, _, wanted=wanted: name in wanted, resolve_fks=False
            )
        found |= {wanted[table.name]: table for table in metadata.tables.values()}
    for found_table in found.values():
        for column in found_table.columns:
            column.type = _sized(column.type, connection.dialect.name)
        if connection.dialect.name == "sqlite":
            _add_unique_of_sqlite(connection, found_table)
    return found


def _sized(type_: TypeEngine[Any], dialect: str) -> TypeEngine[Any]:
    """The type with the size that its name stands for in this database.

    An INTEGER has 32 bits but in SQLite, where it has up to 64, and where REAL has 64 as well (sqlite.org,
    "Datatypes In SQLite"); SQLAlchemy's types of that name do not tell.
    """
    if isinstance(type_, ARRAY):
        type_.item_type = _sized(type_.item_type, dialect)
    elif dialect == "sqlite" and isinstance(type_, (NUMERIC, DECIMAL)):
        # It keeps a decimal as a floating-point number, of which 15 digits are sure (sqlite.org, "Datatypes").
        return Numeric(min(type_.precision or SURE_DIGITS, SURE_DIGITS), type_.scale)
    elif dialect == "sqlite" and isinstance(type_, REAL):
        return Double()
    elif dialect != "sqlite" and type(type_) is INTEGER:
        return Integer()
    elif isinstance(type_, Float):
        # MySQL's give decimals of ten digits otherwise.
        type_.asdecimal = False
    return type_


def _add_unique_of_sqlite(connection: Connection, table: Table) -> None:
    """SQLAlchemy reads SQLite's unique constraints from its SQL, and misses some; their indexes tell them all."""
    with warnings.catch_warnings():
        # Those of expressions are left out, of which it warns once more.
        warnings.simplefilter("ignore", SAWarning)
        indexes = inspect_any(connection).get_indexes(table.name, table.schema, include_auto_indexes=True)
    for index in indexes:
        names = [name for name in index["column_names"] if name is not None]
        if index["unique"] and index["name"] and index["name"].startswith("sqlite_autoindex_"):
            table.append_constraint(UniqueConstraint(*(table.columns[name] for name in names)))


def views(connection: Connection, names: Iterable[str]) -> set[str]:
    """Which of these names are views."""
    inspector = inspect_any(connection)
    found: set[str] = set()
    for name in names:
        schema, table = split_name(name)
        known = inspector.get_view_names(schema) if _is_schema(connection, schema) else []
        if connection.dialect.name == "postgresql":
            known = [*known, *inspector.get_materialized_view_names(schema)]
        if table in known:
            found.add(name)
    return found


def missing_table(
    settings: Settings, path: tuple[str, ...], name: str, *, is_view: bool, where: str = "the database"
) -> Problem:
    """What to say of a name that is no table; `where` is the database as people may see it."""
    if is_view:
        message, hint = f"{name} is a view, and rows are written to tables", "bind the table behind it"
    else:
        message = f"there is no table {name} in {where}"
        hint = "correct the name, migrate the application, or see [database] and DATABASE_URL"
    return settings_problem(settings, path, message, hint)


def _is_schema(connection: Connection, schema: str | None) -> bool:
    """Whether there is such a schema: SQLite refuses to look into one that there is not."""
    return schema is None or schema in inspect_any(connection).get_schema_names()
