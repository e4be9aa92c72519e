"""What people write in a policy: rules over resources and changes, and reviewed exceptions from guards."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from provision.kinds.spec import Spec
from provision.kinds.text import (
    FINGERPRINT_PATTERN,
    GUARD_PATTERN,
    LINE_PATTERN,
    OMITTED,
    Name,
    Names,
    UnfitError,
)

MAX_RULES: Final = 200
"""Rules of one policy."""
MAX_EXPRESSION: Final = 1000
"""Characters of one expression: what it costs to evaluate grows with its length."""

Expression = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=LINE_PATTERN)]
Guard = Annotated[str, StringConstraints(pattern=GUARD_PATTERN)]
Fingerprint = Annotated[str, StringConstraints(pattern=FINGERPRINT_PATTERN)]


class PolicyMetadata(Spec):
    """Which policy it is."""

    name: Name = Field(description="The name before the slash in people/superusers-need-an-owner.")


class RuleSpec(Spec):
    """One rule; its expressions are CEL (cel.dev)."""

    name: Name = Field(description="The name by which a violation tells the rule.")
    over: Literal["resource", "change"] = Field(
        default="resource",
        description="resource: each one as it will be after the run; change: each change of the plan.",
    )
    kinds: Names = Field(
        default_factory=list, description="Only resources of these kinds, as in [User, Api*]; all when left out."
    )
    when: Expression = Field(default=OMITTED, description="Only where this is true; everywhere when left out.")
    require: Expression = Field(description="What has to be true.")
    message: Sentence = Field(description="What to tell whoever breaks it; the same for everybody.")
    severity: Literal["deny", "warn"] = Field(
        default="deny", description="deny: such a plan is not applied; warn: it is, with a warning."
    )


class OverrideSpec(Spec):
    """A reviewed exception: one guard lets one plan pass."""

    guard: Guard = Field(description="The guard's name, as plan --format json has it.")
    plan: Fingerprint = Field(description="The plan's fingerprint, as plan --format json has it.")
    reason: Sentence = Field(description="Why this is right.")


class PolicyManifest(Spec):
    """Rules that every plan is judged by, and exceptions from guards."""

    apiVersion: Literal["provision/v1"]  # noqa: N815  the name that people write
    kind: Literal["Policy"]
    metadata: PolicyMetadata
    rules: list[RuleSpec] = Field(default_factory=list, max_length=MAX_RULES, description="What has to hold.")
    overrides: list[OverrideSpec] = Field(default_factory=list, description="Exceptions from guards.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.rules or self.overrides):
            raise UnfitError("holds neither a rule nor an override", "write one, or delete the policy")
        return self
