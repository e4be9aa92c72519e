"""What a rule sees of a resource and of a change: values as in manifests, and of secrets nothing but their terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from provision.core.after import After
from provision.core.plan import Change, FieldChange
from provision.core.state import SecretRule
from provision.core.value import Fields
from provision.policy.reads import Reads


def shown_resource(item: After, reads: Reads) -> dict[str, object]:
    """The variable `resource`; of one that goes, what was there last."""
    return {part: _PARTS[part](item, reads) for part in reads.parts}


def shown_change(item: After, change: Change) -> dict[str, object]:
    """The variable `change`."""
    return {
        "action": change.action.value,
        "reason": change.reason,
        "fields": {field.name: _field(field) for field in change.fields},
        "before": dict(item.before or {}),
        "after": dict(item.after or {}),
    }


def _spec(item: After, reads: Reads) -> Fields:
    fields = (item.after if item.after is not None else item.before) or {}
    if reads.spec is None:
        return dict(fields)
    return {name: fields[name] for name in reads.spec if name in fields}


def _secret(rule: SecretRule) -> dict[str, object]:
    """The terms of a secret; what is not asked for is not there, so that has() can tell."""
    terms = {
        "version": rule.version,
        "expires_in": rule.lifetime,
        "rotation": rule.rotation.every if rule.rotation else None,
    }
    given = {name: value for name, value in terms.items() if value is not None}
    return {"generated": rule.generated, "update": rule.update.value, **given}


def _field(field: FieldChange) -> dict[str, object]:
    hidden = field.sensitive
    return {
        "before": None if hidden else field.before,
        "after": None if hidden else field.after,
        "sensitive": hidden,
        "reason": field.reason.value,
    }


_PARTS: Final[Mapping[str, Callable[[After, Reads], object]]] = {
    "kind": lambda item, _: item.address.kind,
    "name": lambda item, _: item.address.key[-1],
    "address": lambda item, _: str(item.address),
    "spec": _spec,
    "secrets": lambda item, _: {name: _secret(rule) for name, rule in item.secrets.items()},
    "labels": lambda item, _: dict(item.labels),
    "managed": lambda item, _: item.is_managed,
    "declared": lambda item, _: item.is_declared,
}
