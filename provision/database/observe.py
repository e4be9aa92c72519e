"""Reading the rows of the addresses we ask about: one query for each kind, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.secret import Secret
from provision.core.state import PrimaryKey, Record, Row, Snapshot
from provision.core.value import Fields
from provision.database.binding import Bindings, Bound
from provision.database.collation import matching
from provision.database.ledger import other_managers
from provision.errors import DatabaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What to look at: which addresses, which secrets' stored hashes, what the ledger says, and whether to lock."""

    addresses: Collection[Address]
    secrets: Collection[tuple[Address, str]]
    records: Mapping[Address, Record]
    project: str
    ledger: bool
    lock_rows: bool = False


async def observe(session: AsyncSession, inquiry: Inquiry, bindings: Bindings) -> Snapshot:
    """Find the rows, who else manages any of them, and how many administrators there are."""
    rows: dict[Address, Row] = {}
    by_kind: dict[str, list[tuple[str, ...]]] = {}
    for address in inquiry.addresses:
        by_kind.setdefault(address.kind, []).append(address.key)
    for name in sorted(by_kind):
        reader = _Reader(bindings[name], bindings, {field for at, field in inquiry.secrets if at.kind == name})
        rows |= await reader.read(session, by_kind[name], lock_rows=inquiry.lock_rows)
    return Snapshot(
        rows=rows,
        records=inquiry.records,
        foreign=await _foreign(session, inquiry, rows.values(), bindings),
        administrators=await _administrators(session, bindings),
    )


class _Reader:
    """Builds and runs the one query of a kind, and turns its rows into ours."""

    def __init__(self, bound: Bound, bindings: Bindings, secrets: Collection[str]) -> None:
        self._bound = bound
        self._source, self._key = _natural_key(bound, bindings)
        self._fields = tuple(bound.fields.items())
        self._secrets = tuple((name, bound.secrets[name].value.column) for name in sorted(secrets))

    async def read(
        self, session: AsyncSession, keys: Collection[tuple[str, ...]], *, lock_rows: bool
    ) -> dict[Address, Row]:
        query = self._query(await matching(session, self._key, keys))
        if lock_rows:
            query = query.with_for_update(of=self._bound.table)
        found: dict[Address, Row] = {}
        for row in map(self._row, await session.execute(query)):
            if row.address in found and self._bound.generation is None:
                raise DatabaseError(
                    f"{row.address} is not one row but several in {self._bound.table.name}",
                    hint="the key of a kind must be unique in its table; or name its generation column",
                )
            found[row.address] = row
        return found

    def _query(self, wanted: ColumnElement[bool]) -> Select[Any]:
        columns = [*self._key, *self._bound.primary_key, *(field.column for _, field in self._fields)]
        columns += [column for _, column in self._secrets]
        query = select(*(column.label(f"c{place}") for place, column in enumerate(columns)))
        query = query.select_from(self._source).where(wanted)
        generation = self._bound.generation
        # The last row of a key wins below: the current generation.
        return query.order_by(generation.column) if generation else query

    def _row(self, values: Any) -> Row:
        after_key = len(self._key)
        after_primary = after_key + len(self._bound.primary_key)
        after_fields = after_primary + len(self._fields)
        return Row(
            address=Address(self._bound.kind.name, tuple(values[:after_key])),
            primary_key=tuple(values[after_key:after_primary]),
            fields=self._read_fields(values[after_primary:after_fields]),
            secrets={
                name: Secret(str(value)) if value is not None else None
                for (name, _), value in zip(self._secrets, values[after_fields:], strict=True)
            },
        )

    def _read_fields(self, values: Iterable[Any]) -> Fields:
        return {
            name: field.codec.read(value) if field.codec.read else value
            for (name, field), value in zip(self._fields, values, strict=True)
        }


def _natural_key(bound: Bound, bindings: Bindings) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """The table joined to its owners, and the columns that make the key, the owner's first."""
    owner = bound.kind.owner
    if owner is None:
        return bound.table, [bound.name.column]
    parent = bindings[bound.kind.shape.references[owner]]
    source, key = _natural_key(parent, bindings)
    column = bound.references[owner].column
    return bound.table.join(source, column == parent.primary_key[0]), [*key, bound.name.column]


async def _foreign(
    session: AsyncSession, inquiry: Inquiry, rows: Iterable[Row], bindings: Bindings
) -> Mapping[Address, str]:
    """Rows that are there but not in our records may be another project's."""
    if not inquiry.ledger:
        return {}
    unknown: dict[str, dict[PrimaryKey, Address]] = {}
    for row in rows:
        record = inquiry.records.get(row.address)
        if record is None or record.primary_key != row.primary_key:
            table = bindings[row.address.kind].table.fullname
            unknown.setdefault(table, {})[row.primary_key] = row.address
    found: dict[Address, str] = {}
    for table, keys in sorted(unknown.items()):
        found |= dict(await other_managers(session, inquiry.project, table, keys))
    return found


async def _administrators(session: AsyncSession, bindings: Bindings) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for name, bound in bindings.items():
        condition = bound.shape.administrators
        if condition is None:
            continue
        clauses = (
            field.column == (field.codec.write(value) if field.codec.write else value)
            for field, value in ((bound.fields[item], value) for item, value in condition.items())
        )
        query = select(func.count()).select_from(bound.table).where(and_(*clauses))
        counts[name] = await session.scalar(query) or 0
    return counts
