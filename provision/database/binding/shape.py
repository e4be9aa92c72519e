"""What a table says of a kind beyond provision.toml: what is unique, what may be null, what a new row needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint

from provision.core.shape import KindShape
from provision.database.binding.bound import Bound
from provision.database.binding.origin import has_value, parameters_with_default
from provision.database.writing.placeholder import is_rigid

Group = frozenset[Column[Any]]


def shape_of(bound: Bound) -> KindShape:
    """The shape with the rules of the table."""
    by_column = _fields_by_column(bound)
    key = {item.column for item in bound.key.values()}
    scope = {field.column for field, _ in bound.scope}
    unique = {
        tuple(sorted(by_column[column] for column in group - scope))
        for group in unique_groups(bound)
        if group - scope <= by_column.keys() and not group - scope <= key
    }
    nullable = {name for name, item in bound.fields.items() if item.column.nullable}
    nullable |= {name for name, reference in bound.references.items() if reference.field.column.nullable}
    return replace(
        bound.kind.shape,
        unique=tuple(sorted(unique)),
        nullable=frozenset(nullable),
        required=frozenset(_required(bound)),
        rigid=frozenset(_rigid(bound)),
    )


def _rigid(bound: Bound) -> Iterator[str]:
    yield from (name for name, item in bound.fields.items() if is_rigid(item.column))
    yield from (name for name, to in bound.references.items() if not to.field.column.nullable)


def unique_groups(bound: Bound) -> Iterator[Group]:
    """Every group of columns that the table keeps unique, its primary key included."""
    table = bound.table
    yield frozenset(table.primary_key.columns)
    yield from (frozenset([column]) for column in table.columns if column.unique)
    yield from (frozenset(item.columns) for item in table.constraints if isinstance(item, UniqueConstraint))
    yield from (frozenset(index.columns) for index in table.indexes if index.unique and _holds_for_all(index))


def key_is_unique(bound: Bound) -> bool:
    """Whether the database keeps the natural key unique, within the scope and in each generation."""
    allowed = {item.column for item in bound.key.values()} | {field.column for field, _ in bound.scope}
    if bound.generation:
        allowed.add(bound.generation.column)
    groups = [
        *unique_groups(bound),
        *(_columns_of_partial(bound, index) for index in bound.table.indexes if index.unique),
    ]
    return any(group and group <= allowed for group in groups)


def unset_columns(bound: Bound) -> Iterator[str]:
    """The columns that a new row must have and that nobody can set: no field, no reference, no rule."""
    set_by = {field.column for field in (*bound.fields.values(), *bound.key.values())}
    set_by |= {reference.field.column for reference in bound.references.values()}
    set_by |= {field.column for field, _ in (*bound.scope, *bound.initial)} | {*_moments(bound)}
    for secret in bound.secrets.values():
        pieces = (secret.value, secret.prefix, secret.last_four, secret.changed_at)
        set_by |= {piece.column for piece in pieces if piece}
    made = parameters_with_default(bound.model) if bound.model else set()
    # A hidden column is somebody else's business: an event of the class, or a trigger.
    made |= {field.column or name for name, field in bound.kind.binding.fields.items() if field.hidden}
    names = {column: name for name, column in bound.columns.items()}
    for column in bound.table.columns:
        if column not in set_by and not has_value(column) and names.get(column, column.name) not in made:
            yield names.get(column, column.name)


def _moments(bound: Bound) -> Iterator[Column[Any]]:
    yield from (field.column for field in (*bound.created, *bound.updated))


def _fields_by_column(bound: Bound) -> dict[Column[Any], str]:
    by_column = {item.column: name for name, item in bound.fields.items()}
    by_column |= {reference.field.column: name for name, reference in bound.references.items()}
    return by_column | {item.column: name for name, item in bound.key.items()}


def _holds_for_all(index: Index) -> bool:
    """Whether it is about all rows, and about columns rather than expressions."""
    return not _condition(index) and len(index.expressions) == len(index.columns)


def _condition(index: Index) -> Any:
    wheres = (index.dialect_options[name].get("where") for name in ("postgresql", "sqlite"))
    return next((where for where in wheres if where is not None), None)


def _columns_of_partial(bound: Bound, index: Index) -> Group:
    """The columns of an index on some rows only, if a scope says which rows we are about; or none.

    An index on the lower-cased column serves a key whose case does not matter.
    """
    lowered = {f"lower({item.column.name})": item.column for item in bound.key.values()}
    columns = set(index.columns)
    for expression in index.expressions:
        text = str(expression).replace('"', "").replace("::text", "").replace("((", "(").replace("))", ")")
        if text in lowered:
            columns.add(lowered[text])
        elif not isinstance(expression, Column):
            return frozenset()
    return frozenset(columns) if bound.scope or not _condition(index) else frozenset()


def _required(bound: Bound) -> Iterator[str]:
    """The fields without which a new row cannot be: not null, and nothing gives them a value."""
    made_by_class = parameters_with_default(bound.model) if bound.model else set()
    columns = dict(bound.fields) | {name: secret.value for name, secret in bound.secrets.items()}
    columns |= {name: to.field for name, to in bound.references.items() if name not in bound.kind.binding.key}
    initial = {field.column for field, _ in (*bound.initial, *bound.scope)} | {*_moments(bound)}
    for name, item in columns.items():
        if not has_value(item.column) and item.attribute not in made_by_class and item.column not in initial:
            yield name
