"""Following a row to its new name: `metadata.previously`, and the resources that carry an owner's name in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from provision.core.address import Address
from provision.core.keys import is_named_by_reference, key_fields, named, owners_of, reference_to, with_owners
from provision.core.shape import Shapes, creation_order
from provision.core.state import Presence, Record, Resource, Row, Snapshot
from provision.core.value import Value
from provision.errors import Problem

Resources = Mapping[Address, Resource]
Moves = Mapping[Address, Address]
Known = TypeVar("Known", Row, Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A snapshot under the names that the manifests use now.

    `renamed` maps old to new for the rows that `previously` names, `moved` for every record that got another address.
    """

    snapshot: Snapshot
    renamed: Moves
    moved: Moves


def former_addresses(resources: Resources, shapes: Shapes) -> Iterator[Address]:
    """Every other address at which the row of a declared resource may still be found."""
    if not any(resource.previously for resource in resources.values()):
        return
    for address in resources:
        for key in _possible_keys(address, resources, shapes):
            if key != address.key:
                yield Address(address.kind, key)


def follow(resources: Resources, snapshot: Snapshot, shapes: Shapes) -> Followed:
    """Give rows and records the names of today; a row is renamed only while its new name is free.

    What is declared absent is absent under its own name: nobody else's row goes because it had that name once.
    """
    renamed = _renamed(resources, snapshot, shapes)
    if not renamed:
        return Followed(snapshot=snapshot, renamed={}, moved={})
    rows = {row.address: row for row in (_renew(row, renamed, shapes) for row in snapshot.rows.values())}
    moved = {address: today for address in snapshot.records if (today := _today(address, renamed, shapes)) != address}
    known = {address: _renew(record, renamed, shapes) for address, record in snapshot.records.items()}
    records = {address: record for address, record in known.items() if address not in moved}
    # A record that moves replaces the one of a row that is gone.
    records |= {today: known[old] for old, today in moved.items()}
    foreign = {_today(address, renamed, shapes): owner for address, owner in snapshot.foreign.items()}
    return Followed(
        snapshot=replace(snapshot, rows=rows, records=records, foreign=foreign), renamed=renamed, moved=moved
    )


def ambiguous_renames(resources: Resources) -> Iterator[Problem]:
    """A former name must belong to nobody else: neither declared itself nor claimed twice."""
    claimed: dict[Address, Address] = {}
    for address, resource in resources.items():
        for name in resource.previously:
            former = Address(address.kind, (*address.key[:-1], name))
            if former == address:
                whose = "is its name now"
            elif former in resources:
                whose = f"is declared at {resources[former].position}"
            elif claimed.setdefault(former, address) != address:
                whose = f"is claimed by {claimed[former]} as well"
            else:
                continue
            yield Problem(
                message=f"the former name {former} {whose}",
                position=resource.position,
                path="metadata.previously",
                hint="a former name belongs to one resource; where names are passed on, rename in two runs",
            )


def _renamed(resources: Resources, snapshot: Snapshot, shapes: Shapes) -> dict[Address, Address]:
    former: dict[Address, Address] = {}
    candidates = [
        item for item in resources.values() if item.previously and item.lifecycle.state is not Presence.ABSENT
    ]
    rank = {kind: place for place, kind in enumerate(creation_order(shapes))}
    for resource in sorted(candidates, key=lambda item: (rank[item.address.kind], item.address)):
        address = resource.address
        here = with_owners(address, shapes, lambda owner: _yesterday(owner, former, shapes))
        if address in snapshot.rows or here in snapshot.rows:
            continue
        olds = (Address(address.kind, (*here.key[:-1], name)) for name in resource.previously)
        known = snapshot.records.get(address) or snapshot.records.get(here)
        found = next((old for old in olds if _is_same(snapshot, old, known)), None)
        if found is not None:
            former[address] = found
    return {old: new for new, old in former.items()}


def _is_same(snapshot: Snapshot, old: Address, known: Record | None) -> bool:
    """Whether the row under a former name is the resource, and not a later one of a stranger who took that name."""
    row, record = snapshot.rows.get(old), snapshot.records.get(old)
    if row is None:
        return False
    ours = record is not None and record.primary_key == row.primary_key
    return ours or known is None or known.primary_key == row.primary_key


def _possible_keys(address: Address, resources: Resources, shapes: Shapes) -> Iterator[tuple[str, ...]]:
    shape = shapes[address.kind]
    owners = dict(owners_of(address, shapes))
    resource = resources.get(address)
    choices = [
        list(_possible_keys(owners[field], resources, shapes)) if field in owners else [parts]
        for field, parts in key_fields(address, shape)
    ]
    if not is_named_by_reference(shape) and resource is not None:
        choices[-1] += [(name,) for name in resource.previously]
    for parts in product(*choices):
        yield tuple(part for group in parts for part in group)


def _today(address: Address, renamed: Moves, shapes: Shapes) -> Address:
    if address in renamed:
        return renamed[address]
    return with_owners(address, shapes, lambda owner: _today(owner, renamed, shapes))


def _yesterday(address: Address, former: Moves, shapes: Shapes) -> Address:
    if address in former:
        return former[address]
    return with_owners(address, shapes, lambda owner: _yesterday(owner, former, shapes))


def _renew(known: Known, renamed: Moves, shapes: Shapes) -> Known:
    """The same row or record under today's names: its own, and those of what it refers to."""
    today = _today(known.address, renamed, shapes)
    names = {name: value for name, value in _renewed(known, renamed, shapes) if value != known.fields[name]}
    if today == known.address and not names:
        return known
    fields = {**known.fields, **names}
    if isinstance(known, Row):
        return replace(known, address=today, fields=fields, held=dict(_held_today(known, renamed, shapes)))
    return replace(known, address=today, fields=fields)


def _held_today(row: Row, renamed: Moves, shapes: Shapes) -> Iterator[tuple[str, Mapping[str, Value]]]:
    for name, held in row.held.items():
        kind = shapes[row.address.kind].links[name]
        targets = {text: next(named(kind, text, shapes)) for text in held}
        yield name, {reference_to(_today(targets[text], renamed, shapes)): value for text, value in held.items()}


def _renewed(known: Row | Record, renamed: Moves, shapes: Shapes) -> Iterator[tuple[str, Value]]:
    shape = shapes[known.address.kind]
    for name, kind in shape.references.items():
        for target in named(kind, known.fields.get(name), shapes):
            yield name, reference_to(_today(target, renamed, shapes))
    for name, kind in shape.links.items():
        if name in known.fields:
            targets = named(kind, known.fields[name], shapes)
            yield name, sorted(reference_to(_today(target, renamed, shapes)) for target in targets)
