"""Binding every kind to its table, checked before anything runs: a mistake is a line of provision.toml."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column

from provision.core.shape import CircleError, creation_order
from provision.database.binding.bound import (
    Bindings,
    Bound,
    BoundField,
    BoundLink,
    BoundReference,
    BoundSecret,
    shapes_of,
)
from provision.database.binding.codec import codec_for, key_codec_for, primary_codec_for
from provision.database.binding.fit import misfits
from provision.database.binding.initial import maker_of
from provision.database.binding.links import Linker
from provision.database.binding.origin import Origin, facts_of, parameter_names, parameters
from provision.database.binding.reflection import Tables
from provision.database.binding.shape import shape_of
from provision.database.binding.value_codec import NULL
from provision.errors import InvalidInputError, Problem
from provision.kinds.column import Family
from provision.kinds.kind import Kind, Kinds
from provision.kinds.naming import column_of, field_name
from provision.kinds.scalar_types import can_be_written
from provision.settings import FieldBinding, Settings, settings_problem

Origins = Mapping[str, Origin]


def bind(kinds: Kinds, settings: Settings, origins: Origins, tables: Tables) -> Bindings:
    """Bind every kind; raises InvalidInputError with the lines of provision.toml that do not fit the tables.

    `tables` are those that were read from the database, the associations among them.
    """
    problems: list[Problem] = []
    bound: dict[str, Bound] = {}
    for name, kind in kinds.items():
        binder = _Binder(kind, settings, origins, tables)
        bound[name] = binder.bind()
        problems += binder.problems
    if problems:
        raise InvalidInputError(problems)
    try:
        creation_order(shapes_of(bound))
    except CircleError as error:
        hint = "let one of their references be null, so that it can be written once all rows are there"
        raise InvalidInputError([settings_problem(settings, ("kinds", error.kinds[0]), str(error), hint)]) from None
    return bound


class _Binder:
    """Binds one kind and collects what does not fit."""

    def __init__(self, kind: Kind, settings: Settings, origins: Origins, tables: Tables) -> None:
        self.kind = kind
        self.settings = settings
        self.origins = origins
        self.tables = tables
        self.origin = origins[kind.name]
        self.problems: list[Problem] = []

    def bind(self) -> Bound:
        binding, origin = self.kind.binding, self.origin
        references = dict(self._references())
        key = dict(self._key(references))
        bound = Bound(
            kind=self.kind,
            model=origin.model,
            table=origin.table,
            columns=origin.columns,
            primary_key=tuple(self._primary_key()),
            name=key[binding.key[-1]],
            key=key,
            references=references,
            links=dict(self._links()),
            fields=dict(self._fields()),
            secrets={name: self._secret(name, binding.fields[name]) for name in sorted(self.kind.secrets)},
            generation=self._optional(binding.generation, ("generation",)),
            shape=self.kind.shape,
            scope=tuple(self._scope()),
            discriminator=origin.discriminator,
            identities=origin.identities,
            created=tuple(self._moment(name, "created") for name in binding.touch.created),
            updated=tuple(self._moment(name, "updated") for name in binding.touch.updated),
            initial=tuple(self._initial()),
            unset=_parameters_without_default(origin.model) if origin.model else (),
            parameters=parameter_names(origin.model) if origin.model else None,
        )
        bound = replace(bound, shape=shape_of(bound))
        if not self.problems:  # what else is wrong could be a consequence
            for path, message, hint in misfits(bound, self.origin):
                self._complain(path, message, hint)
        return bound

    def _primary_key(self) -> Iterator[BoundField]:
        by_column = {column: name for name, column in self.origin.columns.items()}
        for column in self.origin.table.primary_key.columns:
            yield BoundField(attribute=by_column[column], column=column, codec=primary_codec_for(column))

    def _key(self, references: Mapping[str, BoundReference]) -> Iterator[tuple[str, BoundField]]:
        for name in self.kind.binding.key:
            if name in references:
                yield name, references[name].field
                continue
            binding = self.kind.binding.fields.get(name)
            field = self._attribute(
                column_of(name, self.kind.binding), ("key",) if binding is None else ("fields", name)
            )
            ignore_case = binding is not None and binding.ignore_case
            yield name, replace(field, codec=key_codec_for(field.column, binding), ignore_case=ignore_case)

    def _fields(self) -> Iterator[tuple[str, BoundField]]:
        """The plain fields that the table has; a built-in spec may know more, and what it does not know is never set.

        Columns that only `on_remove.disable` or `administrators` name are fields as well.
        """
        binding = self.kind.binding
        bound = {name for name, field in binding.fields.items() if not (field.hidden or field.read_only)}
        named = {*bound, *(binding.on_remove.disable or {}), *binding.privileges, *(binding.administrators or {})}
        named |= {binding.expires} if binding.expires else set()
        named -= self.kind.secrets | binding.references.keys() | {binding.key[-1]}
        for name in dict.fromkeys((*self.kind.plain_fields, *sorted(named))):
            if name in binding.references or (name not in named and self._column(name) is None):
                continue
            yield name, self._field(name)

    def _field(self, name: str) -> BoundField:
        binding = self.kind.binding
        path: tuple[str, ...] = ("on_remove", "disable", name)
        if name in binding.fields:
            path = ("fields", name)
        elif name in (binding.administrators or {}):
            path = ("administrators", name)
        elif name in binding.privileges:
            path = ("privileges",)
        elif name == binding.expires:
            path = ("expires",)
        field = self._attribute(self._column(name) or column_of(name, binding), path)
        said = binding.fields.get(name)
        facts = facts_of(self.origin, binding).get(field.attribute)
        if facts and name == binding.expires and facts.type.family is not Family.INSTANT:
            message = f"{field.column.name} holds no moments, so it cannot say when a row expires"
            self._complain(("expires",), message, "name a column of dates with times, or say fields.X.type")
        if facts and not can_be_written(facts.type) and not (said and said.values):
            hint = "say fields.X.type where another type fits, or hide it: fields.X.hidden = true"
            message = f"{field.column.name} is of the type {facts.type.named}, which cannot be written in a manifest"
            self._complain(path, message, hint.replace("X", name))
        return replace(field, codec=codec_for(field.column, said))

    def _column(self, field: str) -> str | None:
        """The attribute of a field, also where its column has a name that no field can have."""
        wanted = column_of(field, self.kind.binding)
        if wanted in self.origin.columns:
            return wanted
        return next((name for name in self.origin.columns if field_name(name) == wanted), None)

    def _secret(self, name: str, binding: FieldBinding) -> BoundSecret:
        path = ("fields", name)
        return BoundSecret(
            value=self._attribute(binding.column or name, path),
            prefix=self._optional(binding.prefix, path),
            last_four=self._optional(binding.last_four, path),
            changed_at=self._coded(binding.changed_at, path),
        )

    def _references(self) -> Iterator[tuple[str, BoundReference]]:
        linker = Linker(self.kind, self.settings, self.origins, self.tables, self.problems)
        for name, reference in self.kind.binding.references.items():
            if reference.column:
                field = self._attribute(reference.column, ("references", name, "column"))
                yield name, linker.reference(name, field)

    def _links(self) -> Iterator[tuple[str, BoundLink]]:
        linker = Linker(self.kind, self.settings, self.origins, self.tables, self.problems)
        for name, reference in self.kind.binding.references.items():
            if reference.through and (link := linker.link(name)) is not None:
                yield name, link

    def _scope(self) -> Iterator[tuple[BoundField, Any]]:
        for name, value in self.kind.binding.scope.items():
            yield self._attribute(name, ("scope", name)), None if value == NULL else value

    def _initial(self) -> Iterator[tuple[BoundField, Any]]:
        """What new rows get where manifests say nothing; a privilege is said even then."""
        for name, binding in self.kind.binding.fields.items():
            if name not in self.kind.privileges and (binding.default, binding.generate) != (None, None):
                field = self._attribute(column_of(name, self.kind.binding), ("fields", name))
                if (make := maker_of(field.column, binding)) is not None:
                    yield field, make

    def _moment(self, name: str, which: str) -> BoundField:
        field = self._attribute(name, ("touch", which))
        return replace(field, codec=codec_for(field.column, self.kind.binding.fields.get(name)))

    def _optional(self, attribute: str | None, path: tuple[str, ...]) -> BoundField | None:
        return self._attribute(attribute, path) if attribute else None

    def _coded(self, attribute: str | None, path: tuple[str, ...]) -> BoundField | None:
        field = self._optional(attribute, path)
        return replace(field, codec=codec_for(field.column, None)) if field else None

    def _attribute(self, attribute: str, path: tuple[str, ...]) -> BoundField:
        columns = self.origin.columns
        if attribute in columns:
            return BoundField(attribute=attribute, column=columns[attribute])
        known = ", ".join(sorted(columns))
        self._complain(path, f"{self.origin.named} has no column {attribute}", f"its columns are: {known}")
        return BoundField(attribute=attribute, column=next(iter(columns.values()), Column(attribute)))

    def _complain(self, path: tuple[str, ...], message: str, hint: str) -> None:
        self.problems.append(settings_problem(self.settings, ("kinds", self.kind.name, *path), message, hint))


def _parameters_without_default(model: type[Any]) -> tuple[str, ...]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    empty = inspect.Parameter.empty
    return tuple(item.name for item in parameters(model) if item.kind in named and item.default is empty)
