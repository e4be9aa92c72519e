"""Making new rows: through the application's class, or by INSERT where only the table is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.plan import Change
from provision.core.state import PrimaryKey
from provision.database.binding.bound import Bindings, Bound
from provision.database.reading.reader import Reader
from provision.database.writing.values import Cell
from provision.errors import DatabaseError, Facts

NewRows = Sequence[tuple[Change, Sequence[Cell]]]


async def make_instances(
    session: AsyncSession, bound: Bound, rows: NewRows, bindings: Bindings
) -> Mapping[Address, PrimaryKey]:
    """New rows through the mapped class; their primary keys."""
    del bindings
    instances = [_instance(bound, cells) for _, cells in rows]
    session.add_all(instances)
    await _flush(session, bound)
    keys = {
        change.address: tuple(
            part.codec.found(value) for part, value in zip(bound.primary_key, inspect(made).identity, strict=True)
        )
        for (change, _), made in zip(rows, instances, strict=True)
    }
    session.expunge_all()
    return keys


async def insert_rows(
    session: AsyncSession, bound: Bound, rows: NewRows, bindings: Bindings
) -> Mapping[Address, PrimaryKey]:
    """New rows by INSERT, those together that give the same columns values; their primary keys, read back by name."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for _, cells in rows:
        by_columns.setdefault(tuple(cell.field.column.key for cell in cells), []).append(
            {cell.field.column.key: cell.value for cell in cells}
        )
    connection = await session.connection()
    for parameters in by_columns.values():
        await connection.execute(insert(bound.table).inline(), parameters)
    addresses = [change.address for change, _ in rows]
    found = await Reader(bound, bindings).read(session, [address.key for address in addresses], lock_rows=False)
    for change, _ in rows:
        if change.address not in found:
            raise DatabaseError(
                f"{change.address} was written, and is not there under its name: nothing is kept",
                hint=f"does a trigger of {bound.table.fullname} change names, or the scope leave it out?",
            )
    return {address: found[address].primary_key for address in addresses}


def _instance(bound: Bound, cells: Sequence[Cell]) -> Any:
    values = {cell.field.attribute: cell.value for cell in cells}
    arguments = dict.fromkeys(bound.unset) | {name: value for name, value in values.items() if bound.takes(name)}
    try:
        instance = bound.model(**arguments) if bound.model else None
        for name in values.keys() - arguments.keys():
            setattr(instance, name, values[name])
    except Exception as error:  # noqa: BLE001  validators of the application may raise anything
        raise _refused(bound, error) from None
    return instance


async def _flush(session: AsyncSession, bound: Bound) -> None:
    try:
        await session.flush()
    except (SQLAlchemyError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  events of the application, such as before_insert, may raise anything
        raise _refused(bound, error) from None


def _refused(bound: Bound, error: Exception) -> DatabaseError:
    """Without its message, which may quote a value."""
    name = type(error).__name__
    message = f"the class {bound.named} refuses these values ({name})"
    return DatabaseError(message, hint="see the validators and events of the class", facts=Facts(code=name))
