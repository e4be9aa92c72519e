"""Policies as they are used: rules with compiled expressions, and overrides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from provision.core.overrides import Override
from provision.errors import Position

if TYPE_CHECKING:  # the library behind it is only imported where there are rules
    from provision.policy.expression import Expression


class Over(StrEnum):
    """What a rule looks at: each resource as it will be after the run, or each change."""

    RESOURCE = "resource"
    CHANGE = "change"


class Severity(StrEnum):
    """What a violation does: stop the plan from being applied, or be told."""

    DENY = "deny"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; `name` begins with that of its policy, `kinds` are globs of which none stands for all kinds."""

    name: str
    over: Over
    kinds: tuple[str, ...]
    when: Expression | None
    require: Expression
    message: str
    severity: Severity
    position: Position

    @property
    def source(self) -> str:
        """Where it is written, as `file:line`."""
        return f"{self.position.file}:{self.position.line}"

    def is_about(self, kind: str) -> bool:
        """Whether resources of this kind are its business."""
        return not self.kinds or any(fnmatchcase(kind, pattern) for pattern in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that the policy files of a project say."""

    rules: tuple[Rule, ...] = ()
    overrides: tuple[Override, ...] = ()


NO_POLICIES = Policies()
