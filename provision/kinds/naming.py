"""Which column a field is stored in, and what a column is called in a manifest."""

from __future__ import annotations

import re

from provision.settings import KindBinding

_NOT_A_NAME = re.compile(r"\W+", re.ASCII)


def column_of(field: str, binding: KindBinding) -> str:
    """The column that a field of the spec is stored in."""
    bound = binding.fields.get(field)
    return (bound and bound.column) or field


def columns_in_use(binding: KindBinding) -> set[str]:
    """The columns that no field of its own may write: they are bound as something else."""
    used = {reference.column for reference in binding.references.values() if reference.column}
    used |= {*binding.scope, *binding.touch.created, *binding.touch.updated}
    used |= {binding.generation} if binding.generation else set()
    for name, field in binding.fields.items():
        used |= {column for column in (field.prefix, field.last_four, field.changed_at) if column}
        used.add(field.column or name)
    if binding.key[-1] not in binding.references:
        used.add(column_of(binding.key[-1], binding))
    return used


def field_name(column: str) -> str:
    """What people write for a column: its name, with `_` for what no Python name has."""
    return _NOT_A_NAME.sub("_", column).strip("_") or "column"
