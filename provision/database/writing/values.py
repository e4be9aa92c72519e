"""What a change writes into the columns of its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from provision.core.address import Address, Slot
from provision.core.keys import named, owners_of
from provision.core.plan import Action, Change, FieldChange, Reason, Retirement
from provision.core.secret import StoredSecret
from provision.core.state import PrimaryKey
from provision.core.value import NOW, Value
from provision.database.binding.bound import Bindings, Bound, BoundField, BoundLink, BoundReference, shapes_of

Keys = Mapping[Address, PrimaryKey]


def carried(change: Change) -> Iterator[FieldChange]:
    """What the next generation of a row takes over from it."""
    for name, value in change.carried.items():
        yield FieldChange(name=name, before=None, after=value, reason=Reason.NEW)


class Cell(NamedTuple):
    """A column and what it gets."""

    field: BoundField
    value: Any


class Values:
    """Knows what was planned, the hashes to store, and the primary keys that this run has found or made."""

    def __init__(
        self, bindings: Bindings, secrets: Mapping[Slot, StoredSecret], keys: Keys, deferred: frozenset[Slot]
    ) -> None:
        self._bindings = bindings
        self._shapes = shapes_of(bindings)
        self._secrets = secrets
        self._keys = keys
        self._deferred = deferred

    def of_new(self, change: Change) -> Iterator[Cell]:
        """What a new row gets: its key, its fields, the scope, moments, and what it gets when nobody says."""
        bound = self._bindings[change.address.kind]
        cells = {cell.field.column: cell for cell in self._new(bound, change)}
        for field, make in bound.initial:
            if field.column not in cells:
                yield Cell(field, make())
        yield from cells.values()

    def of_change(self, change: Change) -> Iterator[Cell]:
        """What an existing row gets."""
        bound = self._bindings[change.address.kind]
        cells = [*self.of_name(change), *self._fields(bound, change.address, change.fields)]
        yield from cells
        if change.fields or cells:
            written = {cell.field.column for cell in cells}
            yield from (
                Cell(field, field.codec.stored(NOW)) for field in bound.updated if field.column not in written
            )

    def of_retirement(self, change: Change, retirement: Retirement) -> Iterator[Cell]:
        """What a former generation gets when it stops working."""
        bound = self._bindings[change.address.kind]
        yield from self._fields(bound, change.address, retirement.fields)
        yield from (Cell(field, field.codec.stored(NOW)) for field in bound.updated)

    def of_name(self, change: Change) -> Iterator[Cell]:
        """The new name of a renamed row."""
        bound = self._bindings[change.address.kind]
        if change.action is Action.RENAME and bound.kind.binding.key[-1] not in bound.references:
            yield Cell(bound.name, bound.name.codec.stored(change.address.key[-1]))

    def of_reference(self, address: Address, name: str, value: Any) -> Iterator[Cell]:
        """A reference alone, once all rows are there."""
        reference = self._bindings[address.kind].references[name]
        yield Cell(reference.field, self._held(reference, value))

    def held_by_link(self, link: BoundLink, held: Mapping[str, Value], name: str) -> Any:
        """What the association's column holds for a name: that of a row we know, or what was found there."""
        target = next(named(link.kind, name, self._shapes))
        return self._value(link, target) if target in self._keys else link.to.codec.stored(held[name])

    def _new(self, bound: Bound, change: Change) -> Iterator[Cell]:
        key = dict(self._key(bound, change.address))
        yield from (Cell(field, value) for field, value in bound.scope)
        yield from (Cell(field, field.codec.stored(NOW)) for field in (*bound.created, *bound.updated))
        yield from key.values()
        if bound.generation and change.generation is not None:
            yield Cell(bound.generation, change.generation)
        yield from self._fields(bound, change.address, carried(change))
        yield from self._fields(bound, change.address, change.fields)

    def _key(self, bound: Bound, address: Address) -> Iterator[tuple[str, Cell]]:
        owners = dict(owners_of(address, self._shapes))
        plain = iter(address.key)
        widths = self._shapes[address.kind].widths or (1,) * len(bound.key)
        for (name, field), width in zip(bound.key.items(), widths, strict=True):
            parts = [next(plain) for _ in range(width)]
            if name in owners:
                yield name, Cell(field, self._value(bound.references[name], owners[name]))
            else:
                yield name, Cell(field, field.codec.stored(parts[0]))

    def _fields(self, bound: Bound, address: Address, fields: Iterable[FieldChange]) -> Iterator[Cell]:
        for item in fields:
            if item.sensitive:
                yield from self._secret(bound, address, item.name)
            elif item.name in bound.references:
                if (address, item.name) not in self._deferred:
                    reference = bound.references[item.name]
                    yield Cell(reference.field, self._held(reference, item.after))
            elif item.name not in bound.links:
                field = bound.fields[item.name]
                yield Cell(field, field.codec.stored(item.after))

    def _held(self, reference: BoundReference | BoundLink, value: Any) -> Any:
        target = next(named(reference.kind, value, self._shapes), None)
        return None if target is None else self._value(reference, target)

    def _value(self, reference: BoundReference | BoundLink, target: Address) -> Any:
        by_name = isinstance(reference, BoundReference) and reference.by_name
        return reference.to.codec.stored(target.key[-1] if by_name else self._keys[target][0])

    def _secret(self, bound: Bound, address: Address, name: str) -> Iterator[Cell]:
        stored, columns = self._secrets[address, name], bound.secrets[name]
        yield Cell(columns.value, stored.reveal())
        if columns.prefix:
            yield Cell(columns.prefix, stored.prefix)
        if columns.last_four:
            yield Cell(columns.last_four, stored.last_four)
        if columns.changed_at:
            yield Cell(columns.changed_at, columns.changed_at.codec.stored(NOW))
