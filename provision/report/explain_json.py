"""What `provision explain` tells programs: format 1, one resource a line."""

from __future__ import annotations

from collections.abc import Iterator

from provision.core.account import Account, FieldAccount, Mark, Standing
from provision.core.value import Value
from provision.report.explain_words import Explanation, state_of
from provision.report.json_object import whole_object


def as_json(explanation: Explanation) -> Iterator[str]:
    """One JSON object; of a secret or a private field it has no value."""
    head: dict[str, Value] = {"project": explanation.project, "target": explanation.target}
    yield whole_object(head, {"resources": map(_account, explanation.accounts)})


def _account(account: Account) -> Value:
    lifecycle, declared = account.lifecycle, account.declared_at
    return {
        "address": str(account.address),
        "state": state_of(account),
        "exists": account.exists,
        "managed": account.remembered,
        "managed_by": account.owner,
        "declared_at": f"{declared.file}:{declared.line}" if declared else None,
        "applied_from": account.source or None,
        "renamed_from": str(account.renamed_from) if account.renamed_from else None,
        "becomes": str(account.becomes) if account.becomes else None,
        "lifecycle": {
            "state": lifecycle.state.value,
            "on_remove": lifecycle.on_remove.value,
            "prevent_removal": lifecycle.prevent_removal,
            "ignore_changes": sorted(lifecycle.ignore_changes),
        }
        if lifecycle
        else None,
        "labels": dict(account.labels),
        "generation": account.generation,
        "older_generations": account.older,
        "expires": account.expires,
        "last_changed_by": _mark(account.last),
        "fields": [_field(item, account) for item in account.fields],
    }


def _field(item: FieldAccount, account: Account) -> Value:
    hidden = item.sensitive or item.private
    drifts = item.standing in (Standing.DRIFTED, Standing.BOTH)
    return {
        "name": item.name,
        "standing": item.standing.value,
        "sensitive": item.sensitive,
        "private": item.private,
        "found": None if hidden else item.found,
        "declared": None if hidden else item.declared,
        "applied": None if hidden else item.applied,
        "defaulted": item.defaulted,
        "declared_at": f"{item.place.file}:{item.place.line}" if item.place else None,
        "written_last_by": _mark(item.set_by),
        "drifted_after": account.last.at if drifts and account.last else None,
        "set_at": item.set_at,
        "undelivered": item.undelivered,
    }


def _mark(mark: Mark | None) -> Value:
    if mark is None:
        return None
    return {
        "run": mark.run,
        "at": mark.at,
        "actor": mark.actor,
        "action": mark.action.value,
        "commit": mark.commit,
        "source": mark.source,
    }
