"""A kind at its table: which column each field is, and how values are translated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, MetaData, Table

from provision.core.shape import KindShape, Shapes
from provision.core.state import PrimaryKey, Resource
from provision.database.binding.value_codec import ValueCodec
from provision.errors import Problem
from provision.kinds.kind import Kind

# Of the ledger's column; quoting at most triples a character, and few keys are worth a closer look.
LONGEST_ADDRESS = 512
SUSPICIOUS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundField:
    """One field: the attribute of the mapped class (or the column's own name), its column, its codec.

    With `ignore_case` a part of a key is looked up as an application does that lower-cases it.
    """

    attribute: str
    column: Column[Any]
    codec: ValueCodec = field(default_factory=ValueCodec)
    ignore_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundSecret:
    """One secret field: where its hash goes, and what is written along with it."""

    value: BoundField
    prefix: BoundField | None = None
    last_four: BoundField | None = None
    changed_at: BoundField | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundReference:
    """A column that leads to a row of another kind: `to` is what it holds of that row.

    `by_name` says that this is the row's natural key rather than its primary key.
    """

    field: BoundField
    kind: str
    to: BoundField
    by_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundLink:
    """An association: `source` holds the primary key of our row, `target` what `to` is in the other one.

    `values` are the association's further columns, with what a new row of it gets.
    """

    table: Table
    source: Column[Any]
    target: Column[Any]
    kind: str
    to: BoundField
    values: tuple[tuple[BoundField, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A kind bound to its table.

    `columns` are all of the table's, by the names that a binding gives them; `name` is that of `metadata.name`,
    `key` the columns of the whole key. `scope` holds for every row of the kind, and is what a new one gets;
    `identities` are what `discriminator` holds where several classes share a table. `created` and `updated` are
    columns that hold moments. `initial` are values that a new row gets where the manifest says nothing, made by a
    call. `unset` are the constructor's parameters that have no default: they are passed as None; `parameters` are
    all of them, or None when it takes any.
    """

    kind: Kind
    table: Table
    columns: Mapping[str, Column[Any]]
    primary_key: tuple[BoundField, ...]
    name: BoundField
    key: Mapping[str, BoundField]
    references: Mapping[str, BoundReference]
    links: Mapping[str, BoundLink]
    fields: Mapping[str, BoundField]
    secrets: Mapping[str, BoundSecret]
    generation: BoundField | None
    shape: KindShape
    model: type[Any] | None = None
    scope: tuple[tuple[BoundField, Any], ...] = ()
    created: tuple[BoundField, ...] = ()
    updated: tuple[BoundField, ...] = ()
    initial: tuple[tuple[BoundField, Any], ...] = ()
    discriminator: Column[Any] | None = None
    identities: tuple[Any, ...] = ()
    unset: tuple[str, ...] = ()
    parameters: frozenset[str] | None = None

    @property
    def named(self) -> str:
        """What people know the table by."""
        return self.model.__name__ if self.model else self.table.fullname

    def filters(self, table: FromClause | None = None) -> Iterator[ColumnElement[bool]]:
        """What holds for every row of the kind, in its table or in an alias of it."""
        columns = (table if table is not None else self.table).c
        for item, value in self.scope:
            column = columns[item.column.key]
            yield column.is_(None) if value is None else column == value
        if self.discriminator is not None:
            yield columns[self.discriminator.key].in_(self.identities)

    def takes(self, attribute: str) -> bool:
        """Whether the constructor takes this attribute; the others are set afterwards."""
        return self.parameters is None or attribute in self.parameters

    def stored_key(self, primary_key: PrimaryKey) -> tuple[Any, ...]:
        """A primary key as its columns hold it."""
        return tuple(part.codec.stored(value) for part, value in zip(self.primary_key, primary_key, strict=True))


Bindings = Mapping[str, Bound]


def shapes_of(bindings: Bindings) -> Shapes:
    """What the engine needs to know of the kinds, now with what the tables say."""
    return {name: bound.shape for name, bound in bindings.items()}


def tables_of(bindings: Bindings) -> tuple[MetaData, ...]:
    """The collections of tables that the application's classes belong to."""
    return tuple({bound.table.metadata: None for bound in bindings.values() if bound.model is not None})


def unbound_fields(resources: Iterable[Resource], bindings: Bindings) -> Iterator[Problem]:
    """Declared fields for which there is no column, and names that the ledger or the key's column cannot hold."""
    for resource in resources:
        if sum(map(len, resource.address.key)) > SUSPICIOUS and len(str(resource.address)) > LONGEST_ADDRESS:
            yield Problem(
                message=f"the address has more than {LONGEST_ADDRESS} characters, which the ledger cannot hold",
                position=resource.position,
                path="metadata.name",
                hint="a shorter name, or a key of fewer parts",
            )
        bound = bindings[resource.address.kind]
        for name in resource.fields.keys() - bound.fields.keys() - bound.references.keys() - bound.links.keys():
            yield Problem(
                message=f"{bound.named} has no column for it",
                position=resource.position,
                path=f"spec.{name}",
                hint=f"leave it out, or bind it: [kinds.{resource.address.kind}] fields.{name} = {{ column = … }}",
            )
