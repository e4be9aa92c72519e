"""Where a kind's rows come from: a mapped class of the application, or a table as the database describes it."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    INTEGER,
    REAL,
    Column,
    Connection,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy import inspect as inspect_any
from sqlalchemy.exc import NoInspectionAvailable, SAWarning
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from provision.database.families import column_type
from provision.database.imports import import_object
from provision.errors import InvalidInputError, Problem
from provision.kinds.column import ColumnFacts, TableFacts
from provision.settings import KindBinding, Settings, settings_problem

Tables = Mapping[str, Table]
# A name in double quotes, or anything up to the next dot.
_PART = re.compile(r'(?:^|(?<=\.))(?:"((?:[^"]|"")+)"(?=\.|$)|([^.]*))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A table and the names of its columns; `model` is the class that new rows are made with, if there is one.

    `identities` are the values of the column that tells a class apart from its relatives in the same table.
    """

    table: Table
    columns: Mapping[str, Column[Any]]
    model: type[Any] | None = None
    discriminator: Column[Any] | None = None
    identities: tuple[Any, ...] = ()

    @property
    def named(self) -> str:
        """What people know it by."""
        return self.model.__name__ if self.model else self.table.fullname


def origin_of_class(settings: Settings, kind: str, reference: str) -> Origin:
    """The origin of a mapped class; raises InvalidInputError when it is none, or is spread over several tables."""
    path = ("kinds", kind, "model")
    model: type[Any] = import_object(settings, path, reference)
    try:
        mapper = inspect_any(model)
    except NoInspectionAvailable:
        mapper = None
    if not isinstance(mapper, Mapper):
        message = f"{reference} is not a class that SQLAlchemy maps"
        raise InvalidInputError([settings_problem(settings, path, message, "name a mapped class")])
    if not isinstance(mapper.local_table, Table) or len(mapper.tables) != 1:
        message = f"{reference} is not stored in one table of its own"
        raise InvalidInputError([settings_problem(settings, path, message, "bind the tables themselves")])
    columns = {item.key: item.columns[0] for item in mapper.column_attrs}
    inherits = mapper.single and mapper.polymorphic_on is not None
    return Origin(
        table=mapper.local_table,
        columns={name: column for name, column in columns.items() if isinstance(column, Column)},
        model=model,
        discriminator=cast("Column[Any]", mapper.polymorphic_on) if inherits else None,
        identities=tuple(item.polymorphic_identity for item in mapper.self_and_descendants) if inherits else (),
    )


def origin_of_table(table: Table) -> Origin:
    """The origin of a reflected table."""
    return Origin(table=table, columns={column.name: column for column in table.columns})


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
    elif dialect == "sqlite" and isinstance(type_, REAL):
        return Double()
    elif dialect != "sqlite" and type(type_) is INTEGER:
        return Integer()
    return type_


def _add_unique_of_sqlite(connection: Connection, table: Table) -> None:
    """SQLAlchemy reads SQLite's unique constraints from its SQL, and misses some; their indexes tell them all."""
    indexes = inspect_any(connection).get_indexes(table.name, table.schema, include_auto_indexes=True)
    for index in indexes:
        names = [name for name in index["column_names"] if name is not None]
        if index["unique"] and index["name"] and index["name"].startswith("sqlite_autoindex_"):
            table.append_constraint(UniqueConstraint(*(table.columns[name] for name in names)))


def _is_schema(connection: Connection, schema: str | None) -> bool:
    """Whether there is such a schema: SQLite refuses to look into one that there is not."""
    return schema is None or schema in inspect_any(connection).get_schema_names()


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


def facts_of(origin: Origin, binding: KindBinding) -> TableFacts:
    """The columns in words that need no SQLAlchemy."""
    said = {field.column or name: field.type for name, field in binding.fields.items() if field.type}
    made = parameters_with_default(origin.model) if origin.model else set()
    taken = parameter_names(origin.model) if origin.model else None
    return {
        name: ColumnFacts(
            type=column_type(column.type, said.get(name)),
            nullable=bool(column.nullable),
            has_default=name in made or _has_default(column),
            # What a constructor does not take is the class's own business, as its timestamps are.
            is_generated=_is_computed(column) or (taken is not None and name not in taken),
            is_primary=column.primary_key,
            refers_to=next((".".join(filter(None, target_of(key))) for key in column.foreign_keys), ""),
            comment=column.comment or "",
        )
        for name, column in origin.columns.items()
    }


def target_of(key: ForeignKey) -> tuple[str | None, str, str]:
    """Schema, table and column that a foreign key leads to; its public names fail, or are torn, at a dot in one."""
    schema, table, column = key._column_tokens  # noqa: SLF001  the same in 2.0 and 2.1
    return schema, str(table), str(column)


def leads_to(key: ForeignKey, origin: Origin) -> bool:
    """Whether a foreign key leads to this table, which may be in the schema that nobody has to name."""
    schema, table, _ = target_of(key)
    return table == origin.table.name and schema in (origin.table.schema, None)


def _has_default(column: Column[Any]) -> bool:
    is_counted = column.table.autoincrement_column is column
    return is_counted or column.default is not None or column.server_default is not None


def _is_computed(column: Column[Any]) -> bool:
    return column.computed is not None or bool(column.identity and column.identity.always)


def parameter_names(model: type[Any]) -> frozenset[str] | None:
    """The attributes that the constructor of a class takes; None when it takes any."""
    found = parameters(model)
    takes_any = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in found)
    return None if takes_any else frozenset(item.name for item in found)


def parameters(model: type[Any]) -> list[inspect.Parameter]:
    """What the constructor of a class takes."""
    return list(inspect.signature(model).parameters.values())


def parameters_with_default(model: type[Any]) -> set[str]:
    """Those that give their attribute a value when nobody else does."""
    nothing = (inspect.Parameter.empty, None)
    return {item.name for item in parameters(model) if item.default not in nothing}


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
