"""The last gate before a write: what a careful person would ask back about. Each refusal names what lifts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from provision.core.address import Address
from provision.core.ceiling import Ceiling
from provision.core.plan import Action, Plan


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
class Limits:
    """What the person who started this run allows; `max_removals` takes the place of the project's own."""

    max_removals: Ceiling | None = None
    allow_no_superuser: bool = False
    take_over: bool = False
    print_secrets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the project allows, whoever starts the run.

    `protected` are patterns of addresses, `keep` the addresses of those that have to stay able to log in.
    """

    max_removals: Ceiling = field(default_factory=Ceiling)
    max_changes: Ceiling | None = None
    min_superusers: int = 1
    protected: tuple[str, ...] = ()
    required_labels: tuple[str, ...] = ()
    keep: tuple[Address, ...] = ()


# The rules of a project that says nothing.
USUAL = Rules()


def or_override(guard: str) -> str:
    """What lifts a guard that no flag lifts, beside another setting."""
    return f"or lift the guard {guard} for this plan: an override in policies/"


def refusals(plan: Plan, limits: Limits, rules: Rules = USUAL) -> tuple[Refusal, ...]:
    """Every reason not to apply this plan that the plan alone tells; none means go ahead."""
    return (
        *_removals(plan, limits.max_removals or rules.max_removals),
        *_changes(plan, rules),
        *_administrators(plan, limits, rules),
        *_foreign(plan, limits),
        *_protected(plan),
        *_homeless(plan, limits),
    )


def _removals(plan: Plan, ceiling: Ceiling) -> Iterator[Refusal]:
    removals = sum(change.action in (Action.DISABLE, Action.DELETE) for change in plan.changes)
    if not ceiling.allows(removals, managed=plan.managed):
        yield Refusal(
            guard="removals",
            message=f"{removals} of {plan.managed} managed resources would be removed; the limit is {ceiling}",
            hint=f"if that is what you want: --max-removals {removals}",
        )


def _changes(plan: Plan, rules: Rules) -> Iterator[Refusal]:
    ceiling, count = rules.max_changes, len(plan.changes)
    if ceiling is not None and not ceiling.allows(count, managed=plan.managed):
        yield Refusal(
            guard="changes",
            message=f"{count} resources would change, with {plan.managed} managed; the limit is {ceiling}",
            hint=f"apply them in parts (--target), raise max_changes in [guards], {or_override('changes')}",
        )


def _administrators(plan: Plan, limits: Limits, rules: Rules) -> Iterator[Refusal]:
    for kind, (before, after) in plan.administrators.items():
        if after < before and after < rules.min_superusers and not limits.allow_no_superuser:
            left = max(after, 0)
            yield Refusal(
                guard="administrators",
                message=f"{too_few('enabled superuser{s}', left)} ({kind}: {before} now, {left} afterwards"
                f"{at_least(rules)})",
                hint=f"declare {'another' if left else 'one'} (is_superuser: true), "
                "or allow it: --allow-no-superuser",
            )


def too_few(what: str, left: int) -> str:
    """How many of them a run would leave, when that is less than there have to be; `{s}` stands for the plural."""
    if not left:
        return f"no {what.format(s='')} would be left"
    return f"only {left} {what.format(s='' if left == 1 else 's')} would be left"


def at_least(rules: Rules) -> str:
    """How many superusers there have to be, where a project says more than one."""
    return f"; min_superusers is {rules.min_superusers}" if rules.min_superusers > 1 else ""


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
