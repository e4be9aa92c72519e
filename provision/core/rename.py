"""Following a row to its new name: `metadata.previously`, and the resources that carry an owner's name in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from provision.core.address import Address
from provision.core.shape import Shapes, creation_order
from provision.core.state import Presence, Record, Resource, Row, Snapshot
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
        owner = owner_of(address, shapes)
        head = _yesterday(owner, former, shapes).key if owner else address.key[:-1]
        here = Address(address.kind, (*head, address.key[-1]))
        if address in snapshot.rows or here in snapshot.rows:
            continue
        olds = (Address(address.kind, (*head, name)) for name in resource.previously)
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


def owner_of(address: Address, shapes: Shapes) -> Address | None:
    """The resource whose key begins this one's, if the kind's key begins with a reference."""
    shape = shapes[address.kind]
    kind = shape.references.get(shape.key[0]) if len(shape.key) > 1 else None
    return Address(kind, address.key[:-1]) if kind else None


def _possible_keys(address: Address, resources: Resources, shapes: Shapes) -> Iterator[tuple[str, ...]]:
    resource = resources.get(address)
    names = (address.key[-1], *(resource.previously if resource else ()))
    owner = owner_of(address, shapes)
    heads = list(_possible_keys(owner, resources, shapes)) if owner else [address.key[:-1]]
    for head, name in product(heads, names):
        yield (*head, name)


def _today(address: Address, renamed: Moves, shapes: Shapes) -> Address:
    owner = owner_of(address, shapes)
    if address in renamed or owner is None:
        return renamed.get(address, address)
    return Address(address.kind, (*_today(owner, renamed, shapes).key, address.key[-1]))


def _yesterday(address: Address, former: Moves, shapes: Shapes) -> Address:
    owner = owner_of(address, shapes)
    if address in former or owner is None:
        return former.get(address, address)
    return Address(address.kind, (*_yesterday(owner, former, shapes).key, address.key[-1]))


def _renew(known: Known, renamed: Moves, shapes: Shapes) -> Known:
    """The same row or record under today's names: its own, and those of what it refers to."""
    today = _today(known.address, renamed, shapes)
    names = {
        name: target.key[0]
        for name, kind in shapes[known.address.kind].references.items()
        if isinstance(value := known.fields.get(name), str) and (target := renamed.get(Address(kind, (value,))))
    }
    if today == known.address and not names:
        return known
    return replace(known, address=today, fields={**known.fields, **names})
