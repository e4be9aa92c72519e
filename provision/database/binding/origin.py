"""Where a kind's rows come from: a mapped class of the application, or a table as the database describes it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    Column,
    ForeignKey,
    Table,
)
from sqlalchemy import inspect as inspect_any
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import Mapper

from provision.database.binding.families import column_type
from provision.database.imports import import_object
from provision.errors import InvalidInputError
from provision.kinds.column import ColumnFacts, TableFacts
from provision.settings import KindBinding, Settings, settings_problem


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


def facts_of(origin: Origin, binding: KindBinding) -> TableFacts:
    """The columns in words that need no SQLAlchemy."""
    said = {field.column or name: field.type for name, field in binding.fields.items() if field.type}
    made = parameters_with_default(origin.model) if origin.model else set()
    taken = parameter_names(origin.model) if origin.model else None
    return {
        name: ColumnFacts(
            type=column_type(column.type, said.get(name)),
            nullable=bool(column.nullable),
            has_default=name in made or has_default(column),
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


def has_default(column: Column[Any]) -> bool:
    """Whether the class or the database makes a value for it; SQLAlchemy calls a computed one a default as well."""
    is_counted = column.table.autoincrement_column is column
    return is_counted or column.default is not None or column.server_default is not None


def has_value(column: Column[Any]) -> bool:
    """Whether a new row gets a value for it, or none, without our doing."""
    return bool(column.nullable) or has_default(column)


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
