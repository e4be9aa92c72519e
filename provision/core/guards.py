"""The last gate before a write: what a careful person would ask back about. Each refusal names what lifts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from provision.core.plan import Action, Plan

# Below this many managed resources a share says nothing: removing one of three is an everyday change.
REMOVALS_GUARD_FROM = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a plan may not be applied, and what to do about it.

    A policy's names its `rule`, the `address` of what breaks it, and the `source` of that, as `file:line`.
    """

    guard: str
    message: str
    hint: str
    rule: str = ""
    address: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxRemovals:
    """How much of what we manage one run may remove: a number, or a share of it."""

    count: int | None = None
    share: Fraction = Fraction(1, 4)

    def allows(self, removals: int, *, managed: int) -> bool:
        """Whether so many removals pass; a bare number holds always, a share once there are ten resources."""
        if self.count is not None:
            return removals <= self.count
        return managed < REMOVALS_GUARD_FROM or removals <= self.share * managed

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{float(self.share * 100):g}%"


def parse_max_removals(text: str) -> MaxRemovals:
    """Read `12` or `40%`; raises ValueError for anything else."""
    match = re.fullmatch(r"([0-9]{1,9})(\.[0-9]{1,3})?(%?)", text.strip())
    if match is None or (match[2] and not match[3]):
        raise ValueError("give a number such as 12, or a share such as 40%")
    if not match[3]:
        return MaxRemovals(count=int(match[1]))
    share = Fraction(match[1] + (match[2] or "")) / 100
    if share > 1:
        raise ValueError("a share is at most 100%")
    return MaxRemovals(share=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the person who started this run allows."""

    max_removals: MaxRemovals = MaxRemovals()
    allow_no_superuser: bool = False
    take_over: bool = False
    print_secrets: bool = False


def refusals(plan: Plan, limits: Limits) -> tuple[Refusal, ...]:
    """Every reason not to apply this plan; none means go ahead."""
    return (
        *_removals(plan, limits),
        *_administrators(plan, limits),
        *_foreign(plan, limits),
        *_protected(plan),
        *_homeless(plan, limits),
    )


def _removals(plan: Plan, limits: Limits) -> Iterator[Refusal]:
    removals = sum(change.action in (Action.DISABLE, Action.DELETE) for change in plan.changes)
    if not limits.max_removals.allows(removals, managed=plan.managed):
        yield Refusal(
            guard="removals",
            message=f"{removals} of {plan.managed} managed resources would be removed; "
            f"the limit is {limits.max_removals}",
            hint=f"if that is what you want: --max-removals {removals}",
        )


def _administrators(plan: Plan, limits: Limits) -> Iterator[Refusal]:
    for kind, (before, after) in plan.administrators.items():
        if before > 0 and after <= 0 and not limits.allow_no_superuser:
            yield Refusal(
                guard="administrators",
                message=f"no enabled superuser would be left ({kind}: {before} now, 0 afterwards)",
                hint="declare one (is_superuser: true), or allow it: --allow-no-superuser",
            )


def _foreign(plan: Plan, limits: Limits) -> Iterator[Refusal]:
    if limits.take_over:
        return
    for address, project in sorted(plan.foreign.items()):
        yield Refusal(
            guard="ownership",
            message=f"{address} is managed by another project, {project!r}",
            hint="remove it from one of the two, or move it to this one: --take-over",
        )


def _homeless(plan: Plan, limits: Limits) -> Iterator[Refusal]:
    for address, name in plan.homeless if not limits.print_secrets else ():
        yield Refusal(
            guard="delivery",
            message=f"the {name} of {address} would be generated, and has nowhere to go",
            hint="say where with deliver_to, or have it printed once, on a terminal: apply --print-secrets",
        )


def _protected(plan: Plan) -> Iterator[Refusal]:
    for change in plan.protected:
        yield Refusal(
            guard="prevent_removal",
            message=f"{change.address} was applied with prevent_removal: true ({change.source})",
            hint="restore its manifest, set prevent_removal: false there and apply, then remove it",
        )
