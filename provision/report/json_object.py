"""One JSON object for programs: format 1, in ASCII, the same bytes for the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from provision.core.guards import Refusal
from provision.core.plan import Change, Expiry, FieldChange, Summary
from provision.core.value import Value
from provision.errors import Problem
from provision.report.json_text import json_text
from provision.report.values import before_and_after
from provision.report.view import PlanView, RunView, Stage

FORMAT_VERSION = "1"


def plan(view: PlanView, *, colour: bool) -> Iterator[str]:
    """The plan with every change, what waits for `--prune`, and whether it was applied."""
    found = view.plan
    yield whole_object(
        {
            "project": view.project,
            "target": view.target,
            "as_of": view.as_of,
            "rollback": view.rollback,
            "applied": view.stage is Stage.APPLIED,
            "executed": view.stage is Stage.EXECUTED,
            "run": _run(view.run),
            "fingerprint": view.fingerprint,
            "summary": summary_object(found.summary()),
        },
        {
            "changes": (change_object(change, owner=found.foreign.get(change.address)) for change in found.changes),
            "pending": map(change_object, found.pending),
            "expiring": map(_expiring, found.expiring),
            "refusals": map(_refusal, view.refusals),
            "warnings": view.warnings,
            "problems": (),
        },
    )


def problems(problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
    """The same object with no changes in it, and every problem."""
    nothing = Summary(add=0, change=0, remove=0, unchanged=0)
    yield whole_object({"summary": summary_object(nothing)}, {"changes": (), "problems": map(_problem, problems)})


def _run(run: RunView | None) -> Value:
    return {"id": run.id, "seq": run.seq, "hash": run.hash} if run else None


def change_object(change: Change, *, owner: str | None = None) -> dict[str, Value]:
    """One change, with the project that managed the row until now."""
    return {
        "action": change.action.value,
        "address": str(change.address),
        "source": change.source,
        "reason": change.reason,
        "previous": str(change.previous) if change.previous else None,
        "managed_by": owner,
        "fields": [_field(field) for field in change.fields],
        "metadata": [_field(field) for field in change.metadata],
        "released": change.released,
        "generation": change.generation,
        "retires": [{"generation": item.generation, "reason": item.reason} for item in change.retires],
        "retiring": {str(generation): at for generation, at in sorted(change.retiring.items())},
    }


def _refusal(no: Refusal) -> Value:
    about = {"rule": no.rule, "address": no.address, "source": no.source}
    said = {name: text for name, text in about.items() if text}
    return {"guard": no.guard, "message": no.message, "hint": no.hint} | said


def _expiring(item: Expiry) -> Value:
    return {
        "address": str(item.address),
        "at": item.at,
        "source": f"{item.position.file}:{item.position.line}",
    }


def _field(field: FieldChange) -> Value:
    before, after = before_and_after(field)
    return {
        "name": field.name,
        "before": before,
        "after": after,
        "sensitive": field.sensitive,
        "private": field.private,
        "reason": field.reason.value,
        "deliver_to": list(field.deliver_to),
    }


def summary_object(counts: Summary) -> Value:
    """How many changes of each sign."""
    return {"add": counts.add, "change": counts.change, "remove": counts.remove, "unchanged": counts.unchanged}


def _problem(problem: Problem) -> Value:
    where = problem.position
    return {
        "file": where.file if where else None,
        "line": where.line if where else None,
        "column": where.column if where else None,
        "path": problem.path,
        "message": problem.message,
        "hint": problem.hint,
    }


def whole_object(members: Mapping[str, Value], lists: Mapping[str, Iterable[Value]]) -> str:
    """The object with its format's version first."""
    return json_text({"format_version": FORMAT_VERSION, **members}, lists)
