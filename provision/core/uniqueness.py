"""Values that the database keeps unique: declared twice, held by a row that keeps them, or passed on in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from provision.core.address import Address, join_key
from provision.core.keys import key_fields
from provision.core.plan import Action, Change
from provision.core.rename import Resources
from provision.core.shape import KindShape, Shapes
from provision.core.state import Presence, Row
from provision.core.value import Fields, canonical_json
from provision.errors import Problem

Rows = Mapping[Address, Row]


class Held(NamedTuple):
    """A value, or a group of values, that one row of a kind may hold at a time; what is not text is JSON in a tuple.

    A tuple for the same reason as an address: a run makes and hashes as many as there are rows.
    """

    kind: str
    group: tuple[str, ...]
    values: tuple[str | tuple[str], ...]


def declared_twice(resources: Resources, shapes: Shapes) -> Iterator[Problem]:
    """Two documents that declare the same value for a unique field."""
    first: dict[Held, Address] = {}
    for address, resource in resources.items():
        if resource.lifecycle.state is Presence.ABSENT:
            continue
        for held in _held(address, resource.fields, shapes):
            other = first.setdefault(held, address)
            if other != address:
                yield Problem(
                    message=f"{other} declares the same value ({resources[other].position}), and it must be unique",
                    position=resource.position,
                    path=f"spec.{held.group[-1]}",
                    hint="give each its own value, or remove one",
                )


def taken_by_others(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> Iterator[Problem]:
    """A change that wants a value which another row holds and keeps, or which another change wants as well."""
    changes = list(changes)
    arriving = list(_arriving(changes, rows, shapes))
    if not arriving:
        return
    leaving = _leaving(changes, rows, shapes)
    holders = {held: row.address for row in rows.values() for held in _held(row.address, row.fields, shapes)}
    first: dict[Held, Address] = {}
    for change, held in arriving:
        holder = holders.get(held, change.address)
        rival = first.setdefault(held, change.address)
        if holder != change.address and held in leaving and leaving[held] is None:
            message = f"{holder} gives the same value up in this run, and nothing can stand for it meanwhile"
            hint = "change one of the two in a run of its own: it is unique, and neither null nor a placeholder"
        elif holder != change.address and held not in leaving:
            message = f"{holder} holds the same value in the database, and it must be unique"
            hint = f"change or delete {holder} first; a disabled row keeps its values"
        elif rival != change.address:
            message = f"{rival} gets the same value in this run, and it must be unique"
            hint = "declare another value for one of the two"
        else:
            continue
        yield Problem(message=message, position=change.position, path=f"spec.{held.group[-1]}", hint=hint)


def to_vacate(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> tuple[tuple[Address, str], ...]:
    """The unique fields to empty before the writes, since another row of this run takes their value.

    That makes swaps, rings and hand-overs possible in any order of writes.
    """
    changes = list(changes)
    leaving = _leaving(changes, rows, shapes)
    if not leaving:
        return ()
    slots = (leaving.get(held) for _, held in _arriving(changes, rows, shapes))
    return tuple(sorted({slot for slot in slots if slot is not None}))


def _leaving(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> dict[Held, tuple[Address, str] | None]:
    """The values that rows give up, each with the field to empty for it; None where none can be emptied."""
    leaving: dict[Held, tuple[Address, str] | None] = {}
    for change in changes:
        row = rows.get(change.address)
        if row is None or change.makes_row:  # the row stays as it is beside its next generation
            continue
        written = {item.name for item in change.fields}
        for held in _held(change.address, row.fields, shapes):
            moving = [name for name in held.group if name in written]
            if change.action is Action.DELETE or moving:
                name = _emptied(moving or held.group, held.group, shapes[change.address.kind])
                leaving[held] = None if name is None else (change.address, name)
    return leaving


def _emptied(moving: Sequence[str], group: Sequence[str], shape: KindShape) -> str | None:
    """One of the moving fields, preferably one that may be null; else another such one, which gets its value back."""
    free = [name for name in moving if name not in shape.key]
    fit = [name for name in free if name in shape.nullable] or [
        name for name in reversed(free) if name not in shape.rigid
    ]
    fit += [name for name in group if name in shape.nullable and name not in shape.key]
    return next(iter(fit), None)


def _arriving(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> Iterator[tuple[Change, Held]]:
    for change in changes:
        if change.action is Action.DELETE:
            continue
        written = {item.name: item.after for item in change.fields if not item.sensitive}
        row = rows.get(change.address)
        after = {**row.fields, **written} if row else written
        for held in _held(change.address, after, shapes):
            if any(name in written for name in held.group):
                yield change, held


def _held(address: Address, fields: Fields, shapes: Shapes) -> Iterator[Held]:
    """The values of each unique group; a group may hold fields of the key, which the address has."""
    shape = shapes[address.kind]
    if not shape.unique:
        return
    if len(shape.key) > 1:
        fields = {**fields, **{name: join_key(parts) for name, parts in key_fields(address, shape)}}
    for group in shape.unique:
        values = [fields.get(name) for name in group]
        if all(value is not None for value in values):
            spelled = (value if isinstance(value, str) else (canonical_json(value),) for value in values)
            yield Held(address.kind, group, tuple(spelled))
