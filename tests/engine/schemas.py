"""Random schemas of an application: tables that refer to each other in every way that a binding can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

# Each type with its spelling in SQLAlchemy; the values are in `schema_states`.
TYPES = {
    "text": "String(40)",
    "integer": "Integer",
    "boolean": "Boolean",
    "moment": "DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')",
    "decimal": "Numeric(10, 2)",
    "date": "Date",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A column that holds a value."""

    name: str
    type: str
    nullable: bool
    unique: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that leads to the kind of that number."""

    name: str
    kind: int
    nullable: bool

    @property
    def column(self) -> str:
        """The column's name."""
        return f"{self.name}_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An association with the kind of that number."""

    name: str
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A table: `key` is its natural key, `primary` what its primary key is (`name` being the name itself)."""

    number: int
    key: tuple[str, ...]
    primary: str
    plains: tuple[Plain, ...]
    references: tuple[Reference, ...]
    links: tuple[Link, ...]
    group: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The kind's name in provision.toml, and the class's."""
        return f"K{self.number}"

    @property
    def table(self) -> str:
        """The table's name."""
        return f"t{self.number}"

    @property
    def identity(self) -> str:
        """The column of the primary key."""
        return "name" if self.primary == "name" else "id"

    @property
    def owner(self) -> Reference | None:
        """The reference that is a part of the key."""
        return next((item for item in self.references if item.name in self.key), None)

    @property
    def free(self) -> Iterator[Reference]:
        """The references that are no part of the key."""
        return (item for item in self.references if item.name not in self.key)

    def columns_of(self, names: tuple[str, ...]) -> list[str]:
        """The columns of these fields."""
        references = {item.name: item.column for item in self.references}
        return [references.get(name, name) for name in names]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Schema:
    """All tables; `mapped` are the kinds that are bound by their class, the others by their table."""

    kinds: tuple[Kind, ...]
    mapped: frozenset[int]

    def __repr__(self) -> str:
        return f"<{len(self.kinds)} tables>"


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Two to five tables; what may not be null leads to an earlier one, the rest anywhere."""
    count = draw(st.integers(2, 5))
    kinds = tuple(draw(_kind(number, count)) for number in range(count))
    mapped = draw(st.sampled_from([frozenset(), frozenset(range(count)), frozenset({0, count - 1})]))
    return Schema(kinds=kinds, mapped=mapped)


@st.composite
def _kind(draw: st.DrawFn, number: int, count: int) -> Kind:
    shapes = [("name",), ("realm", "name"), *([("owner", "name")] * 2 if number else [])]
    key = draw(st.sampled_from(shapes))
    references = [draw(_reference(place, number, count)) for place in range(draw(st.integers(0, 2)))]
    if "owner" in key:
        references.append(Reference(name="owner", kind=draw(st.integers(0, number - 1)), nullable=False))
    plains = [draw(_plain(place)) for place in range(draw(st.integers(1, 3)))]
    links = [Link(name=f"l{place}", kind=draw(st.integers(0, count - 1))) for place in range(draw(st.integers(0, 1)))]
    return Kind(
        number=number,
        key=key,
        primary=draw(st.sampled_from(["number", "number", "uuid", *(["name"] if key == ("name",) else [])])),
        plains=tuple(plains),
        references=tuple(references),
        links=tuple(links),
        group=draw(_group(plains, references)),
    )


@st.composite
def _reference(draw: st.DrawFn, place: int, number: int, count: int) -> Reference:
    nullable = number == 0 or draw(st.sampled_from([True, True, False]))
    anywhere = st.sampled_from([number, number, *range(count)])
    return Reference(
        name=f"r{place}", kind=draw(anywhere if nullable else st.integers(0, number - 1)), nullable=nullable
    )


@st.composite
def _plain(draw: st.DrawFn, place: int) -> Plain:
    type_ = draw(st.sampled_from(sorted(TYPES)))
    unique = type_ != "boolean" and draw(st.booleans())
    # What is neither null nor text cannot be emptied, so that such values cannot change hands.
    nullable = draw(st.booleans()) or (unique and type_ != "text")
    return Plain(name=f"p{place}", type=type_, nullable=nullable, unique=unique)


@st.composite
def _group(draw: st.DrawFn, plains: list[Plain], references: list[Reference]) -> tuple[str, ...]:
    """Two fields that are unique together, one of which may be null."""
    fields: list[Plain | Reference] = [*plains, *references]
    may_be_null = [item.name for item in fields if item.nullable]
    names = [item.name for item in fields]
    if not may_be_null or len(names) < 2 or draw(st.booleans()):
        return ()
    first = draw(st.sampled_from(may_be_null))
    return (first, draw(st.sampled_from([name for name in names if name != first])))
