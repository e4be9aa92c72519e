"""What the engine knows of a kind: its key, its references, and a few rules. It never knows a kind by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from provision.core.value import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class KindShape:
    """`key` lists the fields of the natural key, the last being `metadata.name`.

    `references` maps a field to the kind it names, `links` a field that holds a list of names; `widths` says how many
    parts of an address each field of the key makes, where one of them names a kind whose own key has several.
    `unique` holds groups of fields that the database keeps unique; `nullable` the fields that may be null;
    `required` those that a new row cannot do without, `rigid` those that take neither null nor a placeholder.
    `disable` is what `on_remove: disable` sets; `administrators` the condition of a row that holds power.
    Rows of a `lookup` kind are named and never declared. With `generations` a key may have several rows, of which
    the highest counts; `expires` is the field that says when a row stops working. `private` fields hold personal
    values, which no report shows.
    """

    name: str
    key: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    widths: tuple[int, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    nullable: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    rigid: frozenset[str] = frozenset()
    disable: Fields | None = None
    administrators: Fields | None = None
    lookup: bool = False
    generations: bool = False
    expires: str | None = None
    private: frozenset[str] = frozenset()

    @property
    def width(self) -> int:
        """How many parts an address of this kind has after its name."""
        return sum(self.widths) if self.widths else len(self.key)


Shapes = Mapping[str, KindShape]


class CircleError(ValueError):
    """Kinds that no order of writes can serve; `kinds` leads from the first one back to it."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(f"kinds refer to each other in a circle: {' -> '.join(kinds)}")
        self.kinds = tuple(kinds)


def creation_order(shapes: Shapes) -> tuple[str, ...]:
    """The one order of kinds: what is referred to comes before what refers; removals run it backwards.

    Kinds that do not depend on each other stand in the order of their names. Where kinds refer to each other in a
    circle, references that may be null do not count: they are written once all rows are there. Lists of names never
    count, for the same reason. Raises CircleError for a circle that no null breaks.
    """
    circle = _circle(shapes)
    graph = {name: _before(shapes[name]) for name in sorted(shapes)}
    for name in circle:
        graph[name] -= (_before(shapes[name]) & circle) - _before(shapes[name], nullable=False)
    return _sorted(graph)


def breakable(shapes: Shapes) -> frozenset[tuple[str, str]]:
    """The references (kind, field) that may be written later than their row, since a circle or a tree asks for it."""
    circle = _circle(shapes)
    return frozenset(
        (name, reference)
        for name, shape in shapes.items()
        for reference, kind in shape.references.items()
        if reference in shape.nullable
        and reference not in shape.key
        and (kind == name or (name in circle and kind in circle))
    )


def _before(shape: KindShape, *, nullable: bool = True) -> set[str]:
    """The kinds that this one refers to, with or without those that only references name which may be null."""
    return {
        kind
        for reference, kind in shape.references.items()
        if kind != shape.name and (nullable or reference not in shape.nullable)
    }


def _circle(shapes: Shapes) -> frozenset[str]:
    """The kinds that, from reference to reference, lead back to themselves."""
    direct = {name: _before(shape) & shapes.keys() for name, shape in shapes.items()}
    return frozenset(name for name in shapes if name in _reached(direct[name], direct))


def _reached(start: set[str], direct: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    pending = list(start)
    while pending:
        kind = pending.pop()
        if kind not in reached:
            reached.add(kind)
            pending.extend(direct[kind])
    return reached


def _sorted(graph: Mapping[str, set[str]]) -> tuple[str, ...]:
    sorter: TopologicalSorter[str] = TopologicalSorter({name: sorted(kinds) for name, kinds in graph.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise CircleError(error.args[1]) from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)
