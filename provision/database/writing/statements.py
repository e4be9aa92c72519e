"""Changing and deleting rows by their primary keys: one statement for all rows that the same columns change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.state import PrimaryKey
from provision.database.binding.bound import Bound, BoundField
from provision.database.dialects.dialect import name_of
from provision.database.dialects.keyset import same_as
from provision.database.writing.attempt import Attempts, Item, executed
from provision.database.writing.batches import batches
from provision.database.writing.values import Cell

# SQLAlchemy takes the name of a column for its new value, so parameters have names that no column has.
_VALUE, _KEY = "provision_value_{}", "provision_key_{}"


class Update(NamedTuple):
    """What one row gets, and for the sake of which resource."""

    address: Address
    key: PrimaryKey
    cells: Sequence[Cell]


async def update_rows(attempts: Attempts, bound: Bound, rows: Sequence[Update]) -> None:
    """Write these cells into the rows with these primary keys; RowsRefusedError with the documents to blame."""
    by_columns: dict[tuple[Column[Any], ...], list[Item]] = {}
    for address, key, cells in rows:
        parameters = _key_parameters(bound.stored_key(key))
        parameters |= {_VALUE.format(place): cell.value for place, cell in enumerate(cells)}
        columns = tuple(cell.field.column for cell in cells)
        by_columns.setdefault(columns, []).append(Item(address, parameters, cells))
    for columns, items in by_columns.items():
        new: dict[Any, Any] = {column: bindparam(_VALUE.format(place)) for place, column in enumerate(columns)}
        statement = update(bound.table).where(*_primary_key_is(bound), *bound.filters()).values(new)
        for batch in batches(items):
            await attempts.make(batch, executed(attempts.session, statement))
    attempts.settle()


async def held_by(session: AsyncSession, bound: Bound, field: BoundField, key: PrimaryKey) -> Any:
    """What one column of a row holds, as it is stored."""
    statement = select(field.column).where(*_primary_key_is(bound))
    return await session.scalar(statement, _key_parameters(bound.stored_key(key)))


async def delete_rows(
    attempts: Attempts, bound: Bound, keys: Mapping[Address, PrimaryKey], done: Callable[[int], None]
) -> None:
    """Delete the rows with these primary keys, and every other generation of them; `done` is told how many went.

    RowsRefusedError with the documents to blame.
    """
    statement = delete(bound.table).where(*_primary_key_is(bound), *bound.filters())
    if bound.generation:
        where = _is_a_generation(bound, name_of(attempts.session))
        statement = delete(bound.table).where(where, *bound.filters())
    for batch in batches(keys.items()):
        items = [Item(address, _key_parameters(bound.stored_key(key))) for address, key in batch]
        await attempts.make(items, executed(attempts.session, statement))
        done(len(batch))
    attempts.settle()


def _primary_key_is(bound: Bound) -> Iterator[Any]:
    return (part.column == bindparam(_KEY.format(place)) for place, part in enumerate(bound.primary_key))


def _is_a_generation(bound: Bound, dialect: str) -> ColumnElement[bool]:
    """The rows that share the natural key of the one with this primary key."""
    current = bound.table.alias()
    columns = [field.column for field in bound.key.values()]
    known = (
        current.c[part.column.key] == bindparam(_KEY.format(place)) for place, part in enumerate(bound.primary_key)
    )
    return same_as(columns, [current.c[column.key] for column in columns], and_(*known), dialect)


def _key_parameters(key: Sequence[Any]) -> dict[str, Any]:
    return {_KEY.format(place): part for place, part in enumerate(key)}
