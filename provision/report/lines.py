"""Changes as signed, printable lines: what text, Markdown and HTML have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from provision.core.plan import Action, Change, FieldChange
from provision.report.escape import line_of_data, printable
from provision.report.values import outcome, transition
from provision.report.view import PlanView, Stage


class Sign(StrEnum):
    """Terraform's signs."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"
    NONE = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a report: its sign, and whether it is a detail of the line before."""

    text: str
    sign: Sign
    is_detail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tense:
    be: str
    no_longer: str


_FUTURE = _Tense(be="will be", no_longer="will no longer be")
_CONDITIONAL = _Tense(be="would be", no_longer="would no longer be")
_PAST = _Tense(be="was", no_longer="is no longer")


_VERBS: Mapping[Action, str] = {
    Action.CREATE: "",
    Action.UPDATE: "",
    Action.ADOPT: " {be} adopted",
    Action.RENAME: " {be} renamed from {former}",
    Action.ROTATE: " {be} rotated",
    Action.RETIRE: ": a former generation {be} revoked",
    Action.DISABLE: " {be} disabled",
    Action.DELETE: " {be} deleted",
    Action.ABANDON: " {no_longer} managed",
}


def change_lines(view: PlanView) -> Iterator[Line]:
    """What apply does, or did, in its order."""
    tense = _PAST if view.stage is Stage.APPLIED else _FUTURE
    for change in view.plan.changes:
        yield from _lines(change, tense, owner=view.plan.foreign.get(change.address))


def pending_lines(view: PlanView) -> Iterator[Line]:
    """What `--prune` would remove."""
    for change in view.plan.pending:
        yield from _lines(change, _CONDITIONAL)


def told(action: Action, former: str | None) -> tuple[Sign, str]:
    """The sign of a change that is over, and what is said of it after its address; `former` is printable."""
    return _sign(action), _VERBS[action].format(be=_PAST.be, no_longer=_PAST.no_longer, former=former)


def _lines(change: Change, tense: _Tense, *, owner: str | None = None) -> Iterator[Line]:
    sign = _sign(change.action)
    yield Line(text=_headline(change, tense, owner=owner), sign=sign)
    names = [printable(field.name) for field in change.fields]
    width = max(map(len, names), default=0)
    for name, field in zip(names, change.fields, strict=True):
        yield Line(text=f"{name:{width}} = {_right_side(change, field)}", sign=sign, is_detail=True)
        if field.deliver_to:
            places = printable(", ".join(field.deliver_to))
            yield Line(text=f"{'':{width}}   delivered to {places}", sign=Sign.NONE, is_detail=True)
    for item in change.retires:
        gone = f"generation {item.generation} {tense.be} revoked   # {printable(item.reason)}"
        yield Line(text=gone, sign=Sign.REMOVE, is_detail=True)
    for generation, at in sorted(change.retiring.items()):
        valid = f"generation {generation} stays valid until {printable(at)}"
        yield Line(text=valid, sign=Sign.NONE, is_detail=True)
    for field in change.metadata:
        remembered = line_of_data(f"{field.name}: {transition(field)}")
        yield Line(text=remembered, sign=Sign.NONE, is_detail=True)
    if change.released:
        released = ", ".join(map(printable, change.released))
        left = "left as it is" if len(change.released) == 1 else "left as they are"
        yield Line(text=f"released: {released} ({left}, no longer managed)", sign=Sign.NONE, is_detail=True)


def _headline(change: Change, tense: _Tense, *, owner: str | None) -> str:
    source = f"  ({printable(change.source)})" if change.source else ""
    # The verb of a rename names the former address, as its reason does.
    why = [] if change.action is Action.RENAME else [change.reason]
    if owner is not None:
        why.append(f"managed by project {owner} until now")
    comment = f"   # {printable('; '.join(why))}" if why else ""
    return f"{printable(str(change.address))}{_verb(change, tense)}{source}{comment}"


def _verb(change: Change, tense: _Tense) -> str:
    former = printable(str(change.previous))
    return _VERBS[change.action].format(be=tense.be, no_longer=tense.no_longer, former=former)


def _right_side(change: Change, field: FieldChange) -> str:
    if change.action is Action.CREATE:
        return outcome(field)
    if change.action.is_removal:
        return transition(field)
    return f"{transition(field)}   # {printable(field.reason)}"


def _sign(action: Action) -> Sign:
    match action:
        case Action.CREATE:
            return Sign.ADD
        case Action.ADOPT | Action.RENAME | Action.UPDATE | Action.ROTATE | Action.RETIRE:
            return Sign.CHANGE
        case Action.DISABLE | Action.DELETE | Action.ABANDON:
            return Sign.REMOVE
