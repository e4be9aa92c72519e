"""What the engine knows of a kind: its key, its references, and a few rules. It never knows a kind by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from provision.core.value import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class KindShape:
    """`key` lists the fields of the natural key, the last being `metadata.name`.

    `references` maps a field to the kind it names; `unique` holds groups of fields that the database keeps
    unique; `nullable` the fields that may be null; `required` those that a new row cannot do without.
    `disable` is what `on_remove: disable` sets; `administrators` the condition of a row that holds power.
    """

    name: str
    key: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[tuple[str, ...], ...] = ()
    nullable: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    disable: Fields | None = None
    administrators: Fields | None = None


Shapes = Mapping[str, KindShape]


def creation_order(shapes: Shapes) -> tuple[str, ...]:
    """The one order of kinds: what is referred to comes before what refers; removals run it backwards.

    Kinds that do not depend on each other stand in the order of their names. Raises ValueError for a cycle.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in sorted(shapes):
        sorter.add(name, *sorted(set(shapes[name].references.values()) - {name}))
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"kinds refer to each other in a circle: {' -> '.join(error.args[1])}") from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)
