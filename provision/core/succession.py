"""The change that gives a key its successor. Pure."""

from __future__ import annotations

from dataclasses import replace

from provision.core.metadata import metadata, released
from provision.core.plan import Action, Change, FieldChange
from provision.core.rotation import Forced, succeed
from provision.core.state import Row, SecretRecord, SecretRule
from provision.core.subject import Subject
from provision.core.value import Fields


def rotate(
    subject: Subject, row: Row, remembered: SecretRecord, secret: FieldChange, fields: tuple[FieldChange, ...]
) -> Change:
    """The next generation of a row, made for this secret's sake."""
    resource = subject.resource
    lost = remembered.pending is not None and (resource.address, secret.name) not in subject.staged
    asked = _asked(subject, resource.secrets[secret.name])
    succession = succeed(subject.sight(row), remembered, asked, ours=_ours(subject, row), lost=lost)
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


def _asked(subject: Subject, rule: SecretRule) -> Forced:
    """The terms of this rotation: what somebody asked for, else what is declared."""
    asked = subject.forced or Forced()
    declared = rule.rotation.overlap if rule.rotation else None
    return asked if asked.overlap is not None else replace(asked, overlap=declared)


def _ours(subject: Subject, row: Row) -> Row:
    """The generation that we made last; the application may have made another one since."""
    known = subject.record.primary_key if subject.record else None
    return next((older for older in row.older if older.primary_key == known), row)


def _carried(subject: Subject, row: Row) -> Fields:
    """What the next generation takes over: all but what says that a row has stopped, or is to stop, working."""
    declared, shape = subject.resource.fields, subject.shape
    left = {*(shape.disable or {}), shape.expires} - declared.keys()
    return {name: value for name, value in row.fields.items() if name not in left and value is not None}
