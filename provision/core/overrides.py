"""A reviewed, one-shot exception from a guard: it names the one plan that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from provision.core.guards import Refusal
from provision.errors import Position

# A secret that goes nowhere is lost, whoever has agreed to it.
NEVER_LIFTED = frozenset({"delivery"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Lets the plan with this fingerprint pass one guard, for a reason, as `position` says in a policy file."""

    guard: str
    plan: str
    reason: str
    position: Position

    @property
    def source(self) -> str:
        """Where it is written, as `file:line`."""
        return f"{self.position.file}:{self.position.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """The refusals that are left, and what is to be said of the others."""

    refusals: tuple[Refusal, ...]
    warnings: tuple[str, ...] = ()


def lift(refusals: Sequence[Refusal], overrides: Iterable[Override], fingerprint: str, *, spent: bool) -> Lifted:
    """Leave out what an override of this very plan lifts, unless a run with its fingerprint has spent it already.

    An override of another plan, or of a guard that refuses nothing, is not used, and that is no error.
    """
    fitting: dict[str, Override] = {}
    for override in overrides:
        if override.plan == fingerprint:
            fitting.setdefault(override.guard, override)
    left: list[Refusal] = []
    used: dict[str, str] = {}
    for refusal in refusals:
        found = fitting.get(refusal.guard)
        if found is None:
            left.append(refusal)
        elif refusal.guard in NEVER_LIFTED:
            left.append(_still(refusal, f"the override at {found.source} cannot lift it"))
        elif spent:
            left.append(_still(refusal, f"the override at {found.source} was used up by the run that applied it"))
        else:
            used[found.guard] = f"guard {found.guard} is lifted by {found.source}: {found.reason}"
    return Lifted(refusals=tuple(left), warnings=tuple(used.values()))


def _still(refusal: Refusal, why: str) -> Refusal:
    return replace(refusal, hint=f"{refusal.hint}; {why}" if refusal.hint else why)
