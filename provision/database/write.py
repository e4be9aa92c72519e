"""Carrying out a plan: in its order, in batches, each of one statement however many rows it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Column, ColumnElement, String, and_, bindparam, delete, inspect, update
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.plan import Action, Change, Plan
from provision.core.rename import owner_of
from provision.core.secret import StoredSecret
from provision.core.state import PrimaryKey, Row
from provision.database.binding import Bindings, Bound, BoundField, shapes_of
from provision.database.keyset import same_as
from provision.errors import DatabaseError

BATCH = 1000
Slot = tuple[Address, str]
Written = dict[Address, PrimaryKey]
Progress = Callable[[int, int], None]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is carried out: the plan, the rows that it was computed from, and the hashes to store."""

    plan: Plan
    rows: Mapping[Address, Row]
    secrets: Mapping[Slot, StoredSecret]


async def write_rows(session: AsyncSession, work: Work, bindings: Bindings, progress: Progress) -> Written:
    """Write every change; returns the primary key of each row known afterwards, the new ones included."""
    writer = _Writer(session, work, bindings, progress)
    await writer.vacate()
    for (kind, removing), group in groupby(
        work.plan.changes, key=lambda item: (item.address.kind, item.action.is_removal)
    ):
        changes = list(group)
        bound = bindings[kind]
        if not removing:
            await writer.create(bound, [item for item in changes if item.action is Action.CREATE])
        await writer.update(bound, [item for item in changes if item.action not in (Action.CREATE, Action.DELETE)])
        await writer.delete(bound, [item for item in changes if item.action is Action.DELETE])
    return writer.keys


class _Writer:
    """The three kinds of statements, and the primary keys that one step makes for the next."""

    def __init__(self, session: AsyncSession, work: Work, bindings: Bindings, progress: Progress) -> None:
        self._session = session
        self._work = work
        self._bindings = bindings
        self._shapes = shapes_of(bindings)
        self._progress = progress
        self._done = 0
        self.keys: Written = {address: row.primary_key for address, row in work.rows.items()}

    async def vacate(self) -> None:
        """Empty the unique fields whose values change hands in this run.

        Which secrets do, nobody may know; so it is all unique ones that change or go while others arrive.
        """
        for name, bound in self._bindings.items():
            changes = [change for change in self._work.plan.changes if change.address.kind == name]
            for field in (secret.value for secret in bound.secrets.values() if secret.value.column.unique):
                await self._vacate_secrets(bound, field, changes)
        slots = sorted(self._work.plan.vacate, key=lambda slot: (slot[0].kind, slot[1]))
        for (kind, name), group in groupby(slots, key=lambda slot: (slot[0].kind, slot[1])):
            bound = self._bindings[kind]
            field = bound.fields[name]
            rows = [(self.keys[address], [(field, _nobodys(field.column))]) for address, _ in group]
            await self._update_rows(bound, rows)

    async def _vacate_secrets(self, bound: Bound, field: BoundField, changes: Sequence[Change]) -> None:
        arriving = [change for change in changes if any(item.sensitive for item in change.fields)]
        leaving = [change for change in changes if change.action is Action.DELETE]
        leaving += [change for change in arriving if change.primary_key]
        if arriving and len({change.address for change in (*arriving, *leaving)}) > 1:
            rows = [(self.keys[change.address], [(field, _nobodys(field.column))]) for change in leaving]
            await self._update_rows(bound, rows)

    async def create(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Make new rows through the mapped class, so that its defaults, validators and events hold."""
        for batch in _batches(changes, BATCH):
            instances = [self._instance(bound, change) for change in batch]
            self._session.add_all(instances)
            await self._session.flush()
            for change, instance in zip(batch, instances, strict=True):
                self.keys[change.address] = tuple(inspect(instance).identity)
            self._session.expunge_all()
            self._advance(len(batch))

    async def update(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Change the rows that were found, those first of which the same columns change."""
        rows = [
            (self.keys[change.address], list(self._values(bound, change))) for change in changes if change.primary_key
        ]
        await self._update_rows(bound, [row for row in rows if row[1]])
        self._advance(len(changes))

    async def delete(self, bound: Bound, changes: Sequence[Change]) -> None:
        """Delete rows by their primary keys, and every other generation of them."""
        statement = delete(bound.table).where(*_primary_key_is(bound))
        if bound.generation:
            statement = delete(bound.table).where(_is_a_generation(bound, self._session.get_bind().dialect.name))
        for batch in _batches(changes, BATCH):
            connection = await self._session.connection()
            await connection.execute(statement, [_key_parameters(self.keys[change.address]) for change in batch])
            self._advance(len(batch))

    async def _update_rows(self, bound: Bound, rows: list[tuple[PrimaryKey, list[tuple[BoundField, Any]]]]) -> None:
        by_columns: dict[tuple[Column[Any], ...], list[dict[str, Any]]] = {}
        for key, values in rows:
            parameters = _key_parameters(key) | {f"v{place}": value for place, (_, value) in enumerate(values)}
            by_columns.setdefault(tuple(field.column for field, _ in values), []).append(parameters)
        connection = await self._session.connection()
        for columns, parameters_of_rows in by_columns.items():
            new: dict[Any, Any] = {column: bindparam(f"v{place}") for place, column in enumerate(columns)}
            statement = update(bound.table).where(*_primary_key_is(bound)).values(new)
            for batch in _batches(parameters_of_rows, BATCH):
                await connection.execute(statement, batch)

    def _instance(self, bound: Bound, change: Change) -> Any:
        values = {field.attribute: value for field, value in self._values(bound, change)}
        arguments = dict.fromkeys(bound.unset) | {name: value for name, value in values.items() if bound.takes(name)}
        try:
            instance = bound.model(**arguments)
            for name in values.keys() - arguments.keys():
                setattr(instance, name, values[name])
        except Exception as error:  # noqa: BLE001  validators of the application may raise anything
            raise DatabaseError(
                f"{change.address}: {bound.model.__name__} refuses these values ({type(error).__name__})",
                hint=f"see {change.source}, and the validators of the class",
            ) from None
        return instance

    def _values(self, bound: Bound, change: Change) -> Iterator[tuple[BoundField, Any]]:
        if change.action in (Action.CREATE, Action.RENAME):
            yield bound.name, change.address.key[-1]
        if change.action is Action.CREATE:
            owner = owner_of(change.address, self._shapes)
            if owner is not None:
                yield bound.references[self._shapes[bound.kind.name].key[0]], self.keys[owner][0]
        for item in change.fields:
            if item.sensitive:
                yield from self._secret_values(bound, change.address, item.name)
            else:
                field = bound.fields[item.name]
                yield field, field.codec.write(item.after) if field.codec.write else item.after

    def _secret_values(self, bound: Bound, address: Address, name: str) -> Iterator[tuple[BoundField, Any]]:
        stored, columns = self._work.secrets[address, name], bound.secrets[name]
        yield columns.value, stored.reveal()
        if columns.prefix:
            yield columns.prefix, stored.prefix
        if columns.last_four:
            yield columns.last_four, stored.last_four
        if columns.changed_at:
            yield columns.changed_at, datetime.now(UTC)

    def _advance(self, count: int) -> None:
        self._done += count
        self._progress(self._done, len(self._work.plan.changes))


def _primary_key_is(bound: Bound) -> Iterator[Any]:
    return (column == bindparam(f"k{place}") for place, column in enumerate(bound.primary_key))


def _is_a_generation(bound: Bound, dialect: str) -> ColumnElement[bool]:
    """The rows that share the natural key of the one with this primary key."""
    current = bound.table.alias()
    owners = (bound.references[name].column for name in bound.kind.shape.key[:-1])
    columns = [*owners, bound.name.column]
    known = (current.c[column.name] == bindparam(f"k{place}") for place, column in enumerate(bound.primary_key))
    return same_as(columns, [current.c[column.name] for column in columns], and_(*known), dialect)


def _key_parameters(key: PrimaryKey) -> dict[str, Any]:
    return {f"k{place}": part for place, part in enumerate(key)}


def _nobodys(column: Column[Any]) -> Any:
    """A value that no other row holds: null, or else a text that nobody could mean."""
    if column.nullable:
        return None
    if isinstance(column.type, String):
        return f"~{uuid4().hex}"[: column.type.length or 33]
    raise DatabaseError(
        f"{column.table.name}.{column.name} is unique, not null and not text, so two rows cannot exchange its values",
        hint="change one of them in a run of its own",
    )


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
