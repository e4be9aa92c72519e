"""The sentences around the changes, the same in each format for people; in Terraform's words, which people grep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provision.core.guards import Refusal
from provision.errors import Problem
from provision.report.escape import printable
from provision.report.view import PlanView, Stage

NO_CHANGES = "No changes. The database matches the manifests."
EXECUTED = "Executed and rolled back: every statement succeeded."
NOTHING_LEFT = "No changes. Nothing of that run is left to roll back."
PENDING = "Not in the manifests any more; removed only with --prune:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark beside the plan: what kind of remark, and its printable text."""

    label: str
    text: str
    is_refusal: bool = False

    def __str__(self) -> str:
        return f"{self.label}: {self.text}"


def header(view: PlanView) -> str:
    """Which project meets which database."""
    moment = f", as of {printable(view.as_of)}" if view.as_of else ""
    back = f", rolling back run {printable(view.rollback)}" if view.rollback else ""
    return f"Project {printable(view.project)} on {printable(view.target)}{moment}{back}"


def notes(view: PlanView) -> Iterator[Note]:
    """Warnings, then refusals with what lifts them."""
    for warning in view.warnings:
        yield Note(label="Warning", text=printable(warning))
    for item in view.plan.expiring:
        text = printable(f"{item.address} expires at {item.at} ({item.position.file}:{item.position.line})")
        yield Note(label="Expiring", text=text, is_refusal=True)
    label = "Refused" if view.stage is Stage.REFUSED else "Apply would be refused"
    for refusal in view.refusals:
        yield Note(label=label, text=_reason(refusal), is_refusal=True)


def closing(view: PlanView) -> Iterator[str]:
    """The last lines of a report: what will be done, or was done, in numbers."""
    counts = view.plan.summary()
    # What a guard holds back is no part of the plan, and no match either.
    matches = view.plan.is_empty and not view.refusals
    if matches:
        yield NOTHING_LEFT if view.rollback else NO_CHANGES
    if view.stage is Stage.APPLIED:
        yield f"Apply complete: {counts.add} added, {counts.change} changed, {counts.remove} removed."
    elif not matches:
        yield f"Plan: {counts.add} to add, {counts.change} to change, {counts.remove} to remove."
    if view.stage in (Stage.PLANNED, Stage.EXECUTED) and not matches and view.fingerprint:
        yield f"Fingerprint: {view.fingerprint}"
    if view.stage is Stage.EXECUTED:
        yield EXECUTED
    waiting = len(view.plan.pending)
    if waiting:
        yield f"{_counted(waiting, 'resource')} {'awaits' if waiting == 1 else 'await'} removal; run with --prune."
    if view.saved:
        yield f"Saved to {printable(view.saved)}. To apply it: provision apply {printable(view.saved)}"


def valid(count: int, unknown: Sequence[str]) -> str:
    """What `validate` ends with: how many resources, and the kinds whose fields nobody could check offline."""
    sentence = f"Valid: {_counted(count, 'resource')} declared."
    if not unknown:
        return sentence
    last = f" and {unknown[-1]}" if len(unknown) > 1 else unknown[-1]
    kinds = f"{', '.join(unknown[:-1])}{last}"
    return f"{sentence} The fields of {kinds} are known to the database alone: --online checks them."


def problem_count(problems: Sequence[Problem]) -> str:
    """The last line of a report of problems."""
    return f"{_counted(len(problems), 'problem')} found."


def change_count(view: PlanView) -> str:
    """A title for the list of changes."""
    return _counted(len(view.plan.changes), "change")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _reason(refusal: Refusal) -> str:
    return printable(f"{refusal.message}. Hint: {refusal.hint}" if refusal.hint else refusal.message)
