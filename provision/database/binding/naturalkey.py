"""From a row to its natural key: the joins that lead there, and the text that a manifest writes for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, FromClause, and_

from provision.core.address import join_key
from provision.core.value import Value
from provision.database.binding.bound import Bindings, Bound, BoundField, BoundLink, BoundReference

# What stands for a reference to a row that is not there, or that the scope of its kind hides.
# No manifest can name it, since no name begins with a space.
UNNAMED = " no row: {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalKey:
    """The rows of a kind joined to what their key names: the columns of the key, and how each is read."""

    source: FromClause
    columns: tuple[ColumnElement[Any], ...]
    parts: tuple[BoundField, ...]

    def read(self, values: Sequence[Any]) -> tuple[str, ...]:
        """The parts of an address, from the values of the columns."""
        return cast("tuple[str, ...]", read_all(self.parts, values))  # their codecs give text


def natural_key(bound: Bound, bindings: Bindings) -> NaturalKey:
    """The natural key of the rows of a kind's own table."""
    return _key(bound, bound.table, bound.table, bindings, outer=False)


def joined(
    source: FromClause,
    column: ColumnElement[Any],
    leads: BoundReference | BoundLink,
    bindings: Bindings,
    *,
    outer: bool,
) -> NaturalKey:
    """`source` joined to the rows of another kind that `column` leads to, with the natural key of those."""
    target = bindings[leads.kind]
    table = target.table.alias()
    condition = and_(column == table.c[leads.to.column.key], *target.filters(table))
    source = source.join(table, condition, isouter=outer)
    return _key(target, table, source, bindings, outer=outer)


def _key(bound: Bound, table: FromClause, source: FromClause, bindings: Bindings, *, outer: bool) -> NaturalKey:
    columns: list[ColumnElement[Any]] = []
    parts: list[BoundField] = []
    for name, field in bound.key.items():
        column = table.c[field.column.key]
        reference = bound.references.get(name)
        if reference is None:
            columns.append(column)
            parts.append(field)
            continue
        owner = joined(source, column, reference, bindings, outer=outer)
        source = owner.source
        columns += owner.columns
        parts += owner.parts
    return NaturalKey(source=source, columns=tuple(columns), parts=tuple(parts))


def read_all(parts: Sequence[BoundField], values: Sequence[Any]) -> tuple[Value, ...]:
    """The values of several columns in our terms."""
    if len(parts) == 1:  # as most keys are, and there are many of them
        read = parts[0].codec.read
        return (read(values[0]) if read else values[0],)
    return tuple(part.codec.found(value) for part, value in zip(parts, values, strict=True))


def reader_of(key: NaturalKey) -> Callable[[Any, Sequence[Any]], Value]:
    """What turns a reference's column, and the columns of the key it leads to, into what a manifest writes."""
    single = len(key.parts) == 1

    def read(found: Any, values: Sequence[Any]) -> Value:
        if found is None:
            return None
        if values[-1] is None:
            return UNNAMED.format(found)
        parts = key.read(values)
        return parts[0] if single else join_key(parts)

    return read
