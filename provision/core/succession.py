"""The change that gives a key its successor. Pure."""

from __future__ import annotations

from provision.core.metadata import metadata, released
from provision.core.plan import Action, Change, FieldChange, Reason
from provision.core.rotation import succeed
from provision.core.state import Row, SecretRecord
from provision.core.subject import Subject
from provision.core.value import Fields


def rotate(
    subject: Subject, row: Row, remembered: SecretRecord, secret: FieldChange, fields: tuple[FieldChange, ...]
) -> Change:
    """The next generation of a row, made for this secret's sake."""
    resource = subject.resource
    rule, lost = resource.secrets[secret.name], secret.reason is Reason.SECRET_UNDELIVERED
    succession = succeed(subject.sight(row), rule, remembered, lost=lost, forced=subject.forced)
    written = {item.name for item in fields}
    return Change(
        action=Action.ROTATE,
        address=resource.address,
        reason=secret.reason,
        fields=fields,
        metadata=tuple(metadata(subject, subject.record, fields)) if subject.record else (),
        released=released(resource, subject.record) if subject.record else (),
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
