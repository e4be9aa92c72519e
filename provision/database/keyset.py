"""Any number of keys in one parameter: a look-up of 100,000 rows is one statement with one or two parameters."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, Text, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

Key = tuple[Any, ...]


def among(columns: Sequence[ColumnElement[Any]], keys: Collection[Key], dialect: str) -> ColumnElement[bool]:
    """The condition that these columns, taken together, are one of these keys (text or whole numbers)."""
    rows = _postgresql(columns, keys) if dialect == "postgresql" else _sqlite(columns, keys)
    return (tuple_(*columns) if len(columns) > 1 else columns[0]).in_(rows)


def _postgresql(columns: Sequence[ColumnElement[Any]], keys: Collection[Key]) -> Select[Any]:
    names = [f"k{index}" for index in range(len(columns))]
    arrays = (
        bindparam(None, [key[index] for key in keys], type_=ARRAY(_plain(column.type)), unique=True)
        for index, column in enumerate(columns)
    )
    table = func.unnest(*arrays).table_valued(*names, name="wanted").render_derived()
    return select(*(table.c[name] for name in names))


def _sqlite(columns: Sequence[ColumnElement[Any]], keys: Collection[Key]) -> Select[Any]:
    document = bindparam(None, json.dumps([list(key) for key in keys]), type_=Text, unique=True)
    table = func.json_each(document).table_valued("value", name="wanted")
    return select(*(func.json_extract(table.c.value, f"$[{index}]") for index in range(len(columns))))


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text for any string: an array of varchar(64) would cut a longer key off, and find the wrong row."""
    if isinstance(type_, String):
        return Text()
    return type_ if isinstance(type_, Integer) else Text()
