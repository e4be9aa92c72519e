"""What `provision history show` shows: one run with every change, in the words of its plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provision.core.plan import Action
from provision.core.value import Value
from provision.report.escape import line_of_data, printable
from provision.report.history import RunEntry, run_object
from provision.report.json_object import whole_object
from provision.report.lines import Line, Sign, told
from provision.report.values import PRIVATE, SENSITIVE, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEntry:
    """One change of a run; `fields` as the ledger keeps them."""

    address: str
    action: str
    source: str
    fields: Sequence[Mapping[str, Any]]


def as_text(run: RunEntry, changes: Sequence[ChangeEntry]) -> Iterator[str]:
    """What is known of the run, then its changes, signed as plans sign them."""
    for label, value in _facts(run):
        yield f"{label:<9}{printable(value)}"
    yield ""
    for line in (line for change in changes for line in _lines(change)):
        yield f"{'      ' if line.is_detail else '  '}{line.sign} {line.text}"
    if not changes:
        yield "  Its changes are not kept any more." if run.added + run.changed + run.removed else "  No changes."


def as_json(run: RunEntry, changes: Sequence[ChangeEntry]) -> Iterator[str]:
    """One JSON object; of a secret or a private value it says that it was written, and no more."""
    yield whole_object({"run": run_object(run)}, {"changes": map(_object, changes)})


def _object(change: ChangeEntry) -> Value:
    fields = list(map(_told_of, change.fields))
    return {"address": change.address, "action": change.action, "source": change.source, "fields": fields}


def _told_of(item: Mapping[str, Any]) -> Value:
    hidden = next((mark for mark in ("sensitive", "private") if item.get(mark)), None)
    return {"name": item["name"], hidden: True} if hidden else dict(item)


def _facts(run: RunEntry) -> Iterator[tuple[str, str]]:
    yield "Run", f"{run.id}, number {run.seq}" if run.seq else f"{run.id}, from before the chain began"
    yield "When", f"{run.started_at} to {run.written_at}" if run.written_at else run.started_at
    yield "Who", run.actor
    if run.commit or run.branch:
        yield "From", " on ".join(part for part in (run.commit or "an unknown commit", run.branch) if part)
    if run.job_url:
        yield "Job", run.job_url
    yield "Command", f"{run.command or 'unknown'}, provision {run.tool_version}"
    if run.fingerprint:
        yield "Plan", run.fingerprint
    yield "Outcome", f"{run.outcome}: {run.added} added, {run.changed} changed, {run.removed} removed"
    if run.hash:
        yield "Hash", run.hash


def _lines(change: ChangeEntry) -> Iterator[Line]:
    former = next((str(item["previous"]) for item in change.fields if "previous" in item), "an unknown name")
    sign, verb = _told(change.action, printable(former))
    source = f"  ({printable(change.source)})" if change.source else ""
    yield Line(text=line_of_data(f"{change.address}{verb}{source}"), sign=sign)
    named = [item for item in change.fields if "name" in item]
    width = max((len(printable(str(item["name"]))) for item in named), default=0)
    for item in named:
        text = f"{printable(str(item['name'])):{width}} = {_right_side(change.action, item)}"
        yield Line(text=line_of_data(text), sign=sign, is_detail=True)
    for item in change.fields:
        if "retired" in item:
            text = printable(f"generation {item['retired']} was revoked   # {item.get('reason')}")
            yield Line(text=text, sign=Sign.REMOVE, is_detail=True)


def _told(action: str, former: str) -> tuple[Sign, str]:
    try:
        return told(Action(action), former)
    except ValueError:  # of a later version, or somebody's edit
        return Sign.NONE, f": {printable(action)}"


def _right_side(action: str, item: Mapping[str, Any]) -> str:
    if item.get("sensitive"):
        return SENSITIVE
    if item.get("private"):
        return PRIVATE
    after = shown(item.get("after"))
    return after if action == Action.CREATE else f"{shown(item.get('before'))} -> {after}"
