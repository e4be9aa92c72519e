"""The diff of secrets, of which nothing is known but when they are written, and what became of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from provision.core.plan import FieldChange, Reason
from provision.core.rotation import is_disabled, is_due
from provision.core.state import Record, Row, SecretRule, SecretUpdate, Verdict
from provision.core.subject import Subject

_REASONS: Final = {
    Verdict.UNCHANGED: None,
    Verdict.UNREADABLE: None,
    Verdict.DIFFERS: Reason.SECRET_DIFFERS,
    Verdict.DECLARED_CHANGED: Reason.SECRET_DECLARED,
    Verdict.STORED_CHANGED: Reason.SECRET_STORED,
    Verdict.OUTDATED: Reason.SECRET_OUTDATED,
}


def differing_secrets(subject: Subject, row: Row, last: Record | None) -> Iterator[FieldChange]:
    """The secrets that are to be written, each with the reason."""
    for name in subject.resource.secrets:
        if name in subject.resource.lifecycle.ignore_changes:
            continue
        reason = _why_secret(subject, name, row, last) or _why_successor(subject, name, row, last)
        if reason is not None:
            yield secret_change(name, reason, subject.resource.secrets[name])


def secret_change(name: str, reason: Reason, rule: SecretRule) -> FieldChange:
    """The change of a secret, of which no value is said."""
    return FieldChange(name=name, before=None, after=None, reason=reason, sensitive=True, deliver_to=rule.deliver_to)


def clocks(subject: Subject, last: Record, written: Collection[str]) -> Iterator[FieldChange]:
    """The beginning of time for a secret whose rotation or lifetime nobody has counted yet."""
    for name, rule in subject.resource.secrets.items():
        if (rule.rotation is None and rule.lifetime is None) or name in written:
            continue
        remembered = last.secrets.get(name)
        if remembered is None or remembered.set_at is None:
            yield FieldChange(
                name=f"{name}.set_at", before=None, after=subject.now, reason=Reason.LIFECYCLE, seconds=0
            )


def _why_secret(subject: Subject, name: str, row: Row, last: Record | None) -> Reason | None:
    """Why a secret is to be written, whether into its row or into the next generation."""
    slot, rule = (subject.resource.address, name), subject.resource.secrets[name]
    if subject.waits(name):
        return None
    remembered = last.secrets.get(name) if last else None
    if last and rule.version is not None and rule.version != (remembered.version if remembered else None):
        return Reason.SECRET_VERSION
    if rule.update is SecretUpdate.ALWAYS:
        return _REASONS[subject.verdicts[slot]]
    lost = rule.generated and remembered and remembered.pending and slot not in subject.staged
    if lost and subject.makes_generation(name) and is_disabled(row, subject.shape):
        return None  # its successor would work, and somebody has stopped it
    return Reason.SECRET_UNDELIVERED if lost else None


def _why_successor(subject: Subject, name: str, row: Row, last: Record | None) -> Reason | None:
    """Why a key is to have a next generation, where nothing is wrong with the one it has."""
    if not subject.makes_generation(name):
        return None
    if subject.forced is not None:
        return Reason.ROTATION_ASKED
    remembered = last.secrets.get(name) if last else None
    due = remembered and is_due(subject.resource.secrets[name], remembered, subject.sight(row))
    return Reason.ROTATION_DUE if due else None
