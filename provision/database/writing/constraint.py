"""Which columns a constraint is about, by the database's own catalogue: asked only once it has refused a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Inspector, Table, inspect


def columns_of(connection: Connection, table: Table, constraint: str) -> tuple[str, ...]:
    """The columns of this constraint, index or check of a table; none when there is no such constraint.

    Where a database has no name for a check it gives its text. MySQL puts the table's name before that of a key, and
    MariaDB gives a column's check the name of the column.
    """
    inspector = inspect(connection)
    columns = [column["name"] for column in inspector.get_columns(table.name, schema=table.schema)]
    short = constraint.rpartition(".")[2]
    for name, about in _constraints(inspector, table, columns):
        if name is not None and name.lower() in (constraint.lower(), short.lower()):
            return about
    if short in columns:
        return (short,)
    return _named_in(constraint, columns)


def lengths_of(connection: Connection, table: Table) -> dict[str, int]:
    """How many characters the columns of a table really hold, where there is a limit."""
    columns = inspect(connection).get_columns(table.name, schema=table.schema)
    limits = {column["name"]: getattr(column["type"], "length", None) for column in columns}
    return {name: length for name, length in limits.items() if isinstance(length, int)}


def _constraints(
    inspector: Inspector, table: Table, columns: list[str]
) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    where: dict[str, Any] = {"table_name": table.name, "schema": table.schema}
    primary = inspector.get_pk_constraint(**where)
    yield primary.get("name"), tuple(primary["constrained_columns"])
    yield "PRIMARY", tuple(primary["constrained_columns"])
    for key in inspector.get_foreign_keys(**where):
        yield key["name"], tuple(key["constrained_columns"])
    for unique in inspector.get_unique_constraints(**where):
        yield unique["name"], tuple(unique["column_names"])
    for check in inspector.get_check_constraints(**where):
        yield check["name"], _named_in(check["sqltext"], columns)
    for index in inspector.get_indexes(**where):
        plain = [name for name in index["column_names"] if name]
        told = [name for text in index.get("expressions", ()) for name in _named_in(text, columns)]
        yield index["name"], tuple(dict.fromkeys([*plain, *told]))


def _named_in(text: str, columns: list[str]) -> tuple[str, ...]:
    """The columns whose names are words of an expression, in its order."""
    words = re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", text).lower())
    known = {column.lower(): column for column in columns}
    return tuple(dict.fromkeys(known[word] for word in words if word in known))
