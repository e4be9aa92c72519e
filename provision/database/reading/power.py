"""Which rows of a kind hold power, as a condition of a query."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, true

from provision.core.value import Value
from provision.database.binding.bound import Bound, BoundField


def holds_power(bound: Bound) -> ColumnElement[bool] | None:
    """The condition of the kind's `administrators`, or None where it has none; the kind's scope is another one."""
    condition = bound.shape.administrators
    if condition is None:
        return None
    return and_(true(), *(_holds(bound.fields[name], value) for name, value in condition.items()))


def _holds(field: BoundField, value: Value) -> ColumnElement[bool]:
    """The condition that a field has this value; a word for any moment stands for one that is there."""
    stored = field.codec.stored(value)
    if isinstance(stored, datetime):
        return field.column.is_not(None)
    return field.column.is_(None) if stored is None else field.column == stored
