"""The order of changes: targets first, removals backwards, trees from their roots, circles in two steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from provision.core.address import Address, Slot
from provision.core.keys import named
from provision.core.plan import Action, Change
from provision.core.shape import Shapes, breakable, creation_order
from provision.core.state import Row
from provision.core.value import Fields
from provision.errors import Problem

Edges = Mapping[Address, list[tuple[str, Address]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The changes in order, references that are written once all rows are there, and those that are emptied first."""

    changes: tuple[Change, ...]
    deferred: tuple[Slot, ...] = ()
    emptied: tuple[Slot, ...] = ()
    problems: tuple[Problem, ...] = ()


def in_order(found: Iterable[Change], rows: Mapping[Address, Row], shapes: Shapes) -> Ordered:
    """Order the changes, rows that refer to rows of their own kind included."""
    changes = list(found)
    rank = {kind: place for place, kind in enumerate(creation_order(shapes))}
    coming = [change for change in changes if not change.action.is_removal]
    going = [change for change in changes if change.action.is_removal]
    arriving = _Rows(
        {change.address: {item.name: item.after for item in change.fields} for change in coming},
        {change.address for change in coming if change.action is Action.CREATE},
        shapes,
        leave=False,
    )
    leaving = _Rows(
        {change.address: rows[change.address].fields for change in going if change.action is Action.DELETE},
        {change.address for change in going if change.action is Action.DELETE},
        shapes,
        leave=True,
    )
    coming.sort(key=lambda change: (rank[change.address.kind], arriving.depth(change.address), change.address))
    going.sort(key=lambda change: (-rank[change.address.kind], -leaving.depth(change.address), change.address))
    return Ordered(
        changes=(*coming, *going),
        deferred=tuple(sorted({*arriving.loosened, *arriving.across(rank)})),
        emptied=tuple(sorted({*leaving.loosened, *leaving.across(rank)})),
        problems=tuple(_stuck(changes, {**leaving.stuck, **arriving.stuck})),
    )


class _Rows:
    """Rows that are written, or deleted, in one run, and what they refer to among those made, or deleted, in it.

    With `leave` they are deleted, and one that refers to itself is in nobody's way.
    `loosened` are the references that are taken out of circles; `stuck` the rows of circles that have none to take.
    """

    def __init__(
        self, fields: Mapping[Address, Fields], among: Collection[Address], shapes: Shapes, *, leave: bool
    ) -> None:
        self._fields = fields
        self._among = among
        self._shapes = shapes
        loose = breakable(shapes)
        edges = {
            address: [
                (name, to) for name, to in self._own_kind(address) if to in among and (to != address or not leave)
            ]
            for address in fields
            if address.kind in shapes[address.kind].references.values()
        }
        _, circular = _depths(edges)
        self.loosened = {
            (address, name) for address in circular for name, _ in edges[address] if (address.kind, name) in loose
        }
        kept = {
            address: [(name, to) for name, to in pairs if (address, name) not in self.loosened]
            for address, pairs in edges.items()
        }
        self._depths, stuck = _depths(kept)
        self.stuck: Mapping[Address, str] = {address: kept[address][0][0] for address in stuck}

    def depth(self, address: Address) -> int:
        """How many rows of the same kind, one above the other, have to be there before this one."""
        return self._depths.get(address, 0)

    def across(self, rank: Mapping[str, int]) -> Iterator[Slot]:
        """References to rows of a kind that comes later, which only happens where kinds make a circle."""
        later = {
            kind: [(name, to) for name, to in shape.references.items() if rank[to] > rank[kind]]
            for kind, shape in self._shapes.items()
        }
        for address, fields in self._fields.items():
            for name, kind in later[address.kind]:
                if any(target in self._among for target in named(kind, fields.get(name), self._shapes)):
                    yield address, name

    def _own_kind(self, address: Address) -> Iterator[tuple[str, Address]]:
        for name, kind in self._shapes[address.kind].references.items():
            if kind == address.kind:
                yield from ((name, to) for to in named(kind, self._fields[address].get(name), self._shapes))


def _depths(edges: Edges) -> tuple[dict[Address, int], set[Address]]:
    """The length of the longest way from each row, and the rows that are in a circle or lead to one."""
    waiting = {address: len(pairs) for address, pairs in edges.items()}
    referring: dict[Address, list[Address]] = {}
    for address, pairs in edges.items():
        for _, target in pairs:
            referring.setdefault(target, []).append(address)
    depths: dict[Address, int] = {}
    level, ready = 0, [address for address, count in waiting.items() if count == 0]
    while ready:
        depths |= dict.fromkeys(ready, level)
        following = []
        for address in ready:
            for other in referring.get(address, ()):
                waiting[other] -= 1
                if waiting[other] == 0:
                    following.append(other)
        level, ready = level + 1, following
    return depths, edges.keys() - depths.keys()


def _stuck(changes: Iterable[Change], stuck: Mapping[Address, str]) -> Iterator[Problem]:
    for change in changes:
        name = stuck.get(change.address)
        if name is not None:
            yield Problem(
                message=f"{change.address} refers in a circle to itself, and {name} may not be null",
                position=change.position,
                path=f"spec.{name}",
                hint="no order is possible; let one of them refer to a row outside the circle",
            )
