"""How a column compares its own values: two keys for Python, 'Alice' and 'alice', may be one for the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Table, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.database.dialects.catalogs import Comparison, comparisons_in
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import Fold, Key, wanted

_SEEN = "provision.comparisons"


async def is_insensitive(session: AsyncSession, column: ColumnElement[Any]) -> bool:
    """Whether the database takes different values of this column for equal: by case, accents or trailing spaces."""
    comparison = await _comparison(session, column)
    return comparison is not None and not comparison.exact


async def folding(session: AsyncSession, column: ColumnElement[Any]) -> Fold | None:
    """What makes any text compare as this column's values do among themselves; None when it does so already.

    `fold(wanted.c.k0) == column` is true exactly where the column's unique index would see one value twice, and it
    lets the database use that index.
    """
    comparison = await _comparison(session, column)
    return comparison.fold if comparison else None


async def foldings(session: AsyncSession, columns: Sequence[ColumnElement[Any]]) -> list[Fold | None]:
    """The folding of each of these columns."""
    return [await folding(session, column) for column in columns]


async def folded_duplicates(
    session: AsyncSession, columns: Sequence[ColumnElement[Any]], keys: Sequence[Key]
) -> list[tuple[Key, Key]]:
    """Which of these keys are equal to an earlier one to the database, after that one; no query if none can be."""
    insensitive = [await is_insensitive(session, column) for column in columns]
    if not keys or not any(insensitive):
        return []
    rows = wanted(columns, keys, name_of(session))
    folds = await foldings(session, columns)
    parts = [rows.c[f"k{index}"] for index in range(len(columns))]
    folded = [fold(part) if fold else part for part, fold in zip(parts, folds, strict=True)]
    # What the column's character set lacks is null, and equals nothing.
    alone = [case((part.is_(None), rows.c.n)) for part, fold in zip(folded, folds, strict=True) if fold]
    first = func.min(rows.c.n).over(partition_by=[*folded, *alone])
    groups = select(rows.c.n.label("n"), first.label("first"), func.min(rows.c.n).over().label("zero")).subquery()
    query = select(groups.c.first - groups.c.zero, groups.c.n - groups.c.zero).where(groups.c.first < groups.c.n)
    found = await session.execute(query.order_by(groups.c.n))
    return [(keys[first], keys[other]) for first, other in found if keys[first] != keys[other]]


async def _comparison(session: AsyncSession, column: ColumnElement[Any]) -> Comparison | None:
    """What the catalog says of this column; a table is looked up once in a session."""
    if not isinstance(column, Column) or not isinstance(column.table, Table):
        return None
    seen = cast("dict[str, Mapping[str, Comparison]]", session.info.setdefault(_SEEN, {}))
    table = column.table
    if table.fullname not in seen:
        seen[table.fullname] = await comparisons_in(session, table)
    return seen[table.fullname].get(column.name) or seen[table.fullname].get(column.name.lower())
