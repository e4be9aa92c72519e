"""The three-way diff of one resource: declared now, applied last, found. Pure, and the same for every kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from provision.core.address import Address
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.rotation import (
    Forced,
    Sight,
    disabling,
    every_older,
    expiry,
    first_expiry,
    is_due,
    overdue,
    succeed,
)
from provision.core.shape import KindShape
from provision.core.state import (
    Lifecycle,
    OnRemove,
    Presence,
    Record,
    Resource,
    Row,
    SecretRecord,
    SecretUpdate,
)
from provision.core.value import Fields, Value, same

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
    """All that is known of one declared resource when it is compared.

    `now` is the moment by the database's clock. `staged` are the secrets that were made and not delivered yet, and
    that are at hand; `forced` a rotation that somebody asked for.
    """

    resource: Resource
    row: Row | None
    record: Record | None
    shape: KindShape
    renamed_from: Address | None = None
    verdicts: Verdicts = field(default_factory=dict)
    now: str = "1970-01-01T00:00:00Z"
    staged: Collection[tuple[Address, str]] = ()
    forced: Forced | None = None


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
    secret = (_secret_change(name, Reason.NEW) for name in resource.secrets)
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
    secrets = tuple(_differing_secrets(subject, row, last))
    successor = next((item for item in secrets if _makes_generation(subject, item.name)), None)
    expires = expiry(resource, _sight(subject, row), remembered, {item.name for item in secrets})
    fields = (*_differing(resource, row, last), *((expires,) if expires else ()), *secrets)
    metadata = tuple(_metadata(subject, last, secrets)) if last else ()
    released = _released(resource, last) if last else ()
    if successor is not None:
        return _rotate(subject, row, remembered.get(successor.name, SecretRecord()), successor, fields)
    retires = overdue(_sight(subject, row), _settled(subject, remembered))
    if subject.renamed_from:
        action, reason = Action.RENAME, f"previously {subject.renamed_from}"
    elif last is None:
        action, reason = Action.ADOPT, "exists already, and is managed from now on"
    elif fields or metadata or released:
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
        metadata=metadata,
        released=released,
        primary_key=row.primary_key,
        previous=subject.renamed_from,
        position=resource.position,
        retires=retires,
    )


def _makes_generation(subject: Subject, name: str) -> bool:
    """Whether writing this secret makes a row of its own, beside which the former one goes on for a while."""
    return subject.shape.generations and subject.resource.secrets[name].generated and not subject.renamed_from


def _rotate(
    subject: Subject, row: Row, remembered: SecretRecord, secret: FieldChange, fields: tuple[FieldChange, ...]
) -> Change:
    resource = subject.resource
    rule, lost = resource.secrets[secret.name], secret.reason is Reason.SECRET_UNDELIVERED
    succession = succeed(_sight(subject, row), rule, remembered, lost=lost, forced=subject.forced)
    written = {item.name for item in fields}
    return Change(
        action=Action.ROTATE,
        address=resource.address,
        reason=secret.reason,
        fields=fields,
        metadata=tuple(_metadata(subject, subject.record, fields)) if subject.record else (),
        released=_released(resource, subject.record) if subject.record else (),
        primary_key=row.primary_key,
        position=resource.position,
        generation=(row.generation or 0) + 1,
        carried={name: value for name, value in _carried(subject, row).items() if name not in written},
        retires=succession.retires,
        retiring=succession.retiring,
    )


def _carried(subject: Subject, row: Row) -> Fields:
    """What the next generation takes over: all but what says that a row has stopped, or is to stop, working."""
    declared, shape = subject.resource.fields, subject.shape
    left = {*(shape.disable or {}), shape.expires} - declared.keys()
    return {name: value for name, value in row.fields.items() if name not in left and value is not None}


def _settled(subject: Subject, remembered: Mapping[str, SecretRecord]) -> Mapping[str, SecretRecord]:
    """What is remembered, as it will be once what is staged is delivered."""
    return {
        name: replace(item, pending=None)
        if item.pending and (subject.resource.address, name) in subject.staged
        else item
        for name, item in remembered.items()
    }


def _remember(subject: Subject, row: Row) -> Change | None:
    """`state: created` and the row is there: hands off, but it follows a new name, and the ledger a new lifecycle."""
    resource, record = subject.resource, subject.record
    metadata = tuple(_metadata(subject, record, ())) if record else ()
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


def _differing_secrets(subject: Subject, row: Row, last: Record | None) -> Iterator[FieldChange]:
    for name in subject.resource.secrets:
        if name in subject.resource.lifecycle.ignore_changes:
            continue
        reason = _why_secret(subject, name, last) or _why_successor(subject, name, row, last)
        if reason is not None:
            yield _secret_change(name, reason)


def _why_secret(subject: Subject, name: str, last: Record | None) -> Reason | None:
    """Why a secret is to be written, whether into its row or into the next generation."""
    slot, rule = (subject.resource.address, name), subject.resource.secrets[name]
    remembered = last.secrets.get(name) if last else None
    if last and rule.version is not None and rule.version != (remembered.version if remembered else None):
        return Reason.SECRET_VERSION
    if rule.update is SecretUpdate.ALWAYS:
        return None if subject.verdicts[slot] else Reason.SECRET_DIFFERS
    lost = rule.generated and remembered and remembered.pending and slot not in subject.staged
    return Reason.SECRET_UNDELIVERED if lost else None


def _why_successor(subject: Subject, name: str, row: Row, last: Record | None) -> Reason | None:
    """Why a key is to have a next generation, where nothing is wrong with the one it has."""
    if not _makes_generation(subject, name):
        return None
    if subject.forced is not None:
        return Reason.ROTATION_ASKED
    remembered = last.secrets.get(name) if last else None
    due = remembered and is_due(subject.resource.secrets[name], remembered, _sight(subject, row))
    return Reason.ROTATION_DUE if due else None


def _sight(subject: Subject, row: Row) -> Sight:
    return Sight(row=row, shape=subject.shape, now=subject.now)


def _secret_change(name: str, reason: Reason) -> FieldChange:
    return FieldChange(name=name, before=None, after=None, reason=reason, sensitive=True)


def _metadata(subject: Subject, last: Record, secrets: Collection[FieldChange]) -> Iterator[FieldChange]:
    resource = subject.resource
    yield from _clocks(subject, last, {item.name for item in secrets})
    if last.labels == resource.labels and last.lifecycle == resource.lifecycle:
        return
    was, now = _remembered(last.lifecycle), _remembered(resource.lifecycle)
    pairs = [(f"lifecycle.{name}", was[name], now[name]) for name in now]
    pairs.append(("labels", dict(last.labels), dict(resource.labels)))
    for name, before, after in pairs:
        if before != after:
            yield FieldChange(name=name, before=before, after=after, reason=Reason.LIFECYCLE)


def _clocks(subject: Subject, last: Record, written: Collection[str]) -> Iterator[FieldChange]:
    """The beginning of time for a secret whose rotation or lifetime nobody has counted yet."""
    for name, rule in subject.resource.secrets.items():
        if (rule.rotation is None and rule.lifetime is None) or name in written:
            continue
        remembered = last.secrets.get(name)
        if remembered is None or remembered.set_at is None:
            yield FieldChange(
                name=f"{name}.set_at", before=None, after=subject.now, reason=Reason.LIFECYCLE, seconds=0
            )


def _remembered(lifecycle: Lifecycle) -> dict[str, Value]:
    return {
        "state": lifecycle.state.value,
        "on_remove": lifecycle.on_remove.value,
        "prevent_removal": lifecycle.prevent_removal,
    }


def _released(resource: Resource, last: Record) -> tuple[str, ...]:
    declared = resource.fields.keys() | resource.secrets.keys()
    return tuple(sorted((last.fields.keys() | last.secrets.keys()) - declared))


def _summary(fields: tuple[FieldChange, ...]) -> str:
    reasons = {item.reason for item in fields}
    if reasons and reasons <= {Reason.DRIFT, Reason.PRIVILEGE}:
        return "changed in the database"
    return "differs from the manifest" if fields else "only what is remembered of it changes"
