"""The three-way diff of one resource: declared now, applied last, found. Pure, and the same for every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from provision.core.address import Address
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.shape import KindShape
from provision.core.state import Lifecycle, OnRemove, Presence, Record, Resource, Row, SecretUpdate
from provision.core.value import NOW, Value, same

# For each secret with `update: always` of a row that exists, under the row's name of today: does the stored value
# verify the declared one?
Verdicts = Mapping[tuple[Address, str], bool]

REMOVALS = {
    OnRemove.DISABLE: Action.DISABLE,
    OnRemove.DELETE: Action.DELETE,
    OnRemove.ABANDON: Action.ABANDON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All that is known of one declared resource when it is compared."""

    resource: Resource
    row: Row | None
    record: Record | None
    shape: KindShape
    renamed_from: Address | None = None
    verdicts: Verdicts = field(default_factory=dict)


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
    elif row.primary_key != record.primary_key:
        action, reason = Action.ABANDON, f"{reason}; the row of that name is another one now"
    elif record.lifecycle.state is Presence.CREATED:
        action = Action.ABANDON
    else:
        action = REMOVALS[record.lifecycle.on_remove]
    return Change(
        action=action,
        address=record.address,
        reason=reason,
        fields=_disabling(row, shape) if row and action is Action.DISABLE else (),
        primary_key=row.primary_key if row else None,
        recorded_source=record.source,
    )


def _create(subject: Subject) -> Change:
    resource = subject.resource
    plain = (
        FieldChange(name=name, before=None, after=value, reason=Reason.NEW) for name, value in resource.fields.items()
    )
    secret = (_secret_change(name, Reason.NEW) for name in resource.secrets)
    return Change(
        action=Action.CREATE,
        address=resource.address,
        reason="deleted from the database" if subject.record else "declared, and not in the database",
        fields=(*plain, *secret),
        position=resource.position,
    )


def _update(subject: Subject, row: Row) -> Change | None:
    resource, record = subject.resource, subject.record
    ours = record is not None and record.primary_key == row.primary_key
    last = record if ours else None
    fields = (*_differing(resource, row, last), *_differing_secrets(subject, last))
    metadata = tuple(_metadata(resource, last)) if last else ()
    released = _released(resource, last) if last else ()
    if subject.renamed_from:
        action, reason = Action.RENAME, f"previously {subject.renamed_from}"
    elif last is None:
        action, reason = Action.ADOPT, "exists already, and is managed from now on"
    elif fields or metadata or released:
        action, reason = Action.UPDATE, _summary(fields)
    else:
        return None
    return Change(
        action=action,
        address=resource.address,
        reason=reason,
        fields=fields,
        metadata=metadata,
        released=released,
        primary_key=row.primary_key,
        previous=subject.renamed_from,
        position=resource.position,
    )


def _remember(subject: Subject, row: Row) -> Change | None:
    """`state: created` and the row is there: hands off, but it follows a new name, and the ledger a new lifecycle."""
    resource, record = subject.resource, subject.record
    metadata = tuple(_metadata(resource, record)) if record else ()
    if not metadata and not subject.renamed_from:
        return None
    return Change(
        action=Action.RENAME if subject.renamed_from else Action.UPDATE,
        address=resource.address,
        reason=f"previously {subject.renamed_from}" if subject.renamed_from else _summary(()),
        metadata=metadata,
        primary_key=row.primary_key,
        previous=subject.renamed_from,
        position=resource.position,
    )


def _see_absent(subject: Subject) -> Change | None:
    resource, row, record = subject.resource, subject.row, subject.record
    if row is None and record is None:
        return None
    action = REMOVALS[resource.lifecycle.on_remove] if row else Action.ABANDON
    fields = _disabling(row, subject.shape) if row and action is Action.DISABLE else ()
    if record is None and (action is Action.ABANDON or (action is Action.DISABLE and not fields)):
        return None
    return Change(
        action=action,
        address=resource.address,
        reason="declared absent",
        fields=fields,
        primary_key=row.primary_key if row else None,
        position=resource.position,
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


def _differing_secrets(subject: Subject, last: Record | None) -> Iterator[FieldChange]:
    for name, rule in subject.resource.secrets.items():
        if name in subject.resource.lifecycle.ignore_changes:
            continue
        if last and rule.version is not None and rule.version != last.secrets.get(name):
            yield _secret_change(name, Reason.SECRET_VERSION)
        elif rule.update is SecretUpdate.ALWAYS and not subject.verdicts[subject.resource.address, name]:
            yield _secret_change(name, Reason.SECRET_DIFFERS)


def _secret_change(name: str, reason: Reason) -> FieldChange:
    return FieldChange(name=name, before=None, after=None, reason=reason, sensitive=True)


def _metadata(resource: Resource, last: Record) -> Iterator[FieldChange]:
    if last.labels == resource.labels and last.lifecycle == resource.lifecycle:
        return
    was, now = _remembered(last.lifecycle), _remembered(resource.lifecycle)
    pairs = [(f"lifecycle.{name}", was[name], now[name]) for name in now]
    pairs.append(("labels", dict(last.labels), dict(resource.labels)))
    for name, before, after in pairs:
        if before != after:
            yield FieldChange(name=name, before=before, after=after, reason=Reason.LIFECYCLE)


def _remembered(lifecycle: Lifecycle) -> dict[str, Value]:
    return {
        "state": lifecycle.state.value,
        "on_remove": lifecycle.on_remove.value,
        "prevent_removal": lifecycle.prevent_removal,
    }


def _released(resource: Resource, last: Record) -> tuple[str, ...]:
    declared = resource.fields.keys() | resource.secrets.keys()
    return tuple(sorted((last.fields.keys() | last.secrets.keys()) - declared))


def _disabling(row: Row, shape: KindShape) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name=name, before=row.fields[name], after=value, reason=Reason.REMOVAL)
        for name, value in (shape.disable or {}).items()
        if (row.fields[name] is None if value == NOW else not same(row.fields[name], value))
    )


def _summary(fields: tuple[FieldChange, ...]) -> str:
    reasons = {item.reason for item in fields}
    if reasons and reasons <= {Reason.DRIFT, Reason.PRIVILEGE}:
        return "changed in the database"
    return "differs from the manifest" if fields else "only what is remembered of it changes"
