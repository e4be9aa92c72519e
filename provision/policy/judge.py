"""A plan and what it leaves behind, judged by every rule."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from provision.core.after import After, after_state
from provision.core.guards import Refusal
from provision.core.moment import whole
from provision.core.plan import Plan
from provision.core.planner import Question
from provision.policy.rule import Over, Policies, Rule, Severity

if TYPE_CHECKING:  # the library behind them is only imported where there are rules
    from provision.policy.expression import Scene
    from provision.policy.reads import Reads

GUARD: Final = "policy"
MAX_SECONDS: Final = 120.0
"""How long judging one plan may take; the limits of expressions keep a single evaluation short."""
MOST_SHOWN: Final = 50
"""Violations of one rule that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What stops the plan, and what is only told."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Violation:
    """A rule that does not hold for a resource; `why` says so if it could not be evaluated."""

    rule: Rule
    item: After
    why: str = ""


class _OutOfTimeError(Exception):
    """Judging takes too long."""


def judge(policies: Policies, plan: Plan, question: Question, *, seconds: float = MAX_SECONDS) -> Judgement:
    """Every violation, by rule and then by address; a rule that cannot be evaluated is violated."""
    if not policies.rules:
        return Judgement()
    try:
        found = list(_violations(policies.rules, plan, question, time.monotonic() + seconds))
    except _OutOfTimeError:
        message = f"the policies were not done after {seconds:g} s"
        hint = "make their expressions shorter, or name the kinds that they are about"
        return Judgement(refusals=(Refusal(guard=GUARD, message=message, hint=hint),))
    refusals: list[Refusal] = []
    for _, group in groupby(sorted(found, key=_place), key=lambda violation: violation.rule.name):
        refusals += _told(list(group))
    denied = {rule.name for rule in policies.rules if rule.severity is Severity.DENY}
    return Judgement(
        refusals=tuple(refusal for refusal in refusals if refusal.rule in denied),
        warnings=tuple(_warning(refusal) for refusal in refusals if refusal.rule not in denied),
    )


def _violations(rules: Iterable[Rule], plan: Plan, question: Question, end: float) -> Iterator[_Violation]:
    from provision.policy.expression import Scene
    from provision.policy.reads import reads_of

    by_kind = {kind: [rule for rule in rules if rule.is_about(kind)] for kind in question.shapes}
    reads = {kind: reads_of(concerned) for kind, concerned in by_kind.items()}
    scene = Scene()
    scene.show("now", datetime.fromisoformat(whole(question.snapshot.now)))
    for item in after_state(plan, question):
        if time.monotonic() > end:
            raise _OutOfTimeError
        kind = item.address.kind
        if concerned := [rule for rule in by_kind[kind] if _is_there(item, rule)]:
            yield from _judged_together(concerned, item, reads[kind], scene)


def _is_there(item: After, rule: Rule) -> bool:
    return item.stays if rule.over is Over.RESOURCE else item.change is not None


def _judged_together(rules: list[Rule], item: After, reads: Reads, scene: Scene) -> Iterator[_Violation]:
    from provision.policy.expression import UnevaluableError
    from provision.policy.shown import shown_change, shown_resource

    try:
        scene.show("resource", shown_resource(item, reads))
        if item.change is not None and any(rule.over is Over.CHANGE for rule in rules):
            scene.show("change", shown_change(item, item.change))
    except UnevaluableError as error:
        yield from (_Violation(rule=rule, item=item, why=str(error)) for rule in rules)
        return
    for rule in rules:
        if violation := _judged(rule, item, scene):
            yield violation


def _judged(rule: Rule, item: After, scene: Scene) -> _Violation | None:
    from provision.policy.expression import UnevaluableError

    try:
        if (rule.when is not None and not rule.when.holds(scene)) or rule.require.holds(scene):
            return None
    except UnevaluableError as error:
        return _Violation(rule=rule, item=item, why=str(error))
    return _Violation(rule=rule, item=item)


def _place(violation: _Violation) -> tuple[str, int, int, str, str]:
    position = violation.rule.position
    return position.file, position.line, position.column, violation.rule.name, str(violation.item.address)


def _told(violations: list[_Violation]) -> Iterator[Refusal]:
    """The violations of one rule: the first of them one by one, the others as a number."""
    for violation in violations[:MOST_SHOWN]:
        yield _refusal(violation)
    if len(violations) > MOST_SHOWN:
        rule = violations[0].rule
        message = f"{len(violations) - MOST_SHOWN} more break the policy {rule.name} ({rule.source})"
        yield Refusal(guard=GUARD, message=message, hint="correct those above first", rule=rule.name)


def _refusal(violation: _Violation) -> Refusal:
    rule, address, source = violation.rule, str(violation.item.address), violation.item.source
    where = f"{address} ({source})" if source else address
    if violation.why:
        message = f"{where}: the policy {rule.name} could not be evaluated: {violation.why}"
        hint = f"correct the rule at {rule.source}"
    else:
        message = f"{where}: {rule.message} (policy {rule.name})"
        hint = f"correct it, or the rule at {rule.source}"
    return Refusal(guard=GUARD, message=message, hint=hint, rule=rule.name, address=address, source=source)


def _warning(refusal: Refusal) -> str:
    return f"{refusal.message}. Hint: {refusal.hint}"
