"""Policy as code: rules in CEL over what a plan does and what it leaves behind."""

from provision.policy.rule import NO_POLICIES, Policies

__all__ = ["NO_POLICIES", "Policies"]
