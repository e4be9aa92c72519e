"""Any number of keys in one parameter: a look-up of 100,000 rows is one statement with one or two parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Enum,
    FromClause,
    Integer,
    String,
    Table,
    Text,
    and_,
    bindparam,
    column,
    delete,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from provision.database.dialects.dialect import MYSQL_FAMILY

Key = tuple[Any, ...]
Fold = Callable[[ColumnElement[Any]], ColumnElement[Any]]
# The most characters of four bytes that a VARCHAR holds.
_LONGEST_VARCHAR = 16_383
_LARGEST_SIGNED = 2**63 - 1


def among(
    columns: Sequence[ColumnElement[Any]], keys: Collection[Key], dialect: str, folds: Sequence[Fold | None] = ()
) -> ColumnElement[bool]:
    """The condition that these columns, taken together, are one of these keys (text or whole numbers).

    `folds` (see `collation.foldings`) make a wanted key compare as its column's values do among themselves. On MySQL
    the condition finds rows by an index in SELECT, and none in DELETE: see `delete_among`.
    """
    rows = wanted(columns, keys, dialect)
    parts = [fold(part) if fold else part for part, fold in _parts(rows, columns, folds)]
    return (tuple_(*columns) if len(columns) > 1 else columns[0]).in_(select(*parts))


def delete_among(table: Table, columns: Sequence[ColumnElement[Any]], keys: Collection[Key], dialect: str) -> Delete:
    """Delete the rows of this table whose columns, taken together, are one of these keys.

    MariaDB runs the subquery of a DELETE anew for each row of the table (mariadb.com/kb/en/non-semi-join-subquery-
    optimizations): a minute for 1,000 keys among 100,000 rows. As a join it is 8 milliseconds.
    """
    if dialect not in MYSQL_FAMILY:
        return delete(table).where(among(columns, keys, dialect))
    rows = wanted(columns, keys, dialect)
    pairs = zip(columns, _parts(rows, columns, ()), strict=True)
    return delete(table).where(and_(*(own == part for own, (part, _) in pairs)))


def same_as(
    columns: Sequence[ColumnElement[Any]],
    others: Sequence[ColumnElement[Any]],
    known: ColumnElement[bool],
    dialect: str,
) -> ColumnElement[bool]:
    """In a DELETE: the rows whose columns equal those of the known row of an alias of the same table.

    MySQL allows no subquery on the table that it deletes from, and MariaDB runs it anew for each row.
    """
    if dialect in MYSQL_FAMILY:
        return and_(known, *(own == other for own, other in zip(columns, others, strict=True)))
    return tuple_(*columns).in_(select(*others).where(known))


def wanted(columns: Sequence[ColumnElement[Any]], keys: Collection[Key], dialect: str) -> FromClause:
    """These keys as a table to select from or to join: `n` counts them in their order, `k0`, `k1` … are their parts.

    `n` begins anywhere. Text has the type of the database's plain text, whatever the columns' types are.
    """
    if dialect == "postgresql":
        return _postgresql(columns, keys)
    return _mysql(columns, keys) if dialect in MYSQL_FAMILY else _sqlite(columns, keys)


def _parts(
    rows: FromClause, columns: Sequence[ColumnElement[Any]], folds: Sequence[Fold | None]
) -> Iterable[tuple[ColumnElement[Any], Fold | None]]:
    folds = folds or [None] * len(columns)
    return ((rows.c[f"k{index}"], fold) for index, fold in zip(range(len(columns)), folds, strict=True))


def _postgresql(columns: Sequence[ColumnElement[Any]], keys: Collection[Key]) -> FromClause:
    names = [f"k{index}" for index in range(len(columns))]
    arrays = (
        bindparam(None, [key[index] for key in keys], type_=ARRAY(_plain(own.type)), unique=True)
        for index, own in enumerate(columns)
    )
    typed = (column(name, _plain(own.type)) for name, own in zip(names, columns, strict=True))
    return func.unnest(*arrays).table_valued(*typed, with_ordinality="n", name="wanted").render_derived()


def _sqlite(columns: Sequence[ColumnElement[Any]], keys: Collection[Key]) -> FromClause:
    document = bindparam(None, _document(keys), type_=Text, unique=True)
    table = func.json_each(document).table_valued("key", "value")
    parts = (func.json_extract(table.c.value, f"$[{index}]").label(f"k{index}") for index in range(len(columns)))
    return select(table.c.key.label("n"), *parts).subquery("wanted")


def _mysql(columns: Sequence[ColumnElement[Any]], keys: Collection[Key]) -> FromClause:
    """JSON_TABLE cuts what is longer than its column says, so that says what the longest key needs."""
    types = [_mysql_type(own.type, [key[index] for key in keys]) for index, own in enumerate(columns)]
    paths = ", ".join(f"k{index} {type_} PATH '$[{index}]'" for index, type_ in enumerate(types))
    query = text(f"SELECT * FROM JSON_TABLE(:document, '$[*]' COLUMNS (n FOR ORDINALITY, {paths})) AS given")  # noqa: S608  our own numbers
    document = bindparam("document", _document(keys), type_=Text, unique=True)
    typed = (column(f"k{index}", _plain(own.type)) for index, own in enumerate(columns))
    return query.bindparams(document).columns(column("n", Integer), *typed).subquery()


def _mysql_type(type_: TypeEngine[Any], parts: Collection[Any]) -> str:
    if isinstance(type_, Integer):
        return "BIGINT UNSIGNED" if max(parts, default=0) > _LARGEST_SIGNED else "BIGINT"
    longest = max((len(str(part)) for part in parts), default=1)
    plain = f"VARCHAR({max(1, longest)})" if longest <= _LONGEST_VARCHAR else "LONGTEXT"
    return f"{plain} CHARACTER SET utf8mb4"


def _document(keys: Collection[Key]) -> str:
    """What is neither text nor a number, as MariaDB's own UUIDs and MySQL's dates, goes by its text."""
    return json.dumps([list(key) for key in keys], ensure_ascii=False, default=str)


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text for any string: an array of varchar(64) would cut a longer key off, and find the wrong row."""
    return Text() if isinstance(type_, String) and not isinstance(type_, Enum) else type_
