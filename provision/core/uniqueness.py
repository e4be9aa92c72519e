"""Values that the database keeps unique: declared twice, held by a row that keeps them, or passed on in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from provision.core.address import Address
from provision.core.plan import Action, Change
from provision.core.rename import Resources
from provision.core.shape import Shapes
from provision.core.state import Presence, Row
from provision.core.value import Fields, canonical_json
from provision.errors import Problem

Rows = Mapping[Address, Row]


@dataclass(frozen=True, slots=True)
class Held:
    """A value, or a group of values, that one row of a kind may hold at a time."""

    kind: str
    group: tuple[str, ...]
    values: str


def declared_twice(resources: Resources, shapes: Shapes) -> Iterator[Problem]:
    """Two documents that declare the same value for a unique field."""
    first: dict[Held, Address] = {}
    for address, resource in resources.items():
        if resource.lifecycle.state is Presence.ABSENT:
            continue
        for held in _held(address.kind, resource.fields, shapes):
            other = first.setdefault(held, address)
            if other != address:
                yield Problem(
                    message=f"{other} declares the same value ({resources[other].position}), and it must be unique",
                    position=resource.position,
                    path=f"spec.{held.group[-1]}",
                    hint="give each its own value, or remove one",
                )


def taken_by_others(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> Iterator[Problem]:
    """A change that wants a value which another row holds, and will go on holding after this run."""
    changes = list(changes)
    leaving = _leaving(changes, rows, shapes)
    holders = {held: row.address for row in rows.values() for held in _held(row.address.kind, row.fields, shapes)}
    for change, held in _arriving(changes, rows, shapes):
        holder = holders.get(held, change.address)
        if holder != change.address and held not in leaving:
            yield Problem(
                message=f"{holder} holds the same value in the database, and it must be unique",
                position=change.position,
                path=f"spec.{held.group[-1]}",
                hint=f"change or delete {holder} first; a disabled row keeps its values",
            )


def to_vacate(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> tuple[tuple[Address, str], ...]:
    """The unique fields to empty before the writes, since another row of this run takes their value.

    That makes swaps, rings and hand-overs possible in any order of writes.
    """
    changes = list(changes)
    leaving = _leaving(changes, rows, shapes)
    if not leaving:
        return ()
    return tuple(sorted({leaving[held] for _, held in _arriving(changes, rows, shapes) if held in leaving}))


def _leaving(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> dict[Held, tuple[Address, str]]:
    leaving: dict[Held, tuple[Address, str]] = {}
    for change in changes:
        row = rows.get(change.address)
        if row is None:
            continue
        written = {item.name for item in change.fields}
        for held in _held(change.address.kind, row.fields, shapes):
            moving = [name for name in held.group if name in written]
            if change.action is Action.DELETE or moving:
                leaving[held] = (change.address, (moving or held.group)[-1])
    return leaving


def _arriving(changes: Iterable[Change], rows: Rows, shapes: Shapes) -> Iterator[tuple[Change, Held]]:
    for change in changes:
        if change.action.is_removal:
            continue
        written = {item.name: item.after for item in change.fields if not item.sensitive}
        row = rows.get(change.address)
        after = {**row.fields, **written} if row else written
        for held in _held(change.address.kind, after, shapes):
            if any(name in written for name in held.group):
                yield change, held


def _held(kind: str, fields: Fields, shapes: Shapes) -> Iterator[Held]:
    for group in shapes[kind].unique:
        values = [fields.get(name) for name in group]
        if all(value is not None for value in values):
            yield Held(kind, group, canonical_json(values))
