"""Random states of the rows of a random schema: valid, and one made from another by the changes that people make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.engine.schemas import Kind, Plain, Schema

NAMES = ["a", "b", "c d", "é/%2F"]
REALMS = ["north", "so/uth"]
VALUES: dict[str, list[Any]] = {
    "text": ["x", "y", "Z ", "ü", "", "0"],
    "integer": [0, 1, -2, 2**31 - 1, 7, 8],
    "boolean": [True, False],
    "moment": [f"2027-0{month}-03T04:05:06{fraction}Z" for month in (1, 7, 9) for fraction in ("", ".000007")],
    "decimal": ["0.00", "1.50", "-2.25", "99999999.99", "3.00", "4.00"],
    "date": ["2027-01-31", "1999-12-31", "2028-02-29", "2027-02-01", "2027-02-02", "2027-02-03"],
}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Item:
    """One declared row; what it refers to are items, so that a renamed one takes its references along."""

    kind: Kind
    name: str
    owner: Item | None = None
    realm: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    previously: str | None = None
    on_remove: str = "delete"

    @property
    def key(self) -> tuple[str, ...]:
        """The parts of its natural key."""
        before = self.owner.key if self.owner else (self.realm,) if self.realm else ()
        return (*before, self.name)

    def __repr__(self) -> str:
        return f"{self.kind.name}{self.key}"


State = list[Item]


@st.composite
def states(draw: st.DrawFn, schema: Schema, *, whole: bool = True) -> State:
    """A state; a `whole` one declares every field, so that nothing old is left that could be in the way."""
    items: State = []
    for kind in schema.kinds:
        items += draw(_some(kind, items))
    return draw(_filled(schema, items, whole=whole))


@st.composite
def later_states(draw: st.DrawFn, schema: Schema, first: State, *, whole: bool = True) -> State:
    """The same rows with some renamed, some gone and some new, and all their values dealt out anew."""
    twins: dict[Item, Item] = {}
    leaving = draw(st.sets(st.sampled_from(range(len(first))), max_size=len(first))) if first else set()
    for place, item in enumerate(first):
        owner = twins.get(item.owner) if item.owner else None
        if place in leaving or (item.owner and owner is None):
            continue
        twins[item] = Item(kind=item.kind, name=item.name, owner=owner, realm=item.realm)
    for item in list(twins):
        if draw(st.sampled_from([True, False, False])):
            twins[item].name, twins[item].previously = f"new {item.name}", item.name
    items = list(twins.values())
    for kind in schema.kinds:
        items += draw(_some(kind, items))
    return draw(_filled(schema, items, whole=whole))


def _one(schema: Schema) -> Item:
    """A row of the first kind, which needs no other: no manifest at all is an error."""
    kind = schema.kinds[0]
    return Item(kind=kind, name="a", realm=REALMS[0] if "realm" in kind.key else None)


@st.composite
def _some(draw: st.DrawFn, kind: Kind, items: State) -> State:
    """A few new rows of a kind, under keys and former keys that nobody has."""
    taken = {item.key for item in items if item.kind is kind}
    taken |= {(*item.key[:-1], item.previously) for item in items if item.kind is kind and item.previously}
    owners = [item for item in items if kind.owner and item.kind.number == kind.owner.kind]
    found: State = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        if kind.owner and not owners:
            break
        item = Item(kind=kind, name=name)
        item.owner = draw(st.sampled_from(owners)) if kind.owner else None
        item.realm = draw(st.sampled_from(REALMS)) if "realm" in kind.key else None
        if item.key not in taken:
            taken.add(item.key)
            found.append(item)
    return found


@st.composite
def _filled(draw: st.DrawFn, schema: Schema, items: State, *, whole: bool) -> State:
    items = _possible(schema, items) or [_one(schema)]
    for kind in schema.kinds:
        own = [item for item in items if item.kind is kind]
        for plain in kind.plains:
            values = draw(_values(plain, len(own)))
            for item, value in zip(own, values, strict=True):
                item.fields[plain.name] = value
        for item in own:
            item.fields["active"] = draw(st.booleans())
            for reference in kind.free:
                targets: list[Item | None] = [to for to in items if to.kind.number == reference.kind]
                item.fields[reference.name] = draw(
                    st.sampled_from([*targets, *([None] if reference.nullable else [])])
                )
            for link in kind.links:
                targets_of_link = [to for to in items if to.kind.number == link.kind]
                chosen = draw(st.sets(st.sampled_from(range(len(targets_of_link))))) if targets_of_link else set()
                item.fields[link.name] = [targets_of_link[place] for place in sorted(chosen)]
        _keep_group_unique(kind, own)
    if not whole:
        for item in items:
            draw(_left_out(item))
    return items


@st.composite
def _values(draw: st.DrawFn, plain: Plain, count: int) -> list[Any]:
    pool = VALUES[plain.type]
    if not plain.unique:
        values = [*pool, *([None] if plain.nullable else [])]
        return [draw(st.sampled_from(values)) for _ in range(count)]
    # More rows than values: the rest get null, or a text of their own.
    rest = [None if plain.nullable else f"{plain.name} {number}" for number in range(max(0, count - len(pool)))]
    return draw(st.permutations([*pool, *rest]))[:count]


@st.composite
def _left_out(draw: st.DrawFn, item: Item) -> None:
    """Leave out some fields, as far as a new row can do without them, and choose another way to go."""
    needed = {plain.name for plain in item.kind.plains if not plain.nullable}
    needed |= {reference.name for reference in item.kind.references if not reference.nullable}
    for name in sorted(item.fields.keys() - needed):
        if draw(st.sampled_from([True, False, False])):
            del item.fields[name]
    item.on_remove = draw(st.sampled_from(["delete", "delete", "disable", "abandon"]))


def _possible(schema: Schema, items: State) -> State:
    """The same without rows that would have to refer to a row of which there is none."""
    kept: State = []
    for item in items:
        needs = [reference.kind for reference in item.kind.free if not reference.nullable]
        if all(any(to.kind.number == number for to in kept) for number in needs) and (
            item.owner is None or item.owner in kept
        ):
            kept.append(item)
    return kept if len(kept) == len(items) else _possible(schema, kept)


def _keep_group_unique(kind: Kind, items: State) -> None:
    held: set[tuple[Any, ...]] = set()
    for item in items if kind.group else ():
        values = tuple(item.owner if name == "owner" else item.fields[name] for name in kind.group)
        if values in held:
            item.fields[kind.group[0]] = None
        elif None not in values:
            held.add(values)


def names(value: Any) -> Iterator[Item]:
    """The items that a field's value holds."""
    if isinstance(value, Item):
        yield value
    elif isinstance(value, list):
        yield from value
