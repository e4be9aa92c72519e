"""A reviewed exception: one guard, for one plan, with the reason that somebody committed."""

from __future__ import annotations

from dataclasses import dataclass

from provision.errors import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Lets one guard pass for the plan with this fingerprint; `position` is where it is written."""

    guard: str
    plan: str
    reason: str
    position: Position
