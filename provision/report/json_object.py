"""One JSON object for programs: format 1, in ASCII, the same bytes for the same plan."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from provision.core.plan import Change, Expiry, FieldChange, Summary
from provision.core.value import Value
from provision.errors import Problem
from provision.report.values import before_and_after
from provision.report.view import PlanView, Stage

FORMAT_VERSION = "1"


def plan(view: PlanView, *, colour: bool) -> Iterator[str]:
    """The plan with every change, what waits for `--prune`, and whether it was applied."""
    found = view.plan
    yield _object(
        {
            "project": view.project,
            "target": view.target,
            "as_of": view.as_of,
            "rollback": view.rollback,
            "applied": view.stage is Stage.APPLIED,
            "fingerprint": found.fingerprint(),
            "summary": _summary(found.summary()),
        },
        {
            "changes": (_change(change, owner=found.foreign.get(change.address)) for change in found.changes),
            "pending": map(_change, found.pending),
            "expiring": map(_expiring, found.expiring),
            "refusals": ({"guard": no.guard, "message": no.message, "hint": no.hint} for no in view.refusals),
            "warnings": view.warnings,
            "problems": (),
        },
    )


def problems(problems: Sequence[Problem], *, colour: bool) -> Iterator[str]:
    """The same object with no changes in it, and every problem."""
    nothing = Summary(add=0, change=0, remove=0, unchanged=0)
    yield _object({"summary": _summary(nothing)}, {"changes": (), "problems": map(_problem, problems)})


def _change(change: Change, *, owner: str | None = None) -> Value:
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
        "reason": field.reason.value,
        "deliver_to": list(field.deliver_to),
    }


def _summary(counts: Summary) -> Value:
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


def _object(members: Mapping[str, Value], lists: Mapping[str, Iterable[Value]]) -> str:
    """The object with one member a line, and one element of a list a line."""
    written = {name: _encoded(value) for name, value in {"format_version": FORMAT_VERSION, **members}.items()}
    written |= {name: _encoded_list(items) for name, items in lists.items()}
    body = ",\n ".join(f'"{name}": {text}' for name, text in written.items())
    return f"{{\n {body}\n}}"


def _encoded_list(items: Iterable[Value]) -> str:
    body = ",\n  ".join(map(_encoded, items))
    return f"[\n  {body}\n ]" if body else "[]"


def _encoded(value: Value) -> str:
    """JSON in ASCII that also strict parsers read, and that neither a terminal nor a CI log obeys."""
    try:
        text = json.dumps(value, allow_nan=False, default=repr)
    except ValueError:
        text = json.dumps(_portable(value), default=repr)
    if "\\ud" in text:
        text = json.dumps(_portable(value), default=repr)
    return text.replace("##", "#\\u0023")


def _portable(value: Value) -> Value:
    r"""The value without lone surrogates (they become the text `\udXXX`), NaN and infinities (likewise text)."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(_portable(name)): _portable(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [_portable(item) for item in value]
    return value
