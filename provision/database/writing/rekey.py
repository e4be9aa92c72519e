"""Primary keys that a run changes: where a name is the key, and where the key of another row is a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provision.core.address import Address
from provision.core.state import PrimaryKey
from provision.core.value import Value
from provision.database.binding.bound import Bindings, Bound
from provision.database.writing.values import Cell


def rekey(
    keys: dict[Address, PrimaryKey], written: Mapping[Address, Sequence[Cell]], bound: Bound, bindings: Bindings
) -> None:
    """Bring `keys` up to date after these columns of rows of a kind were written."""
    places = {part.column: place for place, part in enumerate(bound.primary_key)}
    changed: dict[Value, Value] = {}
    for address, cells in written.items():
        key = list(keys[address])
        for cell in cells:
            if cell.field.column in places:
                place = places[cell.field.column]
                key[place] = bound.primary_key[place].codec.found(cell.value)
        if tuple(key) != keys[address]:
            changed[keys[address][0]] = key[0]
            keys[address] = tuple(key)
    if changed and len(bound.primary_key) == 1:
        _follow(keys, bound.kind.name, changed, bindings)


def _follow(keys: dict[Address, PrimaryKey], kind: str, changed: Mapping[Value, Value], bindings: Bindings) -> None:
    """The same for rows whose own primary key holds that of a row of this kind: the database takes them along."""
    for name, bound in bindings.items():
        leading = {to.field.column for to in bound.references.values() if to.kind == kind and not to.by_name}
        places = {place for place, part in enumerate(bound.primary_key) if part.column in leading}
        if not places:
            continue
        moved: dict[Value, Value] = {}
        for address in [address for address in keys if address.kind == name]:
            old = keys[address]
            keys[address] = tuple(
                changed.get(part, part) if place in places else part for place, part in enumerate(old)
            )
            if keys[address] != old:
                moved[old[0]] = keys[address][0]
        if moved and len(bound.primary_key) == 1:
            _follow(keys, name, moved, bindings)
