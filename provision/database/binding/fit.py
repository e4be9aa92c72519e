"""What is wrong with a binding that only the table as a whole can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provision.core.value import NOW
from provision.database.binding.bound import Bound
from provision.database.binding.origin import Origin, facts_of
from provision.database.binding.shape import key_is_unique, unset_columns
from provision.kinds.kind import Kind
from provision.kinds.rules import Mistake
from provision.kinds.scalar_types import canonical
from provision.kinds.text import UnfitError


def misfits(bound: Bound, origin: Origin) -> Iterator[Mistake]:
    """Every mistake in the binding of a kind whose columns are all there."""
    if not bound.primary_key:
        yield (), f"{bound.named} has no primary key", "rows without one cannot be told apart"
    if not bound.kind.binding.assume_unique and not key_is_unique(bound):
        columns = ", ".join(item.column.name for item in bound.key.values())
        hint = "add a unique constraint, or say assume_unique = true where the application sees to it"
        yield ("key",), f"the database does not keep {columns} unique in {bound.table.fullname}", hint
    for name in () if bound.shape.lookup else unset_columns(bound):
        hint = f"bind it: fields.{name} = {{ default = … }} or {{ generate = … }}, a reference, or scope"
        yield (), f"nothing sets {bound.named}.{name}, which a new row must have", hint
    yield from _unfit_values(bound, origin)


def _unfit_values(bound: Bound, origin: Origin) -> Iterator[Mistake]:
    binding = bound.kind.binding
    facts = facts_of(origin, binding)
    for path, name, value in _values_said(bound.kind):
        field, said = bound.fields.get(name), binding.fields.get(name)
        if field is None or value is None or value == NOW or (said and said.values):
            continue
        column = facts[field.attribute]
        try:
            canonical(value, column.type, nullable=column.nullable)
        except UnfitError as error:
            yield path, f"{value!r} {error}", error.hint


def _values_said(kind: Kind) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """The values in the manifest's words that the binding holds, and where."""
    binding = kind.binding
    for name, value in (binding.on_remove.disable or {}).items():
        yield ("on_remove", "disable", name), name, value
    for name, value in (binding.administrators or {}).items():
        yield ("administrators", name), name, value
    for name, field in binding.fields.items():
        if not field.secret:
            yield ("fields", name), name, field.constant
            yield ("fields", name), name, field.default
    yield from ((("privileges",), name, safe) for name, safe in kind.privileges.items())
