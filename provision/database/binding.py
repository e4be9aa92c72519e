"""A kind at its table: which column each field is, found from the mapped class and checked before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Column, MetaData, Table, UniqueConstraint
from sqlalchemy import inspect as inspect_class
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import Mapper

from provision.core.shape import KindShape, Shapes
from provision.core.state import Resource
from provision.database.codec import ValueCodec, codec_for
from provision.database.imports import import_object
from provision.errors import InvalidInputError, Problem
from provision.kinds.kind import Kind, Kinds
from provision.settings import FieldBinding, Settings, settings_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundField:
    """One field: the attribute of the mapped class, its column, and how values are translated."""

    attribute: str
    column: Column[Any]
    codec: ValueCodec = field(default_factory=ValueCodec)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundSecret:
    """One secret field: where its hash goes, and what is written along with it."""

    value: BoundField
    prefix: BoundField | None = None
    last_four: BoundField | None = None
    changed_at: BoundField | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A kind bound to its mapped class.

    `name` is the column of `metadata.name`; `references` the column of each reference, holding the primary key of
    the row it names. `unset` are the constructor's parameters that have no default: they are passed as None;
    `parameters` are all of them, or None when it takes any.
    """

    kind: Kind
    model: type[Any]
    table: Table
    primary_key: tuple[Column[Any], ...]
    name: BoundField
    references: Mapping[str, BoundField]
    fields: Mapping[str, BoundField]
    secrets: Mapping[str, BoundSecret]
    generation: BoundField | None
    unset: tuple[str, ...]
    parameters: frozenset[str] | None
    shape: KindShape

    def takes(self, attribute: str) -> bool:
        """Whether the constructor takes this attribute; the others are set afterwards."""
        return self.parameters is None or attribute in self.parameters


Bindings = Mapping[str, Bound]


def bind(kinds: Kinds, settings: Settings) -> Bindings:
    """Bind every kind; raises InvalidInputError with the lines of provision.toml that do not fit the classes."""
    problems: list[Problem] = []
    bound: dict[str, Bound] = {}
    for name, kind in kinds.items():
        binder = _Binder(kind, settings)
        bound[name] = binder.bind()
        problems += binder.problems
    if problems:
        raise InvalidInputError(problems)
    return bound


def shapes_of(bindings: Bindings) -> Shapes:
    """What the engine needs to know of the kinds, now with what the tables say."""
    return {name: bound.shape for name, bound in bindings.items()}


def tables_of(bindings: Bindings) -> tuple[MetaData, ...]:
    """The collections of tables that the application's classes belong to."""
    return tuple({bound.table.metadata: None for bound in bindings.values()})


def unbound_fields(resources: Iterable[Resource], bindings: Bindings) -> Iterator[Problem]:
    """Declared fields for which the application's class has no column."""
    for resource in resources:
        bound = bindings[resource.address.kind]
        for name in resource.fields.keys() - bound.fields.keys():
            yield Problem(
                message=f"{bound.model.__name__} has no column for it",
                position=resource.position,
                path=f"spec.{name}",
                hint=f"leave it out, or bind it: [kinds.{resource.address.kind}] fields.{name} = {{ column = … }}",
            )


class _Binder:
    """Binds one kind and collects what does not fit."""

    def __init__(self, kind: Kind, settings: Settings) -> None:
        self.kind = kind
        self.settings = settings
        self.problems: list[Problem] = []
        self.model: type[Any] = import_object(settings, ("kinds", kind.name, "model"), kind.binding.model)
        self.mapper = self._mapper()

    def bind(self) -> Bound:
        binding = self.kind.binding
        fields = {name: self._field(name) for name in self._mapped_fields()}
        secrets = {name: self._secret(name, binding.fields[name]) for name in self.kind.secrets}
        references = {
            name: self._attribute(reference.column, ("references", name, "column"))
            for name, reference in binding.references.items()
        }
        bound = Bound(
            kind=self.kind,
            model=self.model,
            table=cast("Table", self.mapper.local_table),
            primary_key=tuple(cast("Column[Any]", column) for column in self.mapper.primary_key),
            name=self._attribute(binding.key[-1], ("key",)),
            references=references,
            fields=fields,
            secrets=secrets,
            generation=self._optional(binding.generation, ("generation",)),
            unset=_parameters_without_default(self.model),
            parameters=_parameter_names(self.model),
            shape=self.kind.shape,
        )
        return replace(bound, shape=_shape(bound))

    def _mapped_fields(self) -> Iterator[str]:
        """The plain fields that this class has; a spec may know more, and what it does not know is never set.

        Columns that only `on_remove: disable` or `administrators` name are fields as well.
        """
        named = {*self.kind.binding.fields, *self.kind.binding.on_remove.disable, *self.kind.privileges}
        named |= {*(self.kind.binding.administrators or {})}
        for name in dict.fromkeys((*self.kind.plain_fields, *sorted(named - self.kind.secrets))):
            if name in named or self._has(name):
                yield name

    def _field(self, name: str) -> BoundField:
        binding = self.kind.binding.fields.get(name)
        is_named_there = name in self.kind.binding.fields or name not in self.kind.binding.on_remove.disable
        path = ("fields", name) if is_named_there else ("on_remove", "disable", name)
        bound = self._attribute((binding and binding.column) or name, path)
        return replace(bound, codec=codec_for(bound.column.type, binding))

    def _secret(self, name: str, binding: FieldBinding) -> BoundSecret:
        path = ("fields", name)
        return BoundSecret(
            value=self._attribute(binding.column or name, path),
            prefix=self._optional(binding.prefix, path),
            last_four=self._optional(binding.last_four, path),
            changed_at=self._optional(binding.changed_at, path),
        )

    def _optional(self, attribute: str | None, path: tuple[str, ...]) -> BoundField | None:
        return self._attribute(attribute, path) if attribute else None

    def _has(self, attribute: str) -> bool:
        return attribute in self.mapper.column_attrs

    def _attribute(self, attribute: str, path: tuple[str, ...]) -> BoundField:
        if self._has(attribute):
            return BoundField(attribute=attribute, column=self.mapper.columns[attribute])
        known = ", ".join(sorted(item.key for item in self.mapper.column_attrs))
        self._complain(path, f"{self.model.__name__} has no column {attribute}", f"its columns are: {known}")
        return BoundField(attribute=attribute, column=cast("Column[Any]", self.mapper.primary_key[0]))

    def _mapper(self) -> Mapper[Any]:
        path = ("kinds", self.kind.name, "model")
        try:
            mapper = inspect_class(self.model)
        except NoInspectionAvailable:
            mapper = None
        if not isinstance(mapper, Mapper):
            message = f"{self.kind.binding.model} is not a class that SQLAlchemy maps"
            raise InvalidInputError([settings_problem(self.settings, path, message, "name a mapped class")])
        return mapper

    def _complain(self, path: tuple[str, ...], message: str, hint: str) -> None:
        self.problems.append(settings_problem(self.settings, ("kinds", self.kind.name, *path), message, hint))


def _shape(bound: Bound) -> KindShape:
    by_column = {item.column: name for name, item in bound.fields.items()}
    groups = [[column] for column in bound.table.columns if column.unique]
    groups += [list(item.columns) for item in bound.table.constraints if isinstance(item, UniqueConstraint)]
    groups += [list(index.columns) for index in bound.table.indexes if index.unique]
    unique = {tuple(by_column[column] for column in group) for group in groups if set(group) <= by_column.keys()}
    return replace(
        bound.kind.shape,
        unique=tuple(sorted(unique)),
        nullable=frozenset(name for name, item in bound.fields.items() if item.column.nullable),
        required=frozenset(_required(bound)),
    )


def _required(bound: Bound) -> Iterator[str]:
    """The fields without which a new row cannot be: not null, and nothing gives them a value."""
    made_by_class = _parameters_with_default(bound.model)
    columns = dict(bound.fields) | {name: secret.value for name, secret in bound.secrets.items()}
    for name, item in columns.items():
        column = item.column
        has_value = column.nullable or column.default is not None or column.server_default is not None
        if not has_value and item.attribute not in made_by_class:
            yield name


def _parameters(model: type[Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(model).parameters.values())


def _parameter_names(model: type[Any]) -> frozenset[str] | None:
    parameters = _parameters(model)
    takes_any = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters)
    return None if takes_any else frozenset(item.name for item in parameters)


def _parameters_without_default(model: type[Any]) -> tuple[str, ...]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    empty = inspect.Parameter.empty
    return tuple(item.name for item in _parameters(model) if item.kind in named and item.default is empty)


def _parameters_with_default(model: type[Any]) -> set[str]:
    nothing = (inspect.Parameter.empty, None)
    return {item.name for item in _parameters(model) if item.default not in nothing}
