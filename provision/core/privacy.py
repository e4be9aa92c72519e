"""Marking what a binding calls private, so that nobody who shows a plan has to know the bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from provision.core.plan import Change, FieldChange
from provision.core.shape import Shapes


def concealed(changes: Iterable[Change], shapes: Shapes) -> Iterator[Change]:
    """The same changes, the private fields of their kinds marked as such."""
    for change in changes:
        private = shapes[change.address.kind].private
        if not private:
            yield change
            continue
        retires = (replace(item, fields=_marked(item.fields, private)) for item in change.retires)
        yield replace(change, fields=_marked(change.fields, private), retires=tuple(retires))


def has_private(changes: Iterable[Change]) -> bool:
    """Whether any value of these changes is private."""
    return any(item.private for change in changes for item in change.fields)


def _marked(fields: Iterable[FieldChange], private: frozenset[str]) -> tuple[FieldChange, ...]:
    return tuple(replace(item, private=True) if item.name in private else item for item in fields)
