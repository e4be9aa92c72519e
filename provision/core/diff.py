"""The three-way diff of one resource: declared now, applied last, found. Pure, and the same for every kind."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.metadata import metadata, released
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.rotation import (
    disabling,
    every_older,
    expiry,
    first_expiry,
    overdue,
)
from provision.core.secret_diff import differing_secrets, secret_change
from provision.core.shape import KindShape
from provision.core.state import (
    OnRemove,
    Presence,
    Record,
    Resource,
    Row,
    SecretRecord,
)
from provision.core.subject import Subject
from provision.core.succession import rotate
from provision.core.value import Value, same

REMOVALS = {
    OnRemove.DISABLE: Action.DISABLE,
    OnRemove.DELETE: Action.DELETE,
    OnRemove.ABANDON: Action.ABANDON,
}


def compare(subject: Subject) -> Change | None:
    """The change that a declared resource needs, or None when nothing differs."""
    state = subject.resource.lifecycle.state
    if state is Presence.ABSENT:
        return _see_absent(subject)
    if subject.row is None:
        created_before = state is Presence.CREATED and subject.record is not None
        return None if created_before else _create(subject)
    return _remember(subject, subject.row) if state is Presence.CREATED else _update(subject, subject.row)


def remove(record: Record, row: Row | None, shape: KindShape, *, reason: str) -> Change:
    """The change that lets go of a resource we manage, by the `on_remove` that was recorded with it.

    A row that is gone, or that was made anew by somebody else under the same name, is only forgotten.
    """
    if row is None:
        action, reason = Action.ABANDON, f"{reason}; its row is gone already"
    elif not record.is_of(row):
        action, reason = Action.ABANDON, f"{reason}; the row of that name is another one now"
    elif record.lifecycle.state is Presence.CREATED:
        action = Action.ABANDON
    else:
        action = REMOVALS[record.lifecycle.on_remove]
    return Change(
        action=action,
        address=record.address,
        reason=reason,
        fields=disabling(row, shape) if row and action is Action.DISABLE else (),
        primary_key=row.primary_key if row else None,
        recorded_source=record.source,
        retires=every_older(row, shape, "removed") if row and action is Action.DISABLE else (),
    )


def _create(subject: Subject) -> Change:
    resource = subject.resource
    plain = (
        FieldChange(name=name, before=None, after=value, reason=Reason.NEW) for name, value in resource.fields.items()
    )
    secret = (secret_change(name, Reason.NEW, rule) for name, rule in resource.secrets.items())
    return Change(
        action=Action.CREATE,
        address=resource.address,
        reason="deleted from the database" if subject.record else "declared, and not in the database",
        fields=(*plain, *first_expiry(resource, subject.shape, subject.now), *secret),
        position=resource.position,
    )


def _update(subject: Subject, row: Row) -> Change | None:
    resource, record = subject.resource, subject.record
    last = record if record is not None and record.is_of(row) else None
    remembered = last.secrets if last else {}
    secrets = tuple(differing_secrets(subject, row, last))
    successor = next((item for item in secrets if subject.makes_generation(item.name)), None)
    expires = expiry(resource, subject.sight(row), remembered, {item.name for item in secrets})
    fields = (*_differing(resource, row, last), *((expires,) if expires else ()), *secrets)
    remembers = tuple(metadata(subject, last, secrets)) if last else ()
    lets_go = released(resource, last) if last else ()
    if successor is not None:
        return rotate(subject, row, remembered.get(successor.name, SecretRecord()), successor, fields)
    retires = overdue(subject.sight(row), remembered)
    if subject.renamed_from:
        action, reason = Action.RENAME, f"previously {subject.renamed_from}"
    elif last is None:
        action, reason = Action.ADOPT, "exists already, and is managed from now on"
    elif fields or remembers or lets_go:
        action, reason = Action.UPDATE, _summary(fields)
    elif retires:
        action, reason = Action.RETIRE, "it has a successor"
    else:
        return None
    return Change(
        action=action,
        address=resource.address,
        reason=reason,
        fields=fields,
        metadata=remembers,
        released=lets_go,
        primary_key=row.primary_key,
        previous=subject.renamed_from,
        position=resource.position,
        retires=retires,
    )


def _remember(subject: Subject, row: Row) -> Change | None:
    """`state: created` and the row is there: hands off, but it follows a new name, and the ledger a new lifecycle."""
    resource, record = subject.resource, subject.record
    remembers = tuple(metadata(subject, record, ())) if record else ()
    if not remembers and not subject.renamed_from:
        return None
    return Change(
        action=Action.RENAME if subject.renamed_from else Action.UPDATE,
        address=resource.address,
        reason=f"previously {subject.renamed_from}" if subject.renamed_from else _summary(()),
        metadata=remembers,
        primary_key=row.primary_key,
        previous=subject.renamed_from,
        position=resource.position,
    )


def _see_absent(subject: Subject) -> Change | None:
    resource, row, record = subject.resource, subject.row, subject.record
    if row is None and record is None:
        return None
    action = REMOVALS[resource.lifecycle.on_remove] if row else Action.ABANDON
    fields = disabling(row, subject.shape) if row and action is Action.DISABLE else ()
    retires = every_older(row, subject.shape, "removed") if row and action is Action.DISABLE else ()
    if record is None and (action is Action.ABANDON or (action is Action.DISABLE and not fields and not retires)):
        return None
    return Change(
        action=action,
        address=resource.address,
        reason="declared absent",
        fields=fields,
        primary_key=row.primary_key if row else None,
        position=resource.position,
        retires=retires,
    )


def _differing(resource: Resource, row: Row, last: Record | None) -> Iterator[FieldChange]:
    ignored = resource.lifecycle.ignore_changes
    for name, declared in resource.fields.items():
        found = row.fields[name]
        if name in ignored or same(found, declared):
            continue
        reason = _why(name, declared, found, resource, last)
        yield FieldChange(name=name, before=found, after=declared, reason=reason)


def _why(name: str, declared: Value, found: Value, resource: Resource, last: Record | None) -> Reason:
    if last is None or name not in last.fields:
        return Reason.PRIVILEGE if name in resource.defaulted else Reason.DECLARED
    applied = last.fields[name]
    if same(applied, declared):
        return Reason.PRIVILEGE if name in resource.defaulted else Reason.DRIFT
    return Reason.MANIFEST if same(applied, found) else Reason.BOTH


def _summary(fields: tuple[FieldChange, ...]) -> str:
    reasons = {item.reason for item in fields}
    if reasons and reasons <= {Reason.DRIFT, Reason.PRIVILEGE}:
        return "changed in the database"
    return "differs from the manifest" if fields else "only what is remembered of it changes"
