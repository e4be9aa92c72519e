"""What is said of a resource and of its fields, sentence by sentence; the same in each format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.core.account import Account, FieldAccount, Mark, Standing
from provision.core.state import Lifecycle, Presence
from provision.core.value import Value, same
from provision.errors import Position
from provision.report.history import SHOWN_OF_COMMIT, SHOWN_OF_ID
from provision.report.values import PRIVATE, SENSITIVE, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What can be told of the resources that were asked for, in that order."""

    project: str
    target: str
    accounts: tuple[Account, ...]


def state_of(account: Account) -> str:
    """Whether a resource is declared, applied and there, in one sentence."""
    if account.owner is not None:
        here = f", and declared here in {_at(account.declared_at)}" if account.declared_at else ""
        return f"managed by another project, {account.owner!r}{here}"
    if account.declared_at is not None:
        return _declared(account, _at(account.declared_at))
    if not account.remembered:
        return _unmanaged(account)
    gone = "" if account.exists else ", and its row is gone"
    return f"not declared any more, last in {account.source}{gone}; managed until it is removed with --prune"


def conditions_of(account: Account) -> Iterator[str]:
    """What else is to be known of the resource."""
    if account.renamed_from:
        yield f"its row is still called {account.renamed_from}"
    if account.becomes:
        yield f"{account.becomes} was called so, as it is declared"
    if account.lifecycle is not None:
        yield _lifecycle(account.lifecycle)
    if account.labels:
        yield f"labels: {', '.join(f'{key}={value}' for key, value in sorted(account.labels.items()))}"
    if account.generation is not None:
        older = f", with {account.older} before it" if account.older else ""
        yield f"generation {account.generation}{older}"
    if account.expires:
        yield f"expires at {account.expires}"
    if account.last:
        yield f"last changed by {run_of(account.last)}"


def value_of(item: FieldAccount, value: Value) -> str:
    """A value of the field, where it may be shown."""
    if item.sensitive:
        return SENSITIVE
    return PRIVATE if item.private else shown(value)


def sentences_of(item: FieldAccount, account: Account) -> Iterator[str]:
    """Who manages a field, whether it differs from what was applied, and which run wrote it last."""
    yield _standing(item, account)
    if _is_adrift(item, account):
        applied, found = value_of(item, item.applied), value_of(item, item.found)
        yield f"drifts: applied {applied}, found {found}; changed {_since(account.last)}"
    if item.set_at:
        yield f"set at {item.set_at}"
    if item.undelivered:
        yield "waits for its delivery, with which apply begins"
    if item.set_by:
        yield f"written last by {run_of(item.set_by)}"
    elif item.standing in (Standing.APPLIED, Standing.DRIFTED) and not item.sensitive:
        yield "no run in the history has written it: it was so already when it was taken over, or that is long ago"


def run_of(mark: Mark) -> str:
    """A run in a few words: which, when, by whom, from what."""
    commit = f", commit {mark.commit[:SHOWN_OF_COMMIT]}" if mark.commit else ""
    source = f", from {mark.source}" if mark.source else ""
    return f"run {mark.run[:SHOWN_OF_ID]} ({mark.action}) at {mark.at}, by {mark.actor}{commit}{source}"


def _declared(account: Account, place: str) -> str:
    lifecycle = account.lifecycle
    if lifecycle and lifecycle.state is Presence.ABSENT:
        waiting = ", which is not applied yet" if account.remembered else ""
        return f"declared absent in {place}{waiting}"
    if account.remembered:
        if account.exists:
            return f"declared in {place}, and managed"
        again = "not made again" if lifecycle and lifecycle.state is Presence.CREATED else "made again by apply"
        return f"declared in {place}, and its row is gone: it is {again}"
    what = "its row is there, and will be adopted" if account.exists else "there is no such row"
    return f"declared in {place}, and not applied yet: {what}"


def _unmanaged(account: Account) -> str:
    if account.exists:
        return "neither declared nor managed: its row is there"
    return "neither declared nor managed, and its row is gone"


def _lifecycle(lifecycle: Lifecycle) -> str:
    protected = "true" if lifecycle.prevent_removal else "false"
    ignored = f", ignore_changes: {', '.join(sorted(lifecycle.ignore_changes))}" if lifecycle.ignore_changes else ""
    return f"state: {lifecycle.state}, on_remove: {lifecycle.on_remove}, prevent_removal: {protected}{ignored}"


def _standing(item: FieldAccount, account: Account) -> str:
    place = "not written there, held at its safe value" if item.defaulted else _at(item.place)
    declared = f"declared in {place}" if item.sensitive else f"declared {value_of(item, item.declared)} in {place}"
    if item.defaulted:
        declared = f"held at its safe value, {value_of(item, item.declared)}"
    released = "no longer declared: left as it is by the next apply, and not managed any more"
    words: Mapping[Standing, str] = {
        Standing.APPLIED: f"managed by git: {place}",
        Standing.DRIFTED: f"managed by git: {place}",
        Standing.PENDING: f"{declared}, not applied yet",
        Standing.BOTH: f"{declared}, not applied yet",
        Standing.KEPT: f"{declared}, at its creation alone: not managed since",
        Standing.DERIVED: "managed by git: counted from the moment at which its secret was set",
        Standing.UNDECLARED: released if account.declared_at else "managed until its resource is removed",
        Standing.RELEASED: "released: declared once, not managed any more",
        Standing.ELSEWHERE: f"managed by another project, {account.owner!r}, if by any",
        Standing.UNMANAGED: "not managed",
    }
    already = item.standing is Standing.PENDING and account.exists and not item.sensitive
    same_value = already and same(item.found, item.declared)
    return words[item.standing] + ("; it has that value already" if same_value else "")


def _is_adrift(item: FieldAccount, account: Account) -> bool:
    """Whether what is found is not what was applied."""
    if item.standing is Standing.UNDECLARED:
        return account.exists and not item.sensitive and not same(item.applied, item.found)
    return item.standing in (Standing.DRIFTED, Standing.BOTH)


def _since(last: Mark | None) -> str:
    """All that can be known: after the last run that left every managed field as it was declared."""
    return f"some time after {last.at}" if last else "nobody knows when, since the history does not reach back so far"


def _at(place: Position | None) -> str:
    return f"{place.file}:{place.line}" if place else "an unknown place"
