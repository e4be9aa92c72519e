"""The one query of a kind, and its rows in our terms; one more for each of its associations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.secret import Secret
from provision.core.state import PrimaryKey, Row
from provision.core.value import Fields, Value
from provision.database.binding.bound import Bindings, Bound, BoundLink
from provision.database.binding.naturalkey import joined, natural_key, read_all, reader_of
from provision.database.dialects.keyset import among
from provision.database.reading.matching import match, plain_keys, stored_key
from provision.errors import DatabaseError

# One list for all rows that an association ties to nobody.
_NOBODY: Sequence[Value] = []
Keys = Collection[tuple[str, ...]]


class Reader:
    """Builds and runs the query of a kind; `secrets` are those whose stored values are wanted."""

    def __init__(self, bound: Bound, bindings: Bindings, secrets: Collection[str] = ()) -> None:
        self._bound = bound
        self._key = natural_key(bound, bindings)
        self._source = self._key.source
        self._columns: list[ColumnElement[Any]] = []
        # What the parts of a result row are for: where each begins in it.
        self._primary = self._add(*(part.column for part in bound.primary_key))
        self._fields = tuple(
            (name, field.codec.read, self._add(field.column).start) for name, field in bound.fields.items()
        )
        self._references = tuple(self._joined(bindings))
        generation = bound.generation
        self._generation = self._add(generation.column).start if generation else None
        self._secrets = tuple((name, self._add(bound.secrets[name].value.column).start) for name in sorted(secrets))

    async def read(self, session: AsyncSession, keys: Keys, *, lock_rows: bool) -> dict[Address, Row]:
        """The rows with these natural keys; of several generations the current one, with the others beside it."""
        stored = [key for key in (stored_key(self._key, parts) for parts in keys) if key is not None]
        found = await match(session, self._key, self._source, stored)
        query = self._query(found.source, found.asked).where(found.condition)
        if lock_rows:
            query = query.with_for_update(of=self._bound.table)
        return self._found(await session.execute(query), asked=bool(found.asked))

    async def read_where(self, session: AsyncSession, condition: ColumnElement[bool]) -> dict[Address, Row]:
        """The rows that a condition on the kind's own table holds for; one whose key is null has no name."""
        named = (column.is_not(None) for column in self._key.columns)
        return self._found(await session.execute(self._query(self._source).where(condition, *named)))

    async def read_all(self, session: AsyncSession) -> dict[Address, Row]:
        """Every row of the kind; one whose key is null has no name, and is none of a manifest's."""
        return await self.read_where(session, true())

    def _found(self, result: Any, *, asked: bool = False) -> dict[Address, Row]:
        """The rows by address, under the names that they were asked for where those may be spelt differently."""
        found: dict[Address, Row] = {}
        at = slice(len(self._key.columns) + len(self._columns), None) if asked else slice(len(self._key.columns))
        for row in self._rows(result, at):
            if row.address in found and self._bound.generation is None:
                raise DatabaseError(
                    f"{row.address} is not one row but several in {self._bound.table.name}",
                    hint="the key of a kind must be unique in its table; or name its generation column",
                )
            former = found.get(row.address)
            found[row.address] = row if former is None else _after(row, former)
        return found

    def _rows(self, result: Any, name: slice) -> Iterator[Row]:
        try:
            yield from (self._row(values, name) for values in result)
        except (ValueError, TypeError, ArithmeticError) as error:  # SQLite keeps anything in any column
            raise DatabaseError(
                f"{self._bound.table.fullname} holds a value that is none of its column's type "
                f"({type(error).__name__})",
                hint="correct it in the database, or leave the column alone: fields.X.hidden = true",
            ) from None

    def _add(self, *columns: ColumnElement[Any]) -> slice:
        start = len(self._key.columns) + len(self._columns)
        self._columns += columns
        return slice(start, start + len(columns))

    def _joined(self, bindings: Bindings) -> Iterator[tuple[str, int, slice, Callable[[Any, Sequence[Any]], Value]]]:
        for name, reference in self._bound.references.items():
            if name in self._bound.kind.binding.key:
                continue
            column = reference.field.column
            target = joined(self._source, column, reference, bindings, outer=True)
            self._source = target.source
            yield name, self._add(column).start, self._add(*target.columns), reader_of(target)

    def _query(self, source: FromClause, asked: Sequence[ColumnElement[Any]] = ()) -> Select[Any]:
        columns = [*self._key.columns, *self._columns, *asked]
        query = select(*(column.label(f"c{place}") for place, column in enumerate(columns)))
        query = query.select_from(source).where(*self._bound.filters())
        generation = self._bound.generation
        # The last row of a key wins: the current generation.
        return query.order_by(generation.column) if generation else query

    def _row(self, values: Any, name: slice) -> Row:
        return Row(
            address=Address(self._bound.kind.name, self._key.read(values[name])),
            primary_key=read_all(self._bound.primary_key, values[self._primary]),
            fields=self._read_fields(values),
            secrets={name: _secret(values[at]) for name, at in self._secrets},
            generation=None if self._generation is None else values[self._generation],
        )

    def _read_fields(self, values: Any) -> Fields:
        fields = {name: read(values[at]) if read else values[at] for name, read, at in self._fields}
        for name, at, key, read_name in self._references:
            found = values[at]
            fields[name] = None if found is None else read_name(found, values[key])
        for name in self._bound.links:
            fields[name] = _NOBODY
        return fields


async def with_links(
    session: AsyncSession, bound: Bound, rows: Mapping[Address, Row], bindings: Bindings
) -> Mapping[Address, Row]:
    """The same rows with the names that their associations lead to, sorted; the reader left these lists empty."""
    if not bound.links or not rows:
        return rows
    by_primary = {row.primary_key: row.address for row in rows.values()}
    held = {name: await _held(session, bound, link, by_primary, bindings) for name, link in bound.links.items()}
    linked = dict(rows)
    for address in {address for found in held.values() for address in found}:
        of_row = {name: found.get(address, {}) for name, found in held.items()}
        names = {name: sorted(found) for name, found in of_row.items()}
        row = rows[address]
        linked[address] = replace(row, fields={**row.fields, **names}, held=of_row)
    return linked


async def _held(
    session: AsyncSession,
    bound: Bound,
    link: BoundLink,
    by_primary: Mapping[PrimaryKey, Address],
    bindings: Bindings,
) -> Mapping[Address, dict[str, Value]]:
    target = joined(link.table, link.target, link, bindings, outer=True)
    wanted = plain_keys(session, [link.source], [bound.stored_key(key) for key in by_primary])
    query = (
        select(link.source.label("source"), link.target.label("target"), *target.columns)
        .select_from(target.source)
        .where(among([link.source], wanted, session.get_bind().dialect.name))
    )
    read = reader_of(target)
    part = bound.primary_key[0]
    found: dict[Address, dict[str, Value]] = {}
    for source, leads_to, *key in await session.execute(query):
        of_row = found.setdefault(by_primary[(part.codec.found(source),)], {})
        of_row[str(read(leads_to, key))] = link.to.codec.found(leads_to)
    return found


def _after(row: Row, former: Row) -> Row:
    """The row of a later generation, which knows the former ones."""
    return replace(row, older=(*former.older, replace(former, older=())))


def _secret(value: Any) -> Secret | None:
    return None if value is None else Secret(str(value))
