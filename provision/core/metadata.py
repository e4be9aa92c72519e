"""What the ledger remembers of a resource beside its fields, compared with what is declared. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provision.core.plan import FieldChange, Reason
from provision.core.secret_diff import clocks
from provision.core.state import Lifecycle, Record, Resource
from provision.core.subject import Subject
from provision.core.value import Value


def metadata(subject: Subject, last: Record, secrets: Collection[FieldChange]) -> Iterator[FieldChange]:
    """What only the ledger is to remember otherwise."""
    resource = subject.resource
    yield from clocks(subject, last, {item.name for item in secrets})
    if last.labels == resource.labels and last.lifecycle == resource.lifecycle:
        return
    was, now = _remembered(last.lifecycle), _remembered(resource.lifecycle)
    pairs = [(f"lifecycle.{name}", was[name], now[name]) for name in now]
    pairs.append(("labels", dict(last.labels), dict(resource.labels)))
    for name, before, after in pairs:
        if before != after:
            yield FieldChange(name=name, before=before, after=after, reason=Reason.LIFECYCLE)


def released(resource: Resource, last: Record) -> tuple[str, ...]:
    """The fields that were declared last, and are not any more."""
    declared = resource.fields.keys() | resource.secrets.keys()
    return tuple(sorted((last.fields.keys() | last.secrets.keys()) - declared))


def _remembered(lifecycle: Lifecycle) -> dict[str, Value]:
    return {
        "state": lifecycle.state.value,
        "on_remove": lifecycle.on_remove.value,
        "prevent_removal": lifecycle.prevent_removal,
    }
